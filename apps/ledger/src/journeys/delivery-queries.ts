import { plain, type Queries, recordset, type Row } from '../store/database.js';
import type { Delivery } from './delivery.js';
import type { StepFact } from './journey-view.js';
import type { Viewer } from './sight.js';

/** Which deliveries somebody wants to see. */
export interface DeliveryFilter {
  readonly subscription?: string | undefined;
  /** States as they are shown: what waits under a paused subscription is `paused`. */
  readonly state?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  readonly journey?: string | undefined;
  /** SHA-256 of source and id of the event. */
  readonly identity?: string | undefined;
  /** RFC 3339: only those whose state began then or later. */
  readonly since?: string | undefined;
}

/** A delivery with what is known of its event. Where the event itself has left its stream, its place and size are missing. */
export type DeliveryRecord = Delivery & {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly sourceorg: string;
  readonly stream?: string;
  readonly sequence?: number;
  readonly recorded?: string;
  /** Bytes of data. */
  readonly size?: number;
  /** For parked ones: whether an attempt ended without an answer, so that the receiver may have the event all the same. */
  readonly unanswered?: boolean;
  /** For parked ones: to whom it was handed last, by whom and when. */
  readonly handedover?: { readonly time: string; readonly by?: string; readonly note?: string };
};

/** What deliveries with one cause have in common. */
export interface DeliveryGroup {
  /** The reason or state that they share; absent for those without a reason. */
  readonly cause?: string;
  readonly count: number;
  /** Attempts made for all of them together. */
  readonly attempts: number;
  readonly journeys: number;
  /** When the first and the last of them came into their state. */
  readonly first: string;
  readonly last: string;
  /** Identity and subscription of the newest. */
  readonly identity: string;
  readonly subscription: string;
}

/** Where a list of deliveries goes on. */
export interface DeliveryCursor {
  readonly since: string;
  readonly identity: string;
  readonly subscription: string;
}

/** What of the registry bears on how a delivery is shown. */
export interface SubscriptionStatus {
  readonly id: string;
  readonly status: string;
}

const UNFINISHED = ['waiting', 'delivering', 'paused'];

/**
 * `$1` holds the subscriptions as they are now; see `underSubscription` for the same decision about one delivery. What is
 * asked of steps is limited to one row: `exists` may be answered by reading all steps that there are.
 */
const SHOWN = `
  select d.*,
    case when d.state = 'parked' then coalesce((
      select true from steps where identity = d.identity and subscription = d.subscription and kind = 'attempt'
        and status is null and reason in ('endpoint-timeout', 'endpoint-disconnected', 'endpoint-not-http') limit 1
    ), false) end as unanswered,
    case when d.state = 'parked' then (
      select json_build_object('time', time, 'by', by, 'note', note) from steps
      where identity = d.identity and subscription = d.subscription and kind = 'handed-over' order by sequence desc limit 1
    ) end as handedover,
    coalesce(e.source, s.source) as source, coalesce(e.id, s.eventid) as id,
    coalesce(e.type, s.type) as type, coalesce(e.sourceorg, s.sourceorg) as sourceorg,
    e.stream, e.sequence, e.recorded, e.size, e.targetorg,
    case when d.state not in ('waiting', 'delivering', 'paused') then d.state
      when r.status is distinct from 'active' then 'paused'
      when d.state = 'paused' then 'waiting'
      else d.state end as shown
  from deliveries d
  left join lateral (
    select * from events where identity = d.identity and duplicateof is null limit 1
  ) e on true
  left join lateral (
    select * from steps where identity = d.identity order by steps.sequence limit 1
  ) s on e.source is null
  left join json_to_recordset($1::json) as r(id text, status text) on r.id = d.subscription`;

/**
 * Every subscription that has deliveries, found by skipping from one to the next in the index of subscriptions; only those of
 * the organisation `own` where that is told.
 */
const everySubscription = (own: string | undefined) => `
  with recursive skipped as (
    (select subscription as id from deliveries order by subscription limit 1)
    union all
    select (select subscription from deliveries where subscription > skipped.id order by subscription limit 1)
    from skipped where skipped.id is not null
  )
  select id from skipped where id is not null
    ${own === undefined ? '' : `and (select org from deliveries where subscription = skipped.id order by since limit 1) = ${own}`}`;

/** States that few deliveries are in: for all others there is an index of each subscription, and none of all of them. */
const FEW: ReadonlySet<string> = new Set([...UNFINISHED, 'parked', 'expired']);

function isFoundAtOnce({ subscription, journey, identity, state }: DeliveryFilter): boolean {
  return (subscription ?? journey ?? identity) !== undefined || (state?.every((one) => FEW.has(one)) ?? false);
}

/** Deliveries that a viewer may see in full, in the order in which they came into their states. */
export async function findDeliveries(
  queries: Queries,
  viewer: Viewer,
  filter: DeliveryFilter,
  subscriptions: readonly SubscriptionStatus[],
  page: { readonly limit: number; readonly after?: DeliveryCursor | undefined; readonly newest: boolean },
): Promise<DeliveryRecord[]> {
  const { parameters, where } = conditions(viewer, filter, subscriptions);
  const { limit, after, newest } = page;
  const direction = newest ? 'desc' : 'asc';
  const beyond =
    after === undefined
      ? 'true'
      : `(since, identity, subscription) ${newest ? '<' : '>'} (${place(parameters, after.since)}::timestamptz, ${place(parameters, after.identity)}, ${place(parameters, after.subscription)})`;
  const first = `order by since ${direction}, identity ${direction}, subscription ${direction} limit ${place(parameters, limit)}`;
  const those = (rowsOf: string) =>
    `select * from (${SHOWN} where ${rowsOf}) q where ${beyond} and ${where.outside} ${first}`;
  const atOnce = isFoundAtOnce(filter);
  const own = atOnce || viewer.all ? undefined : place(parameters, viewer.ods);
  const rows = await queries.query<Row>(
    atOnce
      ? those(where.inside)
      : `select q.* from (${everySubscription(own)}) every
         cross join lateral (${those(`${where.inside} and d.subscription = every.id`)}) q ${first}`,
    parameters,
  );
  return rows.map(recordOf);
}

/** The same deliveries, counted by what they share. */
export async function groupDeliveries(
  queries: Queries,
  viewer: Viewer,
  filter: DeliveryFilter,
  subscriptions: readonly SubscriptionStatus[],
  by: 'reason' | 'state',
  limit: number,
): Promise<DeliveryGroup[]> {
  const { parameters, where } = conditions(viewer, filter, subscriptions);
  const cause = by === 'reason' ? 'reason' : 'shown';
  const rows = await queries.query<Row>(
    `select ${cause} as cause, count(*)::int as count, sum(attempts)::int as attempts,
       count(distinct journey)::int as journeys, min(since) as first, max(since) as last,
       (array_agg(identity order by since desc, identity desc, subscription desc))[1] as identity,
       (array_agg(subscription order by since desc, identity desc, subscription desc))[1] as subscription
     from (${SHOWN} where ${where.inside}) q where ${where.outside}
     group by ${cause} order by count desc, cause limit ${place(parameters, limit)}`,
    parameters,
  );
  return rows.map((row) => plain<DeliveryGroup>(row));
}

/** Everything that was recorded about the delivery of one event to one subscription, in order. */
export async function stepsOfDelivery(
  queries: Queries,
  identity: string,
  subscription: string,
  limit: number,
): Promise<StepFact[]> {
  const rows = await queries.query<Row>(
    `select * from (
       select * from steps where identity = $1 and subscription = $2 order by sequence desc limit $3
     ) newest order by sequence`,
    [identity, subscription, limit],
  );
  return rows.map((row) => plain<StepFact>(row));
}

interface Conditions {
  readonly parameters: unknown[];
  readonly where: { readonly inside: string; readonly outside: string };
}

/** What the rows themselves decide stands inside, where indexes help; the rest is decided over what is shown. */
function conditions(viewer: Viewer, filter: DeliveryFilter, subscriptions: readonly SubscriptionStatus[]): Conditions {
  const parameters: unknown[] = [recordset(subscriptions)];
  const inside = ['true'];
  const outside = ['true'];
  const { subscription, state, reason, journey, identity, since } = filter;
  if (!viewer.all) {
    const own = place(parameters, viewer.ods);
    inside.push(`d.org = ${own}`);
    outside.push(`(entitled or sourceorg = ${own} or targetorg = ${own})`);
  }
  if (subscription !== undefined) inside.push(`d.subscription = ${place(parameters, subscription)}`);
  if (journey !== undefined) inside.push(`d.journey = ${place(parameters, journey)}`);
  if (identity !== undefined) inside.push(`d.identity = ${place(parameters, identity)}`);
  if (reason !== undefined) inside.push(`d.reason = ${place(parameters, reason)}`);
  if (since !== undefined) inside.push(`d.since >= ${place(parameters, since)}::timestamptz`);
  if (state !== undefined) {
    const stored = state.some((one) => UNFINISHED.includes(one)) ? [...state, ...UNFINISHED] : state;
    inside.push(`d.state = any(${place(parameters, stored)}::text[])`);
    outside.push(`shown = any(${place(parameters, state)}::text[])`);
  }
  return { parameters, where: { inside: inside.join(' and '), outside: outside.join(' and ') } };
}

/** Adds a parameter and answers its placeholder. */
function place(parameters: unknown[], value: unknown): string {
  return `$${String(parameters.push(value))}`;
}

function recordOf({ shown: _shown, targetorg: _targetorg, ...row }: Row): DeliveryRecord {
  return plain<DeliveryRecord>(row);
}
