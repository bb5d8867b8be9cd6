import { answerTo, type Awaited, awaitedAfter, type EventType, type Heading } from '@signalbox/contracts';
import type { DeliveryState } from '@signalbox/messaging';
import { type Clock, counted, duration, listed } from './words.js';

/** What of a delivery the heading is computed from. */
export interface HeadedDelivery {
  readonly org: string;
  readonly state: DeliveryState;
  readonly since: string;
  readonly attempts: number;
  readonly entitled: boolean;
  readonly reason?: string;
  readonly nextattempt?: string;
  readonly channel?: string;
  /** By when it should have been delivered. */
  readonly due?: string;
}

/** What of an event the heading is computed from. */
export interface HeadedEvent {
  readonly id: string;
  readonly source?: string;
  readonly type: string;
  readonly family: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly recorded: string;
  readonly supersedes?: string;
  readonly causationid?: string;
  /** Name of the state of its type that its content has; absent where that is not known. */
  readonly meaning?: string;
  readonly duplicateof?: string;
  readonly deliveries: readonly HeadedDelivery[];
}

/** What the catalogue says about a type. */
export type HeadedType = Pick<EventType, 'title' | 'awaits' | 'closes'>;

const ARRIVED: ReadonlySet<DeliveryState> = new Set(['delivered', 'acknowledged', 'handled-outside']);
const STOPPED: ReadonlySet<DeliveryState> = new Set(['parked', 'expired', 'suppressed']);

/**
 * Says who has a journey, since when, and what it waits for.
 *
 * The newest event after which something is awaited that has not come decides: by the same lines of its type by which
 * clocks run. Its receivers hold the journey once it was delivered to them; until then its delivery is what the journey
 * waits for. Replaced and repeated events do not count.
 *
 * @param events in the order in which they were recorded, at least one
 */
export function headingOf(
  events: readonly HeadedEvent[],
  typeOf: (type: string) => HeadedType | undefined,
  now: Date,
  nameOf: (ods: string) => string | undefined = () => undefined,
): Heading {
  const counting = inForce(events);
  const about: About = { typeOf, now, known: (ods) => [ods, nameOf(ods) ?? []].flat().join(' ') };
  const problems = counting.flatMap((event) => problemsOf(event, about));
  const open = newestOpen(counting, typeOf);
  if (open === undefined) return { ...settled(counting, about), problems };
  const { id, source } = open.event;
  return { ...awaited(open, about), event: { id, ...(source !== undefined && { source }) }, problems };
}

/** What every sentence is written with. */
interface About {
  readonly typeOf: (type: string) => HeadedType | undefined;
  readonly now: Date;
  /** Code and name of an organisation. */
  readonly known: (ods: string) => string;
}

/**
 * The heading with the day by which something should have happened; without one, as it is. While an event is not delivered,
 * that is its delivery, and by when it has to be answered is said beside it.
 *
 * @param due by the clocks that run for the event
 */
export function expecting(heading: Heading, due: string | undefined, now: Date, clock: Clock): Heading {
  const delivery = heading.state === 'awaited' ? undefined : heading.expectedby;
  const answer = heading.state === 'awaited' ? undefined : due;
  const expectedby = delivery ?? due;
  if (expectedby === undefined) return heading;
  const isLate = (at: string) => Date.parse(at) < now.getTime();
  const expected = heading.state === 'awaited' ? due : delivery;
  const parts = [
    heading.sentence.replace(/\.$/, ''),
    ...(expected === undefined
      ? []
      : [`${isLate(expected) ? 'it was expected' : 'expected'} by ${clock.by(expected, now)}`]),
    ...(answer === undefined ? [] : [`an answer ${isLate(answer) ? 'was' : 'is'} due by ${clock.by(answer, now)}`]),
  ];
  return { ...heading, expectedby, sentence: `${parts.join('; ')}.` };
}

/** The events that still count: no repetitions, none that a later one replaces. */
export function inForce<E extends Pick<HeadedEvent, 'id' | 'supersedes' | 'duplicateof'>>(events: readonly E[]): E[] {
  const replaced = new Set(events.flatMap((event) => event.supersedes ?? []));
  const kept = events.filter((event) => event.duplicateof === undefined && !replaced.has(event.id));
  return kept.length > 0 ? kept : events.slice(-1);
}

/** What is waited for after an event and has not come, and who has given their part of the answer. */
interface Open {
  readonly event: HeadedEvent;
  readonly step: Awaited;
  readonly answered: ReadonlySet<string>;
}

function newestOpen(counting: readonly HeadedEvent[], typeOf: About['typeOf']): Open | undefined {
  for (let at = counting.length - 1; at >= 0; at -= 1) {
    const open = openAfter(at, counting, typeOf);
    if (open !== undefined) return open;
  }
  return undefined;
}

function openAfter(at: number, counting: readonly HeadedEvent[], typeOf: About['typeOf']): Open | undefined {
  const event = counting[at]!;
  for (const step of awaitedAfter(typeOf(event.type), event.meaning)) {
    const ends = counting.slice(at + 1).flatMap((answer) => {
      const end = answerTo(answer, step, event, typeOf);
      if (end === undefined || isForAnother(answer, end, { event, step }, counting, typeOf)) return [];
      return { end, by: answer.sourceorg };
    });
    const answered = new Set(ends.map(({ by }) => by));
    if (ends.length === 0) return { event, step, answered };
    if (!step.each || ends.some(({ end }) => end === 'closed')) continue;
    if (receiversOf(event).some(({ org }) => !answered.has(org))) return { event, step, answered };
  }
  return undefined;
}

/**
 * Whether an answer is about another event of the journey that waits for the same: because it names that one or, where it
 * names none of them, because it comes from who has to answer that one (or, to end it, from who sent it) and not this one.
 */
function isForAnother(
  answer: HeadedEvent,
  end: 'answered' | 'closed',
  { event, step }: Pick<Open, 'event' | 'step'>,
  counting: readonly HeadedEvent[],
  typeOf: About['typeOf'],
): boolean {
  if (answer.causationid === event.id) return false;
  const isSame = (one: HeadedEvent, { within }: Awaited) =>
    step.within === undefined ? one.type === event.type : step.within.clock === within?.clock;
  const others = counting.flatMap((one) =>
    one === event
      ? []
      : awaitedAfter(typeOf(one.type), one.meaning).flatMap((its) => (isSame(one, its) ? { one, its } : [])),
  );
  if (others.some(({ one }) => one.id === answer.causationid)) return true;
  const isFrom = (one: HeadedEvent, { by }: Awaited) =>
    end === 'closed' || by === 'publisher'
      ? one.sourceorg === answer.sourceorg
      : receiversOf(one).some(({ org }) => org === answer.sourceorg) || one.targetorg === answer.sourceorg;
  if (isFrom(event, step)) return false;
  return others.some(({ one, its }) => isFrom(one, its) && one.recorded <= answer.recorded);
}

type Settled = Omit<Heading, 'problems'>;

function awaited({ event, step, answered }: Open, about: About): Settled {
  const { text: waitsfor, by, each } = step;
  if (by === 'publisher') return held([event.sourceorg], event, event.recorded, waitsfor, about);
  const receivers = receiversOf(event).filter(({ org }) => !each || !answered.has(org));
  const arrived = receivers.filter((delivery) => ARRIVED.has(delivery.state));
  if (arrived.length > 0) {
    const since = arrived.map((delivery) => delivery.since).toSorted()[0]!;
    return held(unique(arrived.map((delivery) => delivery.org)), event, since, waitsfor, about);
  }
  return undelivered(event, receivers, about);
}

function held(
  holders: readonly string[],
  event: HeadedEvent,
  since: string,
  waitsfor: string,
  { now, known }: About,
): Settled {
  const who = listed(holders.map(known));
  const sentence = `With ${who} (${event.family}) for ${age(since, now)}; waiting for ${waitsfor}.`;
  return { state: 'awaited', holders, since, waitsfor, sentence };
}

/** An event that somebody has to answer has reached none of its receivers. */
function undelivered(event: HeadedEvent, receivers: readonly HeadedDelivery[], about: About): Settled {
  const { now, known } = about;
  const title = titleOf(event, about);
  const since = event.recorded;
  if (receivers.length === 0) {
    const who = event.targetorg === undefined ? 'no organisation has' : `${known(event.targetorg)} has not`;
    const waitsfor = 'a subscription that receives it';
    const sentence = `With nobody for ${age(since, now)}; ${who} subscribed to “${title}”; waiting for ${waitsfor}.`;
    return { state: 'not-delivered', holders: [], since, waitsfor, sentence };
  }
  const holders = unique(receivers.map((delivery) => delivery.org));
  const stopped = receivers.filter((delivery) => STOPPED.has(delivery.state));
  const worst = stopped[0] ?? receivers.find((delivery) => delivery.state === 'paused') ?? receivers[0]!;
  const whole = stopped.length === receivers.length;
  const who = listed(holders.map(known));
  const sentence = `“${title}” is not delivered to ${who} yet, after ${age(since, now)}: ${stateOf(worst, now)}.`;
  const due = receivers.flatMap((delivery) => delivery.due ?? []).toSorted()[0];
  return {
    ...{ state: whole ? 'not-delivered' : 'delivering', holders, since, waitsfor: 'its delivery', sentence },
    ...(due !== undefined && { expectedby: due }),
  };
}

/** Nothing is awaited any more. */
function settled(counting: readonly HeadedEvent[], about: About): Settled {
  const { typeOf, now, known } = about;
  const last = counting.at(-1)!;
  const meaning = last.meaning === undefined ? '' : ` (${last.meaning})`;
  const what = `“${titleOf(last, about)}”${meaning} from ${known(last.sourceorg)}`;
  const since = last.recorded;
  if (typeOf(last.type)?.closes === true) {
    return {
      state: 'closed',
      holders: [],
      since,
      sentence: `Closed for ${age(since, now)}: ${what}.`,
    };
  }
  const reached = unique(
    receiversOf(last)
      .filter((delivery) => ARRIVED.has(delivery.state))
      .map(({ org }) => org),
  );
  const where = reached.length === 0 ? '' : `, delivered to ${listed(reached.map(known))}`;
  const sentence = `Nothing is awaited. The last event, ${what}, was accepted ${age(since, now)} ago${where}.`;
  return { state: 'nothing-awaited', holders: [], since, sentence };
}

/** Every delivery that has stopped, waits for a repeated attempt, or is paused. */
function problemsOf(event: HeadedEvent, about: About): string[] {
  return meant(event)
    .filter((delivery) => STOPPED.has(delivery.state) || delivery.state === 'paused' || isRetrying(delivery))
    .map((delivery) => `“${titleOf(event, about)}” to ${about.known(delivery.org)}: ${stateOf(delivery, about.now)}.`);
}

function isRetrying(delivery: HeadedDelivery): boolean {
  return (delivery.state === 'waiting' || delivery.state === 'delivering') && delivery.attempts > 0;
}

/** The state of a delivery that has not arrived, in words, with what happens next. */
function stateOf(delivery: HeadedDelivery, now: Date): string {
  const reason = delivery.reason === undefined ? '' : ` (${delivery.reason})`;
  const since = age(delivery.since, now);
  switch (delivery.state) {
    case 'parked':
      if (delivery.reason !== undefined && delivery.reason in UNREACHABLE)
        return `cannot be delivered: ${UNREACHABLE[delivery.reason]!}; its publisher has to tell ${delivery.org}`;
      return `parked for ${since} after ${counted(delivery.attempts, 'attempt')}${reason}; it waits for a person to retry it or to handle it outside`;
    case 'expired':
      return `expired ${since} ago${reason}; it waits for a person`;
    case 'suppressed':
      return `suppressed for ${since}: ${delivery.org} has no grant for this type`;
    case 'paused':
      return `paused for ${since}: ${PAUSED[delivery.reason ?? ''] ?? 'its receiver has paused the subscription'}`;
    default:
      if (delivery.channel === 'pull' && delivery.attempts === 0) return `waiting for ${delivery.org} to collect it`;
      if (delivery.attempts === 0) return 'waiting for its first attempt';
      return `attempt ${String(delivery.attempts)} failed${reason}; ${nextAttempt(delivery, now)}`;
  }
}

/** Corrections that the exchange itself cannot bring to those who received what they replace. */
const UNREACHABLE: Readonly<Record<string, string>> = {
  'receiver-ended': 'the subscription that received what it corrects has ended',
  'no-grant': 'the receiver of what it corrects has no grant any more',
};

const PAUSED: Readonly<Record<string, string>> = {
  'subscription-disabled': 'its subscription is switched off',
  'subscription-deleted': 'its subscription was deleted',
  'subscription-pending': 'its endpoint has not consented to deliveries yet',
};

function nextAttempt(delivery: HeadedDelivery, now: Date): string {
  if (delivery.nextattempt === undefined) return 'the next attempt follows';
  const left = Date.parse(delivery.nextattempt) - now.getTime();
  return left <= 0 ? 'the next attempt is due now' : `the next attempt is in ${duration(left)}`;
}

/**
 * The deliveries whose receivers should act: the addressee's alone, or all that were meant to happen. A publisher that
 * gets its own event back has nothing to answer.
 */
function receiversOf(event: HeadedEvent): HeadedDelivery[] {
  return meant(event).filter(({ org }) =>
    event.targetorg === undefined ? org !== event.sourceorg : org === event.targetorg,
  );
}

/** What a receiver filters away, or has no right to, is not missing; save the addressee's right, and a correction that it is owed. */
function meant(event: HeadedEvent): HeadedDelivery[] {
  return event.deliveries.filter(
    (delivery) =>
      delivery.entitled ||
      (delivery.state === 'suppressed' && delivery.org === event.targetorg) ||
      (delivery.state === 'parked' && delivery.reason === 'no-grant'),
  );
}

function titleOf(event: HeadedEvent, { typeOf }: About): string {
  return typeOf(event.type)?.title ?? event.type;
}

function age(since: string, now: Date): string {
  return duration(now.getTime() - Date.parse(since));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
