import type { DeliveryState } from '@signalbox/messaging';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';

/** Deliveries that stand still for the same subscription, cause, publisher and type. Times are RFC 3339. */
export interface Cell {
  /** ODS code of the receiver. */
  readonly org: string;
  readonly subscription: string;
  readonly state: DeliveryState;
  /** Empty for what was not tried. */
  readonly reason: string;
  readonly publisher: string;
  readonly type: string;
  /** Counted up to a bound and one more. */
  readonly count: number;
  readonly attempts: number;
  readonly stops: number;
  /** When the first and the last of them came to stand still, and the oldest deadline. */
  readonly first: string;
  readonly last: string;
  readonly due?: string;
  readonly delivered?: string;
  /** The newest of them. */
  readonly sample: CellSample;
}

/** One event of a cell. */
export interface CellSample {
  readonly id: string;
  readonly source: string;
  readonly journey: string;
  readonly targetorg?: string;
  readonly recorded: string;
}

/** How much one look takes in. */
export interface CellBounds {
  /** Cells. */
  readonly cells: number;
  /** Deliveries that are counted of each. */
  readonly count: number;
}

/** The predicate of the indexes `deliveries_stuck` and `deliveries_stuck_sent`; it has to stand in the same words. */
export const STANDS_STILL = `(d.entitled or d.corrects is not null)
  and (d.state in ('parked', 'expired') or (d.state in ('waiting', 'delivering') and d.reason is not null))`;

const COLUMNS: Readonly<Record<string, string>> = {
  org: 'd.org',
  subscription: 'd.subscription',
  state: 'd.state',
  reason: `coalesce(d.reason, '')`,
  publisher: `coalesce(d.publisher, '')`,
  type: `coalesce(d.eventtype, '')`,
};

/** From which side somebody looks: each has its own index, and its own part of what may be seen. */
interface Side {
  readonly order: readonly string[];
  readonly bound?: string;
  readonly seen: string;
}

const RECEIVED: Side = {
  order: ['org', 'subscription', 'state', 'reason', 'publisher', 'type'],
  bound: 'd.org = $3',
  seen: 'd.entitled',
};
const SENT: Side = {
  order: ['publisher', 'org', 'subscription', 'state', 'reason', 'type'],
  bound: `coalesce(d.publisher, '') = $3`,
  // What has arrived has arrived: what its receiver has sent to itself again is the receiver's own business.
  seen: 'd.delivered is null and d.acknowledged is null and d.org <> $3',
};
const ALL: Side = { order: RECEIVED.order, seen: 'true' };

/**
 * The cells of a side, found by skipping from one to the next in the index: what it costs depends on how many there are,
 * not on how much lies in them.
 */
function cellsOf({ order, bound = 'true', seen }: Side): string {
  const picked = order.map((name) => `${COLUMNS[name]!} as ${name}`).join(', ');
  const key = order.map((name) => COLUMNS[name]!).join(', ');
  const known = order.map((name) => `c.${name}`).join(', ');
  const same = order.map((name) => `${COLUMNS[name]!} = c.${name}`).join(' and ');
  return `
  with recursive cells as (
    (select ${picked} from deliveries d where ${STANDS_STILL} and ${bound} order by ${key} limit 1)
    union all
    select n.* from cells c cross join lateral (
      select ${picked} from deliveries d
      where ${STANDS_STILL} and ${bound} and (${key}) > (${known}) order by ${key} limit 1
    ) n
  )
  select c.*, s.*, to_json(newest) as sample from (select * from cells limit $1) c
  cross join lateral (
    select count(*)::int as count, sum(attempts)::int as attempts, sum(stops)::int as stops, min(since) as first,
      max(since) as last, min(due) as due, min(delivered) as delivered
    from (
      select d.attempts, coalesce(d.stops, 0) as stops, d.since, d.due, d.delivered from deliveries d
      where ${STANDS_STILL} and ${bound} and ${same} and ${seen} order by d.since limit $2
    ) bounded
  ) s
  cross join lateral (
    select e.id, e.source, e.journey, e.targetorg, e.recorded from (
      select d.identity from deliveries d
      where ${STANDS_STILL} and ${bound} and ${same} and ${seen} order by d.since desc limit 1
    ) last join events e on e.identity = last.identity and e.duplicateof is null
  ) newest
  where s.count > 0`;
}

const SIDES = { received: cellsOf(RECEIVED), sent: cellsOf(SENT), all: cellsOf(ALL) };

/** What has stopped or is tried in vain, as far as somebody may see it: as its receiver, and as its publisher. */
export async function stoppedCells(queries: Queries, viewer: Viewer, bounds: CellBounds): Promise<Cell[]> {
  const bound = [bounds.cells, bounds.count + 1];
  if (viewer.all) return read(await queries.query<Row>(SIDES.all, bound));
  const own = [...bound, viewer.ods];
  return [...read(await queries.query<Row>(SIDES.received, own)), ...read(await queries.query<Row>(SIDES.sent, own))];
}

/** The predicate of the index `deliveries_quiet`, in the same words. */
const NOT_TRIED = `d.entitled and d.reason is null and d.state in ('waiting', 'delivering', 'paused')`;

/** What has not been tried, by the counts that are kept of it, each with its oldest. */
const QUIET = `
  select s.toorg as org, s.subscription, s.fromorg as publisher, s.type, s.count::int as count, 0 as attempts, 0 as stops,
    'waiting' as state, '' as reason, o.first, o.first as last, o.due,
    json_build_object('id', o.id, 'source', o.source, 'journey', o.journey, 'targetorg', o.targetorg, 'recorded', o.recorded) as sample
  from (
    select fromorg, toorg, type, subscription, sum(count) as count from standings
    where standing in ('waiting', 'paused') and count > 0 and ($2::text is null or toorg = $2 or fromorg = $2)
    group by fromorg, toorg, type, subscription limit $1
  ) s
  cross join lateral (
    select oldest.since as first, oldest.due, e.id, e.source, e.journey, e.targetorg, e.recorded from (
      select d.identity, d.since, d.due from deliveries d
      where ${NOT_TRIED} and d.org = s.toorg and d.subscription = s.subscription
        and d.publisher = s.fromorg and d.eventtype = s.type
      order by d.since, d.identity limit 1
    ) oldest join events e on e.identity = oldest.identity and e.duplicateof is null
  ) o`;

export async function quietCells(queries: Queries, viewer: Viewer, bounds: CellBounds): Promise<Cell[]> {
  return read(await queries.query<Row>(QUIET, [bounds.cells, viewer.all ? null : viewer.ods]));
}

function read(rows: readonly Row[]): Cell[] {
  return rows.map((row) => {
    const { sample, ...cell } = plain<Cell & { sample: Row }>(row);
    return { ...cell, sample: plain<CellSample & Row>({ ...sample, recorded: new Date(sample.recorded) }) };
  });
}

/** A delivery of a cell. */
export interface CellItem {
  readonly identity: string;
  readonly subscription: string;
  readonly org: string;
  readonly state: DeliveryState;
  readonly since: string;
  readonly attempts: number;
  readonly stops: number;
  readonly reason?: string;
  readonly due?: string;
  readonly nextattempt?: string;
  readonly delivered?: string;
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly journey: string;
  readonly recorded: string;
}

/** Where a list of items goes on. */
export interface ItemCursor {
  readonly since: string;
  readonly identity: string;
  readonly subscription: string;
}

const ITEM = `
  select d.identity, d.subscription, d.org, d.state, d.since, d.attempts, coalesce(d.stops, 0) as stops, d.reason, d.due,
    d.nextattempt, d.delivered, e.id, e.source, e.type, e.sourceorg, e.targetorg, e.journey, e.recorded`;

const ITEMS = `
  select i.* from json_to_recordset($1::json)
    as c(org text, subscription text, state text, reason text, publisher text, type text)
  cross join lateral (
    ${ITEM} from deliveries d join events e on e.identity = d.identity and e.duplicateof is null
    where ${STANDS_STILL} and d.org = c.org and d.subscription = c.subscription and d.state = c.state
      and coalesce(d.reason, '') = c.reason and coalesce(d.publisher, '') = c.publisher and coalesce(d.eventtype, '') = c.type
      and ($6::boolean or (d.org = $5 and d.entitled) or (d.publisher = $5 and d.delivered is null and d.acknowledged is null))
      and (d.since, d.identity, d.subscription) > ($2::timestamptz, $3::text, $4::text)
    order by d.since, d.identity, d.subscription limit $7
  ) i order by i.since, i.identity, i.subscription limit $7`;

const QUIET_ITEMS = `
  select i.* from json_to_recordset($1::json)
    as c(org text, subscription text, state text, reason text, publisher text, type text)
  cross join lateral (
    ${ITEM} from deliveries d join events e on e.identity = d.identity and e.duplicateof is null
    where ${NOT_TRIED} and d.org = c.org and d.subscription = c.subscription and d.publisher = c.publisher and d.eventtype = c.type
      and ($6::boolean or d.org = $5 or d.publisher = $5)
      and (d.since, d.identity, d.subscription) > ($2::timestamptz, $3::text, $4::text)
    order by d.since, d.identity, d.subscription limit $7
  ) i order by i.since, i.identity, i.subscription limit $7`;

/** The deliveries of some cells, oldest first. @param quiet of what has not been tried */
export async function itemsOf(
  queries: Queries,
  viewer: Viewer,
  cells: string,
  page: { readonly limit: number; readonly after?: ItemCursor | undefined; readonly quiet: boolean },
): Promise<CellItem[]> {
  const { limit, after, quiet } = page;
  const rows = await queries.query<Row>(quiet ? QUIET_ITEMS : ITEMS, [
    cells,
    after?.since ?? '-infinity',
    after?.identity ?? '',
    after?.subscription ?? '',
    viewer.all ? '' : viewer.ods,
    viewer.all,
    limit,
  ]);
  return rows.map((row) => plain<CellItem>(row));
}
