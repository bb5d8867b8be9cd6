import { plain, type Queries, type Row } from '../store/database.js';
import type { OverdueClock } from './why.js';

const OVERDUE = `
  select distinct on (identity, subscription) identity, coalesce(subscription, '') as subscription, clock, started, due, owner
  from clocks
  where identity = any($1::text[]) and closed is null and due < $2
  order by identity, subscription, due`;

/** By identity and subscription (empty for one of the event itself), the clock that ran out first. */
export async function overdueClocks(
  queries: Queries,
  identities: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, OverdueClock>> {
  if (identities.length === 0 || !(await hasClocks(queries))) return new Map();
  const rows = await queries.query<Row>(OVERDUE, [[...new Set(identities)], now.toISOString()]);
  return new Map(
    rows.map((row) => {
      const { identity, subscription, ...clock } = plain<OverdueClock & { identity: string; subscription: string }>(
        row,
      );
      return [`${identity} ${subscription}`, clock];
    }),
  );
}

let there = false;

async function hasClocks(queries: Queries): Promise<boolean> {
  if (!there) {
    const [row] = await queries.query<{ there: boolean }>("select to_regclass('clocks') is not null as there");
    there = row?.there === true;
  }
  return there;
}
