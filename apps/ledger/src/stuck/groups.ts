import { STUCK, type StuckGroup, type StuckKey, type StuckKind } from '@signalbox/contracts';
import { defined } from '../journeys/delivery.js';
import type { Cell } from './cells.js';
import type { Why } from './why.js';

/** A group with what finds its members. */
export interface OpenGroup extends StuckGroup {
  readonly cells: readonly Cell[];
}

/** A part of a group: deliveries of one subscription, or events of one kind. */
export interface Portion {
  readonly key: StuckKey;
  readonly kind: StuckKind;
  readonly why: Why;
  readonly count: number;
  readonly more: boolean;
  readonly repeats: number;
  readonly first: string;
  readonly last: string;
  readonly sample?: StuckGroup['sample'];
  readonly cell?: Cell;
}

/** The name of a group within a page. */
export function groupName({ stuck, cause, publisher, receiver, type }: StuckKey): string {
  return JSON.stringify([stuck, cause, publisher, receiver, type]);
}

/** Path of the page of a group. */
export function groupPath({ stuck, cause, publisher, receiver, type }: StuckKey): string {
  return `/stuck/group?${String(new URLSearchParams({ stuck, cause, publisher, receiver, type }))}`;
}

/** Why the deliveries of a cell stand still, in one word that is finer than the reason. */
export function causeOfCell(
  { state, reason }: Pick<Cell, 'state' | 'reason'>,
  status: 'active' | 'paused' | 'disabled' | 'pending' | undefined,
): string {
  const stopped = state === 'parked' || state === 'expired';
  if (stopped) return reason === '' ? state : reason;
  if (status === undefined) return 'subscription-deleted';
  if (status !== 'active') return `subscription-${status}`;
  return reason === '' ? 'not-attempted' : reason;
}

/** Portions that have everything in common as one group each, the oldest first. */
export function groupsOf(
  portions: readonly Portion[],
  limit: number,
  titleOf: (type: string) => string | undefined,
): OpenGroup[] {
  const groups = [...Map.groupBy(portions, ({ key }) => groupName(key)).values()].map((parts) =>
    groupOf(parts as [Portion, ...Portion[]], limit, titleOf),
  );
  return groups.toSorted((one, other) => (one.first < other.first ? -1 : one.first > other.first ? 1 : 0));
}

function groupOf(
  parts: readonly [Portion, ...Portion[]],
  limit: number,
  titleOf: (type: string) => string | undefined,
): OpenGroup {
  const [{ key, kind, why }] = parts;
  const sum = (of: (part: Portion) => number) => parts.reduce((total, part) => total + of(part), 0);
  const count = sum((part) => part.count);
  const newest = parts.reduce((last, part) => (part.last > last.last ? part : last));
  const dues = parts.flatMap((part) => part.why.due ?? []).toSorted();
  const { meaning, clock, next } = STUCK[key.stuck];
  return {
    ...key,
    kind,
    title: titleOf(key.type) ?? key.type,
    owner: why.owner,
    count: Math.min(count, limit),
    more: count > limit || parts.some((part) => part.more),
    repeats: sum((part) => part.repeats),
    first: parts.map((part) => part.first).toSorted()[0]!,
    last: newest.last,
    ...defined({ due: dues[0], sample: newest.sample, detail: why.detail }),
    meaning,
    clock,
    next,
    cells: parts.flatMap((part) => part.cell ?? []),
  };
}

/** Which groups somebody wants to see; what is not named is not asked about. */
export type GroupFilter = Partial<Record<keyof StuckKey, string>>;

/** Whether a group is asked for. */
export function isAskedFor(group: StuckKey, filter: GroupFilter): boolean {
  return (Object.keys(filter) as (keyof StuckKey)[]).every(
    (name) => filter[name] === undefined || filter[name] === group[name],
  );
}
