import { eventIdentity } from '@signalbox/contracts';
import { defined } from '../journeys/delivery.js';
import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, recordset, type Row } from '../store/database.js';
import type { StuckItem } from './items.js';

/** The newest word about each. */
const NEWEST = `
  select k.place, s.note, s.by, s.time as at
  from json_to_recordset($1::json) as k(place int, identity text, subscription text)
  cross join lateral (
    select note, by, time from steps
    where identity = k.identity and coalesce(subscription, '') = k.subscription and kind = 'handed-over'
    order by sequence desc limit 1
  ) s`;

/** Things that stand still, with who looks after them, as far as it is the viewer's own side that said so. */
export async function withHandedOver(
  queries: Queries,
  viewer: Viewer,
  items: readonly StuckItem[],
): Promise<StuckItem[]> {
  const asked = items.flatMap(({ source, id, subscription, org, sourceorg }, place) => {
    const own = viewer.all || viewer.ods === (subscription === '' ? sourceorg : org);
    if (!own || source === undefined || id === undefined) return [];
    const identity = eventIdentity({ attributes: { source, id }, data: { kind: 'absent' } });
    return [{ place, identity, subscription }];
  });
  if (asked.length === 0) return [...items];
  const rows = await queries.query<Row>(NEWEST, [recordset(asked)]);
  const found = new Map(
    rows.map((row) => {
      const { place, note = '', by, at } = plain<{ place: number; note?: string; by?: string; at: string }>(row);
      return [place, { note, at, ...defined({ by }) }];
    }),
  );
  return items.map((item, place) => ({ ...item, ...defined({ handedover: found.get(place) }) }));
}
