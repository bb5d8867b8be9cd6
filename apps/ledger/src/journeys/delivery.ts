import type { DeliveryState, Step } from '@signalbox/messaging';

/** One event for one subscription, as its steps add up. Times are RFC 3339 in UTC. */
export interface Delivery {
  readonly identity: string;
  readonly subscription: string;
  readonly journey: string;
  /** ODS code of the receiver. */
  readonly org: string;
  /** What stands in its event: of which type it is, and ODS code of its publisher. */
  readonly eventtype?: string;
  readonly publisher?: string;
  readonly state: DeliveryState;
  /** When the state began. */
  readonly since: string;
  /** Whether the receiver may know of the event: expected at first, afterwards as the relay decided. */
  readonly entitled: boolean;
  readonly attempts: number;
  readonly firstattempt?: string;
  readonly lastattempt?: string;
  readonly delivered?: string;
  readonly acknowledged?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly latencyms?: number;
  /** What the endpoint said last: an excerpt. */
  readonly answer?: string;
  readonly nextattempt?: string;
  readonly channel?: string;
  /** Id of the replay, or of the event that it corrects, when that is why it was delivered last. */
  readonly replay?: string;
  readonly corrects?: string;
  /** Id of the newer version that was known when it was delivered. */
  readonly late?: string;
  /** By when it should have been delivered. */
  readonly due?: string;
  /** When its event became durable; the database completes what a step brought first. */
  readonly accepted?: string;
  /** How often it has come to a stop: parked, or out of time. */
  readonly stops?: number;
  /** Sequence of the last step that counted; 0 before the first. */
  readonly step: number;
}

/** What is known of an event when its deliveries are foreseen. */
export interface ForeseenEvent {
  readonly identity: string;
  readonly journey: string;
  readonly type: string;
  readonly source: string;
  readonly sourceorg?: string;
  readonly targetorg?: string;
  readonly recorded: string;
  readonly sequence: number;
  /** Milliseconds within which it must have been delivered. */
  readonly withinMs: number;
}

/** What of a subscription decides whether an event will come up for it. */
export interface ForeseenSubscription {
  readonly id: string;
  readonly ods: string;
  readonly source?: string;
  readonly channel: string;
  readonly status: 'pending' | 'active' | 'paused' | 'disabled';
  /** RFC 3339: when it was asked for, or last set to another place. */
  readonly asked: string;
  /** First sequence of the event's family that the subscription receives. */
  readonly start: number;
  /** Whether one of its type patterns matches the event's type. */
  readonly typeMatches: boolean;
  /** Whether a grant to receive this type is in force. */
  readonly granted: boolean;
}

/**
 * The delivery that is on record from the moment of acceptance, so that an event is never invisible before its first
 * attempt; `undefined` when the event does not come up for the subscription at all: only for another type, or from before
 * its start. What a subscription that is switched off or has not consented will get when it goes on is on record too.
 * The relay has the last word: its first step replaces what was foreseen.
 */
export function foreseen(event: ForeseenEvent, subscription: ForeseenSubscription): Delivery | undefined {
  if (!subscription.typeMatches || event.sequence < subscription.start) return undefined;
  const meant =
    (event.targetorg === undefined || event.targetorg === subscription.ods) &&
    (subscription.source === undefined || subscription.source === event.source);
  // Nobody is late with what they asked for afterwards.
  const from = Math.max(Date.parse(event.recorded), Date.parse(subscription.asked) || 0);
  return {
    identity: event.identity,
    subscription: subscription.id,
    journey: event.journey,
    org: subscription.ods,
    eventtype: event.type,
    ...defined({ publisher: event.sourceorg }),
    state: subscription.status === 'active' ? 'waiting' : 'paused',
    since: event.recorded,
    entitled: meant && subscription.granted,
    attempts: 0,
    channel: subscription.channel,
    due: new Date(from + event.withinMs).toISOString(),
    accepted: event.recorded,
    step: 0,
  };
}

const UNFINISHED: ReadonlySet<DeliveryState> = new Set(['waiting', 'delivering', 'paused']);

/**
 * The delivery as its subscription is now. A subscription that was paused, switched off or deleted attempts nothing, so
 * no step says so; without this its deliveries would seem to wait for an attempt that never comes.
 *
 * @param status of the subscription; `undefined` when it was deleted
 */
export function underSubscription(delivery: Delivery, status: ForeseenSubscription['status'] | undefined): Delivery {
  if (!UNFINISHED.has(delivery.state)) return delivery;
  if (status === 'paused') return { ...delivery, state: 'paused' };
  if (status === undefined) return { ...delivery, state: 'paused', reason: 'subscription-deleted' };
  if (status === 'disabled' || status === 'pending')
    return { ...delivery, state: 'paused', reason: `subscription-${status}` };
  return delivery.state === 'paused' ? { ...delivery, state: 'waiting' } : delivery;
}

/** A step that belongs to a delivery. */
export type DeliveryStep = Step & { readonly org: string; readonly subscription: string };

/** Whether a step is about a delivery (and not about the event as its publisher sent it). */
export function isDeliveryStep(step: Step): step is DeliveryStep {
  return step.org !== undefined && step.subscription !== undefined;
}

/** Say who looks after a delivery, or how its subscription fares: nothing about where the delivery stands. */
const REMARKS: ReadonlySet<Step['kind']> = new Set(['handed-over', 'warned', 'overdue', 'nudged']);
/** What the receiver has it has, whatever happens to a repetition; only these say something new. */
const ARRIVED: ReadonlySet<DeliveryState> = new Set(['delivered', 'acknowledged']);
const AFTER_ARRIVAL: ReadonlySet<DeliveryState> = new Set([...ARRIVED, 'parked', 'handled-outside']);
/** What happens to a refused repetition and is more than its end. */
const SETTLES: ReadonlySet<DeliveryState> = new Set([...ARRIVED, 'parked']);
const TRIES: ReadonlySet<Step['kind']> = new Set(['attempt', 'delivered']);
const NOT_FOR_RECEIVER: ReadonlySet<DeliveryState> = new Set(['filtered', 'suppressed']);

/**
 * The delivery after one more step. Steps count once and in the order of their stream, so reading a stream again
 * changes nothing.
 *
 * @param sequence the step's place in its stream
 */
export function afterStep(
  before: Delivery | undefined,
  step: DeliveryStep,
  identity: string,
  sequence: number,
): Delivery {
  if (before !== undefined && sequence <= before.step) return before;
  if (before !== undefined && REMARKS.has(step.kind)) return { ...before, step: sequence };
  const tried = TRIES.has(step.kind);
  const counted = {
    attempts: Math.max(before?.attempts ?? 0, step.attempt ?? (before?.attempts ?? 0) + (tried ? 1 : 0)),
    ...defined({ lastattempt: tried ? step.time : before?.lastattempt, ...marksAfter(before, step) }),
    step: sequence,
  };
  const state = stateAfter(step);
  if (before !== undefined && ARRIVED.has(before.state) && !AFTER_ARRIVAL.has(state))
    return { ...before, ...counted, ...answeredBy(step) };
  if (before?.state === 'expired' && UNFINISHED.has(state))
    return { ...before, ...counted, ...answeredBy(step), ...defined({ nextattempt: step.nextattempt }) };
  if (before !== undefined && isStoppedRepetition(before) && !SETTLES.has(state))
    return { ...asArrived(before), ...counted, ...answeredBy(step) };
  // What a receiver's system acknowledged stays acknowledged, though its delivery is recorded later or repeated.
  const stays = before?.acknowledged !== undefined && state === 'delivered';
  return { ...changed(before, step, stays ? 'acknowledged' : state), identity, ...counted };
}

/**
 * Whether what stopped is a repetition (a replay) of what the receiver has: it is open until somebody retries it or says
 * that it was dealt with, and changes nothing about the arrival.
 */
export function isStoppedRepetition({ state, delivered, acknowledged }: Delivery): boolean {
  return state === 'parked' && (delivered !== undefined || acknowledged !== undefined);
}

/** The delivery without its repetition: what has arrived has arrived, since it did. */
export function asArrived(delivery: Delivery): Delivery {
  const { reason: _reason, detail: _detail, nextattempt: _next, ...rest } = delivery;
  const { acknowledged, delivered } = delivery;
  if (acknowledged !== undefined) return { ...rest, state: 'acknowledged', since: acknowledged };
  return { ...rest, state: 'delivered', since: delivered ?? rest.since };
}

function changed(
  before: Delivery | undefined,
  step: DeliveryStep,
  state: DeliveryState,
): Omit<Delivery, 'identity' | 'attempts' | 'step'> {
  return {
    subscription: step.subscription,
    journey: before?.journey ?? step.journey,
    org: step.org,
    eventtype: before?.eventtype ?? step.type,
    publisher: before?.publisher ?? step.sourceorg,
    state,
    since: before?.state === state ? before.since : step.time,
    entitled: entitledAfter(before, step, state),
    ...defined({
      accepted: before?.accepted,
      due: before?.due,
      stops: stopsAfter(before, state),
      firstattempt: before?.firstattempt ?? (TRIES.has(step.kind) ? step.time : undefined),
      delivered: before?.delivered ?? (step.kind === 'delivered' ? step.time : undefined),
      acknowledged: before?.acknowledged ?? (step.kind === 'acknowledged' ? step.time : undefined),
      reason: step.reason,
      detail: step.detail,
      status: step.status ?? before?.status,
      latencyms: step.latencyms ?? before?.latencyms,
      answer: step.answer ?? before?.answer,
      nextattempt: step.nextattempt,
      channel: step.channel ?? before?.channel,
    }),
  };
}

/** Coming to a stop again is counted; staying there is not. */
function stopsAfter(before: Delivery | undefined, state: DeliveryState): number | undefined {
  const stops = before?.stops ?? 0;
  const came = (state === 'parked' || state === 'expired') && before?.state !== state;
  return stops + (came ? 1 : 0) || undefined;
}

/** That it has not arrived, or that a person saw to it, says nothing about whom the event is for. */
function entitledAfter(before: Delivery | undefined, step: DeliveryStep, state: DeliveryState): boolean {
  if (before !== undefined && (state === 'expired' || state === 'handled-outside')) return before.entitled;
  return before?.delivered !== undefined || !isKeptFromReceiver(state, step.reason);
}

/**
 * What the endpoint said to the last attempt. One that is past its deadline is tried on, and what has arrived may be sent
 * again: that says how it fares, and neither ends nor changes its reason.
 */
function answeredBy({ status, latencyms, answer }: DeliveryStep) {
  return defined({ status, latencyms, answer });
}

function marksAfter(before: Delivery | undefined, step: DeliveryStep) {
  return {
    replay: step.replay ?? before?.replay,
    corrects: step.corrects ?? before?.corrects,
    late: step.late ?? before?.late,
  };
}

function stateAfter(step: DeliveryStep): DeliveryState {
  if (step.state !== undefined) return step.state;
  switch (step.kind) {
    case 'attempt':
      return step.nextattempt === undefined ? 'delivering' : 'waiting';
    case 'retried':
    case 'duplicate':
    case 'conflict':
    case 'handed-over':
    case 'warned':
    case 'overdue':
    case 'nudged':
      return 'waiting';
    default:
      return step.kind;
  }
}

/**
 * A correction that is kept for its publisher because the receiver lost its grant is not told to the receiver. What the
 * receiver itself passed over was for it.
 */
function isKeptFromReceiver(state: DeliveryState, reason: string | undefined): boolean {
  return (NOT_FOR_RECEIVER.has(state) && reason !== 'sought-past') || (state === 'parked' && reason === 'no-grant');
}

/** The members that are not undefined, for types that tell absent from undefined. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
