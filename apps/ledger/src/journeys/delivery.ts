import type { DeliveryState, Step } from '@signalbox/messaging';

/** One event for one subscription, as its steps add up. Times are RFC 3339 in UTC. */
export interface Delivery {
  readonly identity: string;
  readonly subscription: string;
  readonly journey: string;
  /** ODS code of the receiver. */
  readonly org: string;
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
  readonly nextattempt?: string;
  readonly channel?: string;
  /** Sequence of the last step that counted; 0 before the first. */
  readonly step: number;
}

/** What is known of an event when its deliveries are foreseen. */
export interface ForeseenEvent {
  readonly identity: string;
  readonly journey: string;
  readonly type: string;
  readonly source: string;
  readonly targetorg?: string;
  readonly recorded: string;
  readonly sequence: number;
}

/** What of a subscription decides whether an event will come up for it. */
export interface ForeseenSubscription {
  readonly id: string;
  readonly ods: string;
  readonly source?: string;
  readonly channel: string;
  readonly status: 'pending' | 'active' | 'paused' | 'disabled';
  /** First sequence of the event's family that the subscription receives. */
  readonly start: number;
  /** Whether one of its type patterns matches the event's type. */
  readonly typeMatches: boolean;
  /** Whether a grant to receive this type is in force. */
  readonly granted: boolean;
}

/**
 * The delivery that is on record from the moment of acceptance, so that an event is never invisible before its first
 * attempt; `undefined` when the event does not come up for the subscription at all. The relay has the last word: its
 * first step replaces what was foreseen.
 */
export function foreseen(event: ForeseenEvent, subscription: ForeseenSubscription): Delivery | undefined {
  if (!subscription.typeMatches || subscription.status === 'disabled' || subscription.status === 'pending')
    return undefined;
  if (event.sequence < subscription.start) return undefined;
  if (subscription.source !== undefined && subscription.source !== event.source) return undefined;
  const addressed = event.targetorg === undefined || event.targetorg === subscription.ods;
  return {
    identity: event.identity,
    subscription: subscription.id,
    journey: event.journey,
    org: subscription.ods,
    state: subscription.status === 'paused' ? 'paused' : 'waiting',
    since: event.recorded,
    entitled: addressed && subscription.granted,
    attempts: 0,
    channel: subscription.channel,
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
  const asked = stateAfter(step, before?.state);
  // What a receiver's system acknowledged stays acknowledged, though its delivery is recorded later.
  const state = before?.state === 'acknowledged' && asked === 'delivered' ? 'acknowledged' : asked;
  const tried = TRIES.has(step.kind);
  const attempts = Math.max(before?.attempts ?? 0, step.attempt ?? (before?.attempts ?? 0) + (tried ? 1 : 0));
  return {
    identity,
    subscription: step.subscription,
    journey: before?.journey ?? step.journey,
    org: step.org,
    state,
    since: before?.state === state ? before.since : step.time,
    entitled: !NOT_FOR_RECEIVER.has(state),
    attempts,
    ...defined({
      firstattempt: before?.firstattempt ?? (tried ? step.time : undefined),
      lastattempt: tried ? step.time : before?.lastattempt,
      delivered: before?.delivered ?? (step.kind === 'delivered' ? step.time : undefined),
      acknowledged: before?.acknowledged ?? (step.kind === 'acknowledged' ? step.time : undefined),
      reason: step.reason,
      detail: step.detail,
      status: step.status,
      latencyms: step.latencyms ?? before?.latencyms,
      nextattempt: step.nextattempt,
      channel: step.channel ?? before?.channel,
    }),
    step: sequence,
  };
}

function stateAfter(step: DeliveryStep, before: DeliveryState = 'waiting'): DeliveryState {
  if (step.state !== undefined) return step.state;
  switch (step.kind) {
    case 'attempt':
      return step.nextattempt === undefined ? 'delivering' : 'waiting';
    case 'retried':
    case 'duplicate':
    case 'conflict':
      return 'waiting';
    // Who looks after it, or how the subscription fares, says nothing about where the delivery stands.
    case 'handed-over':
    case 'warned':
      return before;
    default:
      return step.kind;
  }
}

/** The members that are not undefined, for types that tell absent from undefined. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}
