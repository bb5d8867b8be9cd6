import {
  answerTo,
  type Awaited,
  awaitedAfter,
  awaitedBy,
  type ByUrgency,
  type ClockName,
  clockMs,
  type EventType,
  timesOf,
} from '@signalbox/contracts';
import type { EventFact } from '../../journeys/facts.js';

/** What of an event decides about clocks. */
export type ClockEvent = Pick<
  EventFact,
  | 'identity'
  | 'id'
  | 'type'
  | 'family'
  | 'journey'
  | 'sourceorg'
  | 'targetorg'
  | 'urgency'
  | 'causationid'
  | 'supersedes'
  | 'meaning'
  | 'recorded'
>;

/** That a subscription has an event. */
export interface Arrival {
  readonly subscription: string;
  readonly org: string;
  /** RFC 3339. */
  readonly delivered: string;
}

/** One clock. Times are RFC 3339. */
export interface Clock {
  readonly identity: string;
  readonly clock: ClockName;
  /** ODS code of whose move it is. */
  readonly owner: string;
  /** Of the delivery that has to be acknowledged; empty for clocks of the journey. */
  readonly subscription: string;
  /** ODS code of the other side. */
  readonly other?: string;
  readonly journey: string;
  readonly type: string;
  readonly sourceorg: string;
  readonly started: string;
  readonly due: string;
}

/** A clock with what is needed of the event that started it. */
export interface RunningClock extends Clock {
  /** Id of that event, its family, and when it was recorded. */
  readonly event: string;
  readonly family: string;
  readonly recorded: string;
  readonly closed?: string;
}

/** Why a clock was stopped. */
export type Ended = 'answered' | 'acknowledged' | 'superseded' | 'closed' | 'handled-outside';

/** That a clock was stopped. */
export interface Stop extends Pick<Clock, 'identity' | 'clock' | 'owner' | 'subscription'> {
  readonly closed: string;
  readonly ended: Ended;
  /** Id of the event that stopped it. */
  readonly answer?: string;
}

/** What turns of clocks are decided with. */
export interface Rules {
  readonly typeOf: (type: string) => Pick<EventType, 'awaits' | 'closes' | 'deadlines'> | undefined;
  /** What an organisation has instead of the times of a type. */
  readonly ownTimes: (ods: string, type: string, clock: ClockName) => Partial<ByUrgency> | undefined;
}

/** The clocks that an event starts by being accepted: those whose owner is known by then. */
export function startedBy(event: ClockEvent, rules: Rules): Clock[] {
  const { sourceorg, targetorg, recorded } = event;
  return timedAfter(event, rules).flatMap((step) => {
    const { clock } = step.within;
    if (step.by === 'publisher')
      return clockOf(event, rules, { clock, owner: sourceorg, other: targetorg, started: recorded });
    if (isByArrival(step, event) || targetorg === undefined || targetorg === sourceorg) return [];
    return clockOf(event, rules, { clock, owner: targetorg, other: sourceorg, started: recorded });
  });
}

/**
 * The clocks that the arrival of an event at a subscription starts: its acknowledgement, and what its receiver has to do
 * where the event names no receiver, or everybody has to do it who has it. A publisher that gets its own event owes nothing.
 */
export function startedByArrival(event: ClockEvent, { subscription, org, delivered }: Arrival, rules: Rules): Clock[] {
  const { sourceorg } = event;
  if (org === sourceorg) return [];
  const owes = { owner: org, other: sourceorg, started: delivered };
  const steps = timedAfter(event, rules).filter((step) => step.by === 'receiver' && isByArrival(step, event));
  return [
    ...clockOf(event, rules, { ...owes, clock: 'acknowledgement', subscription }),
    ...steps.flatMap(({ within: { clock } }) => clockOf(event, rules, { ...owes, clock })),
  ];
}

/** The types whose arrival starts clocks. */
export function isStartedByArrival(type: Pick<EventType, 'awaits' | 'deadlines'>): boolean {
  return (
    type.deadlines?.acknowledgement !== undefined ||
    (type.awaits?.within ?? []).some((one) => (one.by ?? type.awaits?.by) === 'receiver')
  );
}

function isByArrival({ each }: Awaited, { targetorg }: ClockEvent): boolean {
  return each || targetorg === undefined;
}

/** What is waited for after an event, as far as a clock runs meanwhile. */
function timedAfter({ type, meaning }: ClockEvent, { typeOf }: Rules): Required<Awaited>[] {
  return awaitedAfter(typeOf(type), meaning).flatMap(({ within, ...step }) => (within ? { ...step, within } : []));
}

type Begun = Pick<Clock, 'clock' | 'owner' | 'started'> & { readonly subscription?: string } & {
  readonly other: string | undefined;
};

function clockOf(event: ClockEvent, { typeOf, ownTimes }: Rules, begun: Begun): Clock[] {
  const { clock, owner, other, started, subscription = '' } = begun;
  const { identity, journey, type, sourceorg, urgency } = event;
  const times = timesOf(typeOf(type), clock);
  if (times === undefined) return [];
  const due = new Date(Date.parse(started) + clockMs(times, urgency, ownTimes(owner, type, clock))).toISOString();
  const known = { identity, clock, owner, subscription, journey, type, sourceorg, started, due };
  return [{ ...known, ...(other !== undefined && { other }) }];
}

/**
 * The clocks of a journey that an event stops.
 *
 * @param clocks of its journey, also those that were stopped: a named answer stops the clock of the event that it names,
 *   and not that of another event which waits for the same
 */
export function stoppedBy(answer: ClockEvent, clocks: readonly RunningClock[], rules: Rules): Stop[] {
  return clocks.flatMap((clock) => {
    if (clock.identity === answer.identity) return [];
    // The clocks of two gateways differ: what names an event came after it all the same.
    if (answer.recorded < clock.recorded && !names(answer, clock.event)) return [];
    if (clock.closed !== undefined && clock.closed <= answer.recorded) return [];
    const ended = endedBy(answer, clock, clocks, rules);
    if (ended === undefined) return [];
    const { identity, clock: name, owner, subscription } = clock;
    return [{ identity, clock: name, owner, subscription, closed: answer.recorded, ended, answer: answer.id }];
  });
}

/** Of a type that is not in the catalogue any more: only what closes the family ends it. */
const NOTHING: Pick<Awaited, 'until' | 'next' | 'each'> = { until: [], next: [], each: false };

function endedBy(
  answer: ClockEvent,
  clock: RunningClock,
  clocks: readonly RunningClock[],
  { typeOf }: Rules,
): Ended | undefined {
  const byPublisher = answer.sourceorg === clock.sourceorg;
  if (byPublisher && answer.supersedes === clock.event) return 'superseded';
  const closes = typeOf(answer.type)?.closes === true && answer.family === clock.family;
  const elsewhere = isForAnother(answer, clock, clocks, closes ? 'sourceorg' : 'owner');
  if (clock.clock === 'acknowledgement') {
    if (answer.sourceorg === clock.owner && answer.causationid === clock.event) return 'acknowledged';
    return closes && byPublisher && !elsewhere ? 'closed' : undefined;
  }
  if (elsewhere) return undefined;
  const step = awaitedBy(typeOf(clock.type), clock.clock) ?? NOTHING;
  const ended = answerTo(answer, step, clock, typeOf);
  return ended === 'answered' && step.each && answer.sourceorg !== clock.owner ? undefined : ended;
}

function names({ causationid, supersedes }: ClockEvent, id: string): boolean {
  return causationid === id || supersedes === id;
}

/**
 * Whether it is about another event of the journey for which the same clock was started: because it names that one or,
 * where it names none of them, because it comes from who has to answer that one (or, to end it, from who sent it) and not
 * this one.
 */
function isForAnother(
  answer: ClockEvent,
  clock: RunningClock,
  clocks: readonly RunningClock[],
  side: 'owner' | 'sourceorg',
): boolean {
  if (names(answer, clock.event)) return false;
  const others = clocks.filter((other) => other.clock === clock.clock && other.event !== clock.event);
  if (others.some(({ event }) => names(answer, event))) return true;
  if (answer.sourceorg === clock[side]) return false;
  return others.some((other) => other[side] === answer.sourceorg && other.recorded <= answer.recorded);
}
