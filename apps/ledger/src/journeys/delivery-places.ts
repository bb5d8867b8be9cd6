import { type Queries, type Row, storable } from '../store/database.js';
import type { Viewer } from './sight.js';

/** A stretch of one stream, as one subscription has it. */
export interface PlacesQuestion {
  readonly subscription: string;
  readonly stream: string;
  /** First and last sequence. */
  readonly from: number;
  readonly to: number;
}

/** What became of the events of a stretch. */
export interface DeliveryPlaces {
  /** Sequence up to which the stream was read: what lies beyond is not known yet. */
  readonly read: number;
  /** In order; events that never came up for the subscription are missing. */
  readonly places: readonly (readonly [sequence: number, state: string, reason: string | null])[];
  /** Where to go on from; absent when all of the stretch was told. */
  readonly next?: number;
}

/** Looks deliveries up by where their events lie, so that its cost follows from the stretch and not from all that ever was. */
export async function findPlaces(
  queries: Queries,
  viewer: Viewer,
  { subscription, stream, from, to }: PlacesQuestion,
  limit: number,
): Promise<DeliveryPlaces> {
  const [position] = await queries.query<Row>('select sequence from positions where stream = $1', [storable(stream)]);
  const rows = await queries.query<Row>(
    `select e.sequence, d.state, d.reason
     from events e join deliveries d on d.identity = e.identity and d.subscription = $1
     where e.stream = $2 and e.sequence between $3 and $4 and ($5::text is null or d.org = $5)
     order by e.sequence limit $6`,
    [storable(subscription), storable(stream), from, to, viewer.all ? null : viewer.ods, limit],
  );
  const places = rows.map((row) => [Number(row['sequence']), String(row['state']), textOrNull(row['reason'])] as const);
  const last = places.at(-1)?.[0];
  const next = places.length === limit && last !== undefined && last < to ? last + 1 : undefined;
  return { read: Number(position?.['sequence'] ?? 0), places, ...(next !== undefined && { next }) };
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
