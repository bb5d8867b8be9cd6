import { identityOf, type OpenEvent } from '@signalbox/contracts';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';
import { STILL_ASTRAY } from './astray.js';
import { STILL_REFUSED } from './refused.js';

const OPEN = `
  select e.source, e.id, a.type, a.journey, a.sourceorg, a.recorded as since
  from astray a join events e on e.identity = a.identity and e.duplicateof is null
  where a.identity = any($1::text[]) and ($2::text is null or a.sourceorg = $2) and ${STILL_ASTRAY}
  union all
  select * from (
    select distinct on (r.identity) r.source, r.eventid as id, coalesce(r.type, '') as type, '' as journey, r.org as sourceorg,
      r.time as since
    from refusals r
    where r.identity = any($1::text[]) and ($2::text is null or r.org = $2) and ${STILL_REFUSED}
    order by r.identity, r.sequence desc
  ) refused`;

/** Those of some events that are open and of the viewer's own publishing. */
export async function openEvents(
  queries: Queries,
  viewer: Viewer,
  events: readonly { readonly source: string; readonly id: string }[],
): Promise<OpenEvent[]> {
  const identities = events.map(identityOf);
  const rows = await queries.query<Row>(OPEN, [identities, viewer.all ? null : viewer.ods]);
  return rows.map((row) => plain<OpenEvent>(row));
}
