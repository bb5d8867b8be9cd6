import {
  type Answer,
  type ByUrgency,
  type ClockName,
  clockMs,
  type EventType,
  timesOf,
  type Within,
} from '@signalbox/contracts';

/** What of an event decides about clocks. */
export interface ClockEvent {
  readonly identity: string;
  readonly id: string;
  readonly type: string;
  readonly family: string;
  readonly journey: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly urgency?: string;
  readonly causationid?: string;
  readonly supersedes?: string;
  /** Name of the state of its type that its content has. */
  readonly meaning?: string;
  /** RFC 3339. */
  readonly recorded: string;
}

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
  return withinOf(event, rules).flatMap(({ within, by }) => {
    if (by === 'publisher')
      return clockOf(event, rules, { clock: within.clock, owner: sourceorg, other: targetorg, started: recorded });
    if (isByArrival(within, event) || targetorg === undefined || targetorg === sourceorg) return [];
    return clockOf(event, rules, { clock: within.clock, owner: targetorg, other: sourceorg, started: recorded });
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
  const steps = withinOf(event, rules).filter(({ within, by }) => by === 'receiver' && isByArrival(within, event));
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

function isByArrival(within: Within, { targetorg }: ClockEvent): boolean {
  return within.each === true || targetorg === undefined;
}

function withinOf(event: ClockEvent, { typeOf }: Rules): { within: Within; by: 'receiver' | 'publisher' }[] {
  const awaits = typeOf(event.type)?.awaits;
  return (awaits?.within ?? [])
    .filter(({ of }) => of === undefined || (event.meaning !== undefined && of.includes(event.meaning)))
    .map((within) => ({ within, by: within.by ?? awaits!.by }));
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
    if (clock.identity === answer.identity || answer.recorded < clock.recorded) return [];
    if (clock.closed !== undefined && clock.closed <= answer.recorded) return [];
    const ended = endedBy(answer, clock, clocks, rules);
    if (ended === undefined) return [];
    const { identity, clock: name, owner, subscription } = clock;
    return [{ identity, clock: name, owner, subscription, closed: answer.recorded, ended, answer: answer.id }];
  });
}

function endedBy(
  answer: ClockEvent,
  clock: RunningClock,
  clocks: readonly RunningClock[],
  rules: Rules,
): Ended | undefined {
  const byPublisher = answer.sourceorg === clock.sourceorg;
  if (byPublisher && answer.supersedes === clock.event) return 'superseded';
  const closes = rules.typeOf(answer.type)?.closes === true && answer.family === clock.family;
  if (clock.clock === 'acknowledgement') {
    if (answer.sourceorg === clock.owner && answer.causationid === clock.event) return 'acknowledged';
    return closes && byPublisher && !isForAnother(answer, clock, clocks) ? 'closed' : undefined;
  }
  if (isForAnother(answer, clock, clocks)) return undefined;
  const awaits = rules.typeOf(clock.type)?.awaits;
  const within = awaits?.within?.find((one) => one.clock === clock.clock);
  const until: readonly Answer[] = within?.until ?? (awaits?.next ?? []).map((type) => ({ type }));
  const named = until.find(({ type }) => type === answer.type);
  if (named === undefined) return closes ? 'closed' : undefined;
  if (named.of !== undefined && (answer.meaning === undefined || !named.of.includes(answer.meaning))) return undefined;
  return within?.each === true && answer.sourceorg !== clock.owner ? undefined : 'answered';
}

/** Whether it says that it answers another event of the journey for which the same clock was started. */
function isForAnother({ causationid }: ClockEvent, clock: RunningClock, clocks: readonly RunningClock[]): boolean {
  if (causationid === undefined || causationid === clock.event) return false;
  return clocks.some((other) => other.clock === clock.clock && other.event === causationid);
}
