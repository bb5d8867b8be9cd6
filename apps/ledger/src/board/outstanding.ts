import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';
import { NOT_ARRIVED, OUTSTANDING } from './flows.js';

/** A delivery that waits for something, with its event. */
export interface OutstandingDelivery {
  readonly journey: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly state: string;
  /** RFC 3339: when its event was accepted. */
  readonly since: string;
}

/** One that is to be delivered by a certain time. */
export interface DueDelivery {
  readonly journey: string;
  readonly event: string;
  readonly source: string;
  readonly type: string;
  readonly from: string;
  readonly to: string;
  readonly due: string;
}

const OLDEST = (whose: string) => `
  select * from (
    select d.journey, d.eventtype as type, d.publisher as "from", d.org as "to", d.state,
      coalesce(d.accepted, d.since) as since
    from deliveries d where ${whose} and ${OUTSTANDING} and (${NOT_ARRIVED} or d.state = 'delivered')
    order by coalesce(d.accepted, d.since), d.identity, d.subscription limit 1
  ) oldest`;

/** The one that has waited longest for its receiver's acknowledgement, or for its arrival. */
export async function oldestUnacknowledged(queries: Queries, viewer: Viewer): Promise<OutstandingDelivery | undefined> {
  const sides = viewer.all ? ['true'] : ['d.org = $1', 'd.publisher = $1'];
  const rows = await queries.query<Row>(
    `${sides.map(OLDEST).join(' union all ')} order by since limit 1`,
    viewer.all ? [] : [viewer.ods],
  );
  return rows[0] === undefined ? undefined : plain<OutstandingDelivery>(rows[0]);
}

const DUE = (whose: string) => `
  select * from (
    select d.identity, d.journey, d.eventtype as type, d.publisher as "from", d.org as "to", d.due from deliveries d
    where ${whose} and d.due is not null and d.entitled and d.delivered is null
      and d.state in ('waiting', 'delivering', 'paused') and d.due > $1::timestamptz
    order by d.due limit $2
  ) next`;

/** What has to be delivered next, the soonest first. What is past its time is another list. */
export async function dueNext(queries: Queries, viewer: Viewer, limit: number, now: Date): Promise<DueDelivery[]> {
  const sides = viewer.all ? ['true'] : ['d.org = $3', 'd.publisher = $3 and d.org <> $3'];
  const rows = await queries.query<Row>(
    `select n.journey, e.id as event, e.source, n.type, n."from", n."to", n.due
     from (${sides.map(DUE).join(' union all ')}) n
     join events e on e.identity = n.identity and e.duplicateof is null
     order by n.due limit $2`,
    [now.toISOString(), limit, ...(viewer.all ? [] : [viewer.ods])],
  );
  return rows.map((row) => plain<DueDelivery>(row));
}
