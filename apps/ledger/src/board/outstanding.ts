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
