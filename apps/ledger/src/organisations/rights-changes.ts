import type { Grant, Stage } from '@signalbox/registry';

/** A line of the history of grants. Times are RFC 3339. */
export interface GrantChange {
  /** When it was noticed; of an end by time, when it ended. */
  readonly at: string;
  readonly change: 'found' | 'given' | 'changed' | 'expired' | 'withdrawn';
  readonly grantid: string;
  readonly ods: string;
  readonly application: string;
  readonly action: string;
  readonly types: string;
  readonly purpose: string;
  readonly basis?: string;
  readonly expires?: string;
  readonly created?: string;
}

/** The newest line about a grant. */
export type KnownGrant = GrantChange;

/**
 * What has changed since the last lines were written.
 *
 * @param known the newest line about each grant that there ever was
 * @param present the grants that the registry holds now, those that have ended included
 * @param first whether nothing was ever written: then what is there was not given now, but found
 */
export function changesOf(
  known: readonly KnownGrant[],
  present: readonly Grant[],
  now: Date,
  first: boolean,
): GrantChange[] {
  const at = now.toISOString();
  const left = new Map(known.map((line) => [keyOf(line.ods, line.grantid), line]));
  const changes: GrantChange[] = [];
  for (const grant of present) {
    const key = keyOf(grant.ods, grant.id);
    const before = left.get(key);
    left.delete(key);
    const line = lineOf(grant);
    const standing = before !== undefined && before.change !== 'withdrawn' && before.change !== 'expired';
    if (!standing && !(before?.change === 'expired' && same(before, line)))
      changes.push({ ...line, at: first || before ? at : (grant.created ?? at), change: first ? 'found' : 'given' });
    else if (standing && !same(before, line)) changes.push({ ...line, at, change: 'changed' });
    const ended = grant.expires !== undefined && Date.parse(grant.expires) <= now.getTime();
    const told = before?.change === 'expired' && same(before, line);
    if (ended && !told) changes.push({ ...line, at: new Date(grant.expires).toISOString(), change: 'expired' });
  }
  for (const { at: _at, change, ...line } of left.values())
    if (change !== 'withdrawn') changes.push({ ...line, at, change: 'withdrawn' });
  return changes;
}

/** Whether a stage is as its last line says. */
export function sameStage(
  line: { readonly strictness?: string; readonly starts?: string; readonly by?: string },
  { strictness, from, by }: Pick<Stage, 'strictness' | 'from' | 'by'>,
): boolean {
  return line.strictness === strictness && sameInstant(line.starts, from) && line.by === by;
}

const keyOf = (ods: string, id: string): string => `${ods} ${id}`;

function lineOf(grant: Grant): Omit<GrantChange, 'at' | 'change'> {
  const { id, ods, application, action, types, purpose, basis, expires, created } = grant;
  return {
    grantid: id,
    ods,
    application,
    action,
    types,
    purpose,
    ...(basis !== undefined && { basis }),
    ...(expires !== undefined && { expires }),
    ...(created !== undefined && { created }),
  };
}

function same(line: GrantChange, other: Omit<GrantChange, 'at' | 'change'>): boolean {
  const texts = ['application', 'action', 'types', 'purpose', 'basis'] as const;
  return texts.every((name) => line[name] === other[name]) && sameInstant(line.expires, other.expires);
}

function sameInstant(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined ? one === other : Date.parse(one) === Date.parse(other);
}
