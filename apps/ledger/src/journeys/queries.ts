import { plain, type Queries, type Row } from '../store/database.js';
import type { Delivery } from './delivery.js';
import { type EventFact, journeyKey, type RefusalFact } from './facts.js';
import type { JourneyFacts, StepFact } from './journey-view.js';
import { sightingKey, type Viewer } from './sight.js';

/** How much one answer holds. */
export interface AnswerLimits {
  /** Most events of a journey; the newest are kept. */
  readonly events: number;
  /** Most steps of a journey; the newest are kept. */
  readonly steps: number;
}

/** Everything recorded about some journeys, by journey id; a journey without events is not in it. */
export async function journeyFacts(
  queries: Queries,
  journeys: readonly string[],
  limits: AnswerLimits,
): Promise<Map<string, JourneyFacts>> {
  const keys = [...new Set(journeys.map((journey) => journeyKey(journey)))];
  if (keys.length === 0) return new Map();
  const [events, deliveries, steps] = await Promise.all([
    newest<EventFact>(queries, 'events', 'recorded desc, stream desc, sequence desc', keys, limits.events),
    newest<Delivery>(queries, 'deliveries', 'since desc, subscription desc', keys, limits.steps),
    newest<StepFact>(queries, 'steps', 'sequence desc', keys, limits.steps),
  ]);
  const found = Map.groupBy(events, (event) => event.journey);
  return new Map(
    [...found].map(([journey, own]) => [
      journey,
      {
        journey,
        events: own,
        deliveries: deliveries.filter((delivery) => delivery.journey === journey),
        steps: steps.filter((step) => step.journey === journey),
      },
    ]),
  );
}

/** The newest rows of each journey, oldest first. */
async function newest<T extends object>(
  queries: Queries,
  table: 'events' | 'deliveries' | 'steps',
  order: string,
  journeys: readonly string[],
  limit: number,
): Promise<(T & { journey: string })[]> {
  const rows = await queries.query<Row>(
    `select t.* from unnest($1::text[]) as wanted(key)
     cross join lateral (select * from ${table} where journey = wanted.key order by ${order} limit $2) t`,
    [journeys, limit],
  );
  return rows.map((row) => plain<T & { journey: string }>(row)).toReversed();
}

/** The first copies of the events with an id, of every source or of one. */
export async function eventsById(queries: Queries, id: string, source: string | undefined): Promise<EventFact[]> {
  const rows = await queries.query<Row>(
    `select * from events where id = $1 and ($2::text is null or source = $2) and duplicateof is null
     order by recorded desc limit 20`,
    [id, source ?? null],
  );
  return rows.map((row) => plain<EventFact>(row));
}

/** The refusals of events with an id, newest first. */
export async function refusalsById(
  queries: Queries,
  id: string,
  source: string | undefined,
  viewer: Viewer,
): Promise<RefusalFact[]> {
  const rows = await queries.query<Row>(
    `select * from refusals where eventid = $1 and ($2::text is null or source = $2) and ($3::text is null or org = $3)
     order by sequence desc limit 20`,
    [id, source ?? null, viewer.all ? null : viewer.ods],
  );
  return rows.map((row) => plain<RefusalFact>(row));
}

/** Which events carry a business identifier. */
export interface Match {
  readonly journey: string;
  readonly identity: string;
}

/**
 * Events by the keyed hashes of an identifier (of name, system and value, or of the value alone), the newest first, in
 * journeys of which the viewer may see something.
 */
export async function eventsByPseudonym(
  queries: Queries,
  viewer: Viewer,
  by: 'pseudonym' | 'valuepseudonym',
  hashes: readonly string[],
  limit: number,
): Promise<Match[]> {
  return queries.query<Match & Row>(
    `select e.journey, e.identity from identifiers i join events e using (stream, sequence)
     where i.${by} = any($1::text[]) and e.duplicateof is null
       and exists (select 1 from sightings s where s.org = $2 and s.journey = e.journey)
     group by e.journey, e.identity order by max(e.recorded) desc, e.identity limit $3`,
    [hashes, sightingKey(viewer), limit],
  );
}
