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

const RECENT = `
  select r.* from refusals r
  where r.time > $1::timestamptz and ($2::text is null or r.org = $2) and ${STILL_REFUSED}
  order by r.time desc limit $3`;

const CELLS = `
  select org, code, coalesce(type, '') as type, count(distinct coalesce(identity, sequence::text))::int as count,
    (count(*) - count(distinct coalesce(identity, sequence::text)))::int as repeats, min(time) as first, max(time) as last,
    (array_agg(source order by time desc))[1] as source, (array_agg(eventid order by time desc))[1] as id
  from (${RECENT}) r group by org, code, coalesce(type, '')`;

const ITEMS = `
  select r.sequence, r.time, r.org, r.code, coalesce(r.type, '') as type, r.source, r.eventid as id, r.identity from refusals r
  where r.time > $1::timestamptz and r.org = $2 and r.code = $3 and coalesce(r.type, '') = $4 and r.sequence > $5
    and ${STILL_REFUSED}
    and not exists (select 1 from refusals n where n.identity = r.identity and n.sequence > r.sequence)
  order by r.sequence limit $6`;

/**
 * @param since RFC 3339: refusals from then on
 * @param limit refusals that are looked at, the newest
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
