import type { Gap } from '@signalbox/contracts';
import type { Engine } from '@signalbox/messaging';
import type { Queries } from '../store/database.js';
import { absenceAt } from './absent.js';
import { type Adrift, familyOf } from './adrift.js';
import { sequencesIn, unprovenIn } from './looks.js';
import { firstOf, type Terms } from './terms.js';

/** What judging a gap stands on. */
export interface WholeParts {
  readonly queries: Queries;
  readonly engine: Pick<Engine, 'message'>;
  readonly adrift: Pick<Adrift, 'isOver'>;
  readonly terms: () => ReadonlyMap<string, Terms>;
}

/** Whether what a gap names is there by now, or is not owed any more. */
export async function isWhole(parts: WholeParts, gap: Gap): Promise<boolean> {
  const { stream, sequence, identity, subscription } = gap;
  if (sequence === undefined) return false;
  const here = { stream, from: sequence, to: sequence };
  if (gap.kind.endsWith('-unread')) {
    if ((await sequencesIn(parts.queries, here)).size > 0) return true;
    return (await absenceAt(parts.engine, parts.queries, stream, sequence)).kind === 'repeated';
  }
  if (identity === undefined || subscription === undefined) return false;
  if (gap.kind === 'delivery-missing') {
    return !isOwed(parts, gap) || (await hasState(parts.queries, identity, subscription));
  }
  if (gap.kind === 'end-unproven') {
    return !(await unprovenIn(parts.queries, here)).some((one) => one.subscription === subscription);
  }
  return parts.adrift.isOver(identity, subscription);
}

async function hasState(queries: Queries, identity: string, subscription: string): Promise<boolean> {
  const rows = await queries.query('select 1 from deliveries where identity = $1 and subscription = $2', [
    identity,
    subscription,
  ]);
  return rows.length > 0;
}

/** A subscription that was deleted, or asks for other types now, is owed nothing. */
function isOwed({ terms }: WholeParts, { stream, sequence, subscription, type }: Gap): boolean {
  const asked = terms().get(subscription ?? '');
  const first = asked && type !== undefined ? firstOf(asked, familyOf(stream), type) : undefined;
  return first !== undefined && sequence !== undefined && sequence >= first;
}
