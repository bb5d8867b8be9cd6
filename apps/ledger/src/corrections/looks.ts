import type { Delivery } from '../journeys/delivery.js';
import { plain, type Queries, type Row } from '../store/database.js';

/** A correction that a subscription is owed, with its event. */
export interface OwedCorrection {
  readonly identity: string;
  readonly subscription: string;
  readonly org: string;
  readonly stream: string;
  readonly sequence: number;
  /** Id of the newest event among those that it replaces which the subscription received. */
  readonly corrects: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly journey: string;
  readonly sourceorg: string;
}

/** What changed in the registry, by which those that are owed something are looked at again. */
export type Change = { readonly subscription: string } | { readonly org: string } | 'everything';

/** Milliseconds after which one that is on its way is looked at again: as long as it is owed already, within these. */
export interface LookTimes {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Those whose time to be looked at has come. */
export async function dueLooks(queries: Queries, limit: number): Promise<OwedCorrection[]> {
  const rows = await queries.query<Row>(
    `select c.identity, c.subscription, c.org, c.stream, c.sequence, c.corrects,
       e.source, e.id, e.type, e.journey, e.sourceorg
     from corrections c join events e using (stream, sequence)
     where not c.closed and c.look <= now() order by c.look limit $1`,
    [limit],
  );
  return rows.map((row) => plain<OwedCorrection>(row));
}

/** What the steps say of them now. */
export async function recordsOf(
  queries: Queries,
  owed: readonly Pick<OwedCorrection, 'identity' | 'subscription'>[],
): Promise<Map<string, Delivery>> {
  const rows = await queries.query<Row>(
    `select d.* from deliveries d
     join json_to_recordset($1::json) as k(identity text, subscription text) using (identity, subscription)`,
    [JSON.stringify(owed.map(({ identity, subscription }) => ({ identity, subscription })))],
  );
  const records = rows.map((row) => plain<Delivery>(row));
  return new Map(records.map((record) => [keyOf(record), record]));
}

/** Names one correction for one subscription. */
export function keyOf({ identity, subscription }: Pick<OwedCorrection, 'identity' | 'subscription'>): string {
  return `${identity} ${subscription}`;
}

/** When each is looked at again. */
export interface Looked extends Pick<OwedCorrection, 'identity' | 'subscription'> {
  /** `later` by its age; `changed` only when something changes; `over` never. */
  readonly again: 'later' | 'changed' | 'over';
}

/**
 * Notes that they were looked at. One about which a step was read meanwhile stays due.
 *
 * @param since when the look began, by the database's clock
 */
export async function looked(
  queries: Queries,
  outcomes: readonly Looked[],
  since: string,
  { firstMs, lastMs }: LookTimes,
): Promise<void> {
  if (outcomes.length === 0) return;
  await queries.query(
    `update corrections c set closed = o.again = 'over',
       look = case o.again when 'later'
         then now() + least(greatest(now() - c.owed, $3::float8 * interval '1 millisecond'), $4::float8 * interval '1 millisecond')
         else 'infinity'::timestamptz end
     from json_to_recordset($1::json) as o(identity text, subscription text, again text)
     where o.identity = c.identity and o.subscription = c.subscription
       and (o.again = 'over' or c.look <= $2::timestamptz)`,
    [JSON.stringify(outcomes), since, firstMs, lastMs],
  );
}

/** The database's clock. */
export async function databaseTime(queries: Queries): Promise<string> {
  const [row] = await queries.query<{ now: string }>('select now()::text as now');
  return row!.now;
}

/** Has those looked at again that a change of the registry bears on. */
export async function lookAgain(queries: Queries, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  const all = changes.includes('everything');
  const named = changes.filter((change) => change !== 'everything');
  await queries.query(
    `update corrections set look = now()
     where not closed and ($1::boolean or subscription = any($2::text[]) or org = any($3::text[]))`,
    [
      all,
      named.flatMap((change) => ('subscription' in change ? change.subscription : [])),
      named.flatMap((change) => ('org' in change ? change.org : [])),
    ],
  );
}
