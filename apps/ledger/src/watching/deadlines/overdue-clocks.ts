import { plain, type Queries, type Row } from '../../store/database.js';
import type { Clock } from './turns.js';

/** A clock that ran out and still waits, with its event. */
export interface OverdueRow extends Clock {
  readonly id: string;
  readonly source: string;
  readonly recorded: string;
  /** Its place among the clocks of one event. */
  readonly place: string;
}

const PLACE = `c.clock || ' ' || c.owner || ' ' || c.subscription`;

const OVERDUE = `
  select c.*, ${PLACE} as place, e.id, e.source, e.recorded
  from clocks c join events e on e.identity = c.identity and e.duplicateof is null
  where c.missed is not null and c.closed is null and ($1::text is null or c.owner = $1 or c.other = $1)
    and ($2::timestamptz is null or (c.due, c.identity, ${PLACE}) > ($2::timestamptz, $3::text, $4::text))
    and ($6::text is null or e.id = $6) and ($7::text is null or e.source = $7)
  order by c.due, c.identity, ${PLACE} limit $5`;

/**
 * Clocks of one organisation's side, or of all, that ran out and still wait, the longest first.
 *
 * @param asked organisation or null, the place behind which the page begins (or null), limit, and the event's id and source
 *   or null
 */
export async function overdueClocks(queries: Queries, asked: readonly unknown[]): Promise<OverdueRow[]> {
  const rows = await queries.query<Row>(OVERDUE, asked);
  return rows.map((row) => plain<OverdueRow>(row));
}
