import type { EventType } from '@signalbox/contracts';
import { FAMILIES, streamOf } from '@signalbox/messaging';
import { type Database, plain, type Queries, recordset, type Row } from '../../store/database.js';
import {
  type Arrival,
  type Clock,
  type ClockEvent,
  isStartedByArrival,
  type Rules,
  type RunningClock,
  startedBy,
  startedByArrival,
  stoppedBy,
} from './turns.js';
import { setCorrectionsDue } from './corrections-due.js';
import { allStops, insertClocks, markMissed, settledDeliveries, stepsAbout, stopClocks } from './clock-rows.js';

/** Events and steps of a stream that are looked through at once. */
const EVENTS = 200;
const STEPS = 1_000;
/** Events of one journey that are looked at for what stops a new clock; the oldest after its start. */
const ANSWERS = 1_000;
/** What names an event may seem to have been recorded so long before it: the clocks of gateways differ. */
const SKEW = '5 minutes';
const EVENT_STREAMS = FAMILIES.map(streamOf);
const STREAMS = [...EVENT_STREAMS, 'STEPS'];
const COLUMNS = `e.identity, e.id, e.type, e.family, e.journey, e.sourceorg, e.targetorg, e.urgency, e.causationid,
  e.supersedes, e.meaning, e.recorded`;

/** A receiver may have it by another way, and say so before it was delivered, or though it never was. */
const ARRIVED = 'coalesce(d.delivered, d.acknowledged)';

/** What looking on came to. */
export interface Looked {
  /** Whether there is more to look through at once. */
  readonly more: boolean;
  /** RFC 3339: when the first of the clocks that were started runs out. */
  readonly soonest?: string;
}

/**
 * Looks on through events and steps, after their own transactions, for what starts and stops clocks. An event and its
 * answer, or its delivery, may be read in either order and by different readers; whichever is written later is looked at
 * later, and finds the other. Looking at something again changes nothing.
 *
 * @param types every type of the catalogue
 */
export async function lookOn(database: Database, rules: Rules, types: readonly EventType[]): Promise<Looked> {
  return database.transaction(async (within) => {
    const stretches = await stretchesOf(within);
    if (stretches.length === 0) return { more: false };
    const steps = stretches.find(({ stream }) => stream === 'STEPS');
    const events = (
      await Promise.all(stretches.filter((one) => one !== steps).map((stretch) => eventsIn(within, stretch)))
    ).flat();
    const byArrival = types.filter(isStartedByArrival).map(({ type }) => type);
    const arrivals = [
      ...(await arrivalsOf(within, events, byArrival)),
      ...(steps === undefined ? [] : await arrivalsIn(within, steps, byArrival)),
    ];
    const begun = [
      ...events.flatMap((event) => startedBy(event, rules)),
      ...arrivals.flatMap(({ event, arrival }) => startedByArrival(event, arrival, rules)),
    ];
    const started = await insertClocks(within, begun);
    await stop(within, rules, events, started);
    const asked = stepsAbout(started, steps);
    if (asked !== undefined) {
      await settledDeliveries(within, asked);
      await markMissed(within, asked);
    }
    await setCorrectionsDue(within, rules, events, steps);
    await moveOn(within, stretches);
    const [soonest] = started.map(({ due }) => due).sort();
    return { more: stretches.some(({ more }) => more), ...(soonest !== undefined && { soonest }) };
  });
}

interface Stretch {
  readonly stream: string;
  readonly from: number;
  readonly to: number;
  readonly more: boolean;
}

async function stretchesOf(within: Queries): Promise<Stretch[]> {
  const rows = await within.query<{ stream: string; from: number; to: number }>(
    `select p.stream, coalesce(c.sequence, 0)::bigint as "from", p.sequence as "to"
     from positions p left join clockpositions c using (stream)
     where p.stream = any($1::text[]) and p.sequence > coalesce(c.sequence, 0)`,
    [STREAMS],
  );
  return rows.map(({ stream, from, to }) => {
    const last = Math.min(to, from + (stream === 'STEPS' ? STEPS : EVENTS));
    return { stream, from, to: last, more: last < to };
  });
}

async function eventsIn(within: Queries, { stream, from, to }: Stretch): Promise<ClockEvent[]> {
  const rows = await within.query<Row>(
    `select ${COLUMNS} from events e
     where e.stream = $1 and e.sequence > $2 and e.sequence <= $3 and e.duplicateof is null order by e.sequence`,
    [stream, from, to],
  );
  return rows.map((row) => plain<ClockEvent>(row));
}

interface Arrived {
  readonly event: ClockEvent;
  readonly arrival: Arrival;
}

/** Of events that are new here: who has them already, by steps that were read before. */
async function arrivalsOf(
  within: Queries,
  events: readonly ClockEvent[],
  types: readonly string[],
): Promise<Arrived[]> {
  const asked = new Map(events.filter(({ type }) => types.includes(type)).map((event) => [event.identity, event]));
  if (asked.size === 0) return [];
  const rows = await within.query<Row>(
    `select d.identity, d.subscription, d.org, ${ARRIVED} as delivered from deliveries d
     where d.identity = any($1::text[]) and ${ARRIVED} is not null`,
    [[...asked.keys()]],
  );
  return rows.map((row) => {
    const { identity, ...arrival } = plain<Arrival & { identity: string }>(row);
    return { event: asked.get(identity)!, arrival };
  });
}

/** What the steps of a stretch say arrived, of events that are on record. */
async function arrivalsIn(within: Queries, { from, to }: Stretch, types: readonly string[]): Promise<Arrived[]> {
  const rows = await within.query<Row>(
    `select ${COLUMNS}, d.subscription, d.org, ${ARRIVED} as delivered from (
       select distinct identity, subscription from steps
       where sequence > $1 and sequence <= $2 and kind in ('delivered', 'acknowledged') and subscription is not null
         and type = any($3::text[])
     ) s
     join deliveries d on d.identity = s.identity and d.subscription = s.subscription and ${ARRIVED} is not null
     join events e on e.identity = s.identity and e.duplicateof is null`,
    [from, to, types],
  );
  return rows.map((row) => {
    const { subscription, org, delivered, ...event } = plain<Arrival & ClockEvent>(row);
    return { event, arrival: { subscription, org, delivered } };
  });
}

/** Stops what the new events answer, and of the new clocks those whose answer was on record before them. */
async function stop(
  within: Queries,
  rules: Rules,
  events: readonly ClockEvent[],
  started: readonly Clock[],
): Promise<void> {
  const known = started.length === 0 ? [] : await othersInJourneys(within, started);
  const answers = [...new Map([...known, ...events].map((event) => [event.identity, event])).values()];
  if (answers.length === 0) return;
  const inJourney = Map.groupBy(await clocksBeside(within, answers), ({ journey }) => journey);
  const stops = answers.flatMap((answer) => stoppedBy(answer, inJourney.get(answer.journey) ?? [], rules));
  await stopClocks(within, allStops(stops));
}

/** The clocks that other events of their journeys started. */
async function clocksBeside(within: Queries, events: readonly ClockEvent[]): Promise<RunningClock[]> {
  const rows = await within.query<Row>(
    `select distinct on (c.identity, c.clock, c.owner, c.subscription) c.*, e.id as event, e.family, e.recorded
     from json_to_recordset($1::json) as k(identity text, journey text)
     join clocks c on c.journey = k.journey and c.identity <> k.identity
     join events e on e.identity = c.identity and e.duplicateof is null`,
    [recordset(events.map(({ identity, journey }) => ({ identity, journey })))],
  );
  return rows.map((row) => plain<RunningClock>(row));
}

/** Other events of the journeys of some clocks, which may stop them. */
async function othersInJourneys(within: Queries, clocks: readonly Clock[]): Promise<ClockEvent[]> {
  const rows = await within.query<Row>(
    `select distinct on (e.stream, e.sequence) ${COLUMNS}
     from json_to_recordset($1::json) as k(identity text, journey text)
     cross join lateral (
       select o.* from events s join events o on o.journey = k.journey and o.recorded >= s.recorded - interval '${SKEW}'
       where s.identity = k.identity and s.duplicateof is null order by o.recorded limit $2
     ) e
     where e.identity <> k.identity and e.duplicateof is null`,
    [recordset(clocks.map(({ identity, journey }) => ({ identity, journey }))), ANSWERS],
  );
  return rows.map((row) => plain<ClockEvent>(row));
}

async function moveOn(within: Queries, stretches: readonly Stretch[]): Promise<void> {
  await within.query(
    `insert into clockpositions select * from json_populate_recordset(null::clockpositions, $1::json)
     on conflict (stream) do update set sequence = excluded.sequence`,
    [recordset(stretches.map(({ stream, to }) => ({ stream, sequence: to })))],
  );
}
