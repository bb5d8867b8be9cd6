import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import { CLASS_COLUMNS } from './delays.js';

/** Who sends to whom. */
export interface Route {
  readonly from: string;
  readonly to: string;
}

/** What flowed between two organisations in some hours. */
export interface Flow extends Route {
  /** Events that were to be delivered. */
  readonly events: number;
  readonly delivered: number;
  readonly acknowledged: number;
  /** Delivered ones by the class of their delay. */
  readonly classes: readonly number[];
}

/** The same of one hour. */
export interface HourlyFlow extends Flow {
  /** RFC 3339: when the hour began. */
  readonly hour: string;
}

/** What was published and refused at the door. */
export interface Door {
  readonly accepted: number;
  readonly refused: number;
}

/** How deliveries of a subscription that are not at their end stand. */
export type StandingName = 'waiting' | 'retrying' | 'paused' | 'parked' | 'expired' | 'repetition' | 'unacknowledged';

/** So many deliveries of a publisher's events to one subscription. */
export interface Standing extends Route {
  readonly subscription: string;
  readonly standing: StandingName;
  readonly count: number;
}

const CLASSES = `array[${CLASS_COLUMNS.map((column) => `sum(${column})`).join(', ')}]::bigint[]::float8[] as classes`;

/** Of `$1`, or of everybody when that is null. The two halves find their rows by an index each. */
const OWN = `
  select * from flows where $1::text is null and toorg <> '' and hour >= $2::timestamptz
  union all
  select * from flows where fromorg = $1 and toorg <> '' and hour >= $2::timestamptz
  union all
  select * from flows where toorg = $1 and fromorg <> $1 and hour >= $2::timestamptz`;

/** Between which organisations how much has flowed since an hour began, as far as it is the viewer's own side. */
export async function flowsSince(queries: Queries, viewer: Viewer, since: Date): Promise<Flow[]> {
  const rows = await queries.query<Row>(
    `select fromorg as "from", toorg as "to", sum(events)::float8 as events, sum(delivered)::float8 as delivered,
       sum(acknowledged)::float8 as acknowledged, ${CLASSES}
     from (${OWN}) own group by fromorg, toorg`,
    [ownOf(viewer), since.toISOString()],
  );
  return rows.map((row) => plain<Flow>(row));
}

/** The same hour by hour, for some routes that the viewer may see. */
export async function hourlyFlows(queries: Queries, routes: readonly Route[], since: Date): Promise<HourlyFlow[]> {
  if (routes.length === 0) return [];
  const rows = await queries.query<Row>(
    `select f.hour, f.fromorg as "from", f.toorg as "to", sum(events)::float8 as events,
       sum(delivered)::float8 as delivered, sum(acknowledged)::float8 as acknowledged, ${CLASSES}
     from json_to_recordset($1::json) as r("from" text, "to" text)
     join flows f on f.fromorg = r."from" and f.toorg = r."to" and f.hour >= $2::timestamptz
     group by f.hour, f.fromorg, f.toorg order by f.hour`,
    [recordset(routes), since.toISOString()],
  );
  return rows.map((row) => plain<HourlyFlow>(row));
}

/** Where some publishers have sent in the last 60 days, as far as the viewer takes part. */
export async function usualRoutes(
  queries: Queries,
  viewer: Viewer,
  publishers: readonly string[],
  now: Date,
): Promise<Route[]> {
  const since = new Date(now.getTime() - USUAL_MS).toISOString();
  return queries.query<Route & Row>(
    `select distinct fromorg as "from", toorg as "to" from flows
     where fromorg = any($2::text[]) and hour >= $3::timestamptz and toorg <> '' and events > 0
       and ($1::text is null or fromorg = $1 or toorg = $1)`,
    [ownOf(viewer), publishers, since],
  );
}

const USUAL_MS = 60 * 86_400_000;

/** What the viewer published, or everybody, since an hour began. */
export async function doorSince(queries: Queries, viewer: Viewer, since: Date): Promise<Door> {
  const [row] = await queries.query<Door & Row>(
    `select coalesce(sum(events), 0)::float8 as accepted, coalesce(sum(refused), 0)::float8 as refused
     from flows where toorg = '' and hour >= $2::timestamptz and ($1::text is null or fromorg = $1)`,
    [ownOf(viewer), since.toISOString()],
  );
  return row ?? { accepted: 0, refused: 0 };
}

/** What is not at its end. A replay that stopped is its receiver's own business, and nobody's loss. */
export async function standingsOf(queries: Queries, viewer: Viewer): Promise<Standing[]> {
  const rows = await queries.query<Row>(
    `select fromorg as "from", toorg as "to", subscription, standing, sum(count)::float8 as count
     from (
       select * from standings where $1::text is null
       union all
       select * from standings where fromorg = $1 and (toorg = $1 or standing <> 'repetition')
       union all
       select * from standings where toorg = $1 and fromorg <> $1
     ) own
     where count > 0 group by fromorg, toorg, subscription, standing`,
    [ownOf(viewer)],
  );
  return rows.map((row) => plain<Standing>(row));
}

/** When the oldest event of each route that has not arrived was accepted, by `from to`. */
export async function oldestOf(queries: Queries, routes: readonly Route[]): Promise<ReadonlyMap<string, string>> {
  if (routes.length === 0) return new Map();
  const rows = await queries.query<Row>(
    `select r."from", r."to", o.at from json_to_recordset($1::json) as r("from" text, "to" text)
     cross join lateral (
       select coalesce(d.accepted, d.since) as at from deliveries d
       where d.publisher = r."from" and d.org = r."to" and ${OUTSTANDING} and ${NOT_ARRIVED}
       order by coalesce(d.accepted, d.since) limit 1
     ) o`,
    [recordset(routes)],
  );
  return new Map(rows.map((row) => plain<Route & { at: string }>(row)).map((row) => [routeKey(row), row.at]));
}

/** Just the deliveries that the indexes `deliveries_outstanding…` hold, of what organisations send. */
export const OUTSTANDING = `d.eventtype not like 'org.signalbox.operations.%' and d.entitled and d.acknowledged is null
  and (d.state in ('waiting', 'delivering', 'paused', 'parked', 'expired')
    or (d.state = 'delivered' and lower(d.channel) in ('pull', 'nats')))`;

/** Of these, those that their receiver does not have. */
export const NOT_ARRIVED = `d.delivered is null`;

/** A name for a route. */
export function routeKey({ from, to }: Route): string {
  return `${from} ${to}`;
}

function ownOf(viewer: Viewer): string | null {
  return viewer.all ? null : viewer.ods;
}
