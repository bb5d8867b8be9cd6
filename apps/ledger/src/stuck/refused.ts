import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';

/** An event that was refused and not sent right since; what was refused several times counts once. */
export interface RefusedEvent {
  readonly sequence: number;
  readonly time: string;
  readonly org: string;
  readonly code: string;
  readonly type: string;
  readonly source?: string;
  readonly id?: string;
  readonly identity?: string;
}

/** Refused events of one publisher, type and code. */
export interface RefusedCell {
  readonly org: string;
  readonly code: string;
  readonly type: string;
  readonly count: number;
  readonly repeats: number;
  readonly first: string;
  readonly last: string;
  readonly source?: string;
  readonly id?: string;
}

/** Neither was it sent right since, nor did its publisher say that it was seen to. */
export const STILL_REFUSED = `
  not exists (select 1 from events e where e.identity = r.identity and e.recorded > r.time)
  and not exists (
    select 1 from steps s
    where s.identity = r.identity and s.subscription is null and s.kind = 'handled-outside' and s.time > r.time
  )`;

/** The newest of each publisher, found one after the other: none is hidden by another one of whom very much is refused. */
const CELLS = `
  with recursive orgs as (
    (select org from refusals where $2::text is null or org = $2 order by org limit 1)
    union all
    select n.org from orgs o cross join lateral (
      select org from refusals where $2::text is null and org > o.org order by org limit 1
    ) n
  )
  select r.org, r.code, coalesce(r.type, '') as type, count(distinct coalesce(r.identity, r.sequence::text))::int as count,
    (count(*) - count(distinct coalesce(r.identity, r.sequence::text)))::int as repeats, min(r.time) as first,
    max(r.time) as last, (array_agg(r.source order by r.time desc))[1] as source,
    (array_agg(r.eventid order by r.time desc))[1] as id
  from orgs o cross join lateral (
    select * from refusals r where r.org = o.org and r.time > $1::timestamptz and ${STILL_REFUSED}
    order by r.time desc limit $3
  ) r group by r.org, r.code, coalesce(r.type, '')`;

const ITEMS = `
  select r.sequence, r.time, r.org, r.code, coalesce(r.type, '') as type, r.source, r.eventid as id, r.identity from refusals r
  where r.time > $1::timestamptz and r.org = $2 and r.code = $3 and coalesce(r.type, '') = $4 and r.sequence > $5
    and ${STILL_REFUSED}
    and not exists (select 1 from refusals n where n.identity = r.identity and n.sequence > r.sequence)
  order by r.sequence limit $6`;

/**
 * @param since RFC 3339: refusals from then on
 * @param limit refusals of each publisher that are looked at, the newest
 */
export async function refusedCells(
  queries: Queries,
  viewer: Viewer,
  since: string,
  limit: number,
): Promise<RefusedCell[]> {
  const rows = await queries.query<Row>(CELLS, [since, viewer.all ? null : viewer.ods, limit]);
  return rows.map((row) => plain<RefusedCell>(row));
}

/** The events of a cell, in the order in which they were refused last. @param after sequence of the last one of the page before */
export async function refusedEvents(
  queries: Queries,
  cell: Pick<RefusedCell, 'org' | 'code' | 'type'>,
  page: { readonly since: string; readonly after: number; readonly limit: number },
): Promise<RefusedEvent[]> {
  const { org, code, type } = cell;
  const rows = await queries.query<Row>(ITEMS, [page.since, org, code, type, page.after, page.limit]);
  return rows.map((row) => plain<RefusedEvent>(row));
}
