import { type Queries, type Row } from '../store/database.js';
import { journeyKey } from './facts.js';
import type { Viewer } from './sight.js';

/** A stretch of one stream, as one subscription has it. */
export interface PlacesQuestion {
  readonly subscription: string;
  readonly stream: string;
  /** First and last sequence. */
  readonly from: number;
  readonly to: number;
  /** Only its events; then those too that never came up for the subscription, as far as the viewer may see them. */
  readonly journey?: string | undefined;
}

/** What became of the events of a stretch. */
export interface DeliveryPlaces {
  /** Sequence up to which the stream was read: what lies beyond is not known yet. */
  readonly read: number;
  /** In order; the state is `null` for an event that never came up for the subscription. */
  readonly places: readonly (readonly [sequence: number, state: string | null, reason: string | null])[];
  /** Where to go on from; absent when all of the stretch was told. */
  readonly next?: number;
}

/** Looks deliveries up by where their events lie, so that its cost follows from the stretch and not from all that ever was. */
export async function findPlaces(
  queries: Queries,
  viewer: Viewer,
  question: PlacesQuestion,
  limit: number,
): Promise<DeliveryPlaces> {
  const { stream, to } = question;
  const [position] = await queries.query<Row>('select sequence from positions where stream = $1', [stream]);
  const rows = await (question.journey === undefined ? inStretch : inJourney)(queries, viewer, question, limit);
  const places = rows.map(
    ({ sequence, state, reason }) => [Number(sequence), textOrNull(state), textOrNull(reason)] as const,
  );
  const last = places.at(-1)?.[0];
  const next = places.length === limit && last !== undefined && last < to ? last + 1 : undefined;
  return { read: Number(position?.['sequence'] ?? 0), places, ...(next !== undefined && { next }) };
}

/** The state of `d` as it is told of the event: a refused repetition of what has arrived is another matter; see `asArrived`. */
export const ARRIVAL_OR_STATE = `case when d.state <> 'parked' then d.state
  when d.acknowledged is not null then 'acknowledged' when d.delivered is not null then 'delivered' else d.state end`;

function inStretch(
  queries: Queries,
  viewer: Viewer,
  { subscription, stream, from, to }: PlacesQuestion,
  limit: number,
): Promise<Row[]> {
  return queries.query<Row>(
    `select e.sequence, ${ARRIVAL_OR_STATE} as state, d.reason
     from events e join deliveries d on d.identity = e.identity and d.subscription = $1
     where e.stream = $2 and e.sequence between $3 and $4 and ($5::text is null or d.org = $5)
     order by e.sequence limit $6`,
    [subscription, stream, from, to, viewer.all ? null : viewer.ods, limit],
  );
}

/** Which events of a journey somebody may see is `seesEvent` in SQL. */
function inJourney(
  queries: Queries,
  viewer: Viewer,
  { subscription, stream, from, to, journey = '' }: PlacesQuestion,
  limit: number,
): Promise<Row[]> {
  return queries.query<Row>(
    `select e.sequence, ${ARRIVAL_OR_STATE} as state, d.reason
     from events e left join deliveries d
       on d.identity = e.identity and d.subscription = $1 and ($5::text is null or d.org = $5)
     where e.journey = $7 and e.stream = $2 and e.sequence between $3 and $4
       and ($5::text is null or e.sourceorg = $5 or e.targetorg = $5
         or exists (select 1 from deliveries o where o.identity = e.identity and o.org = $5 and o.entitled))
     order by e.sequence limit $6`,
    [subscription, stream, from, to, viewer.all ? null : viewer.ods, limit, journeyKey(journey)],
  );
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
