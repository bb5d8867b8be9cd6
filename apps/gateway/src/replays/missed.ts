import type { Place } from '../following/delivery-records.js';

/** The receiver has it, or took note of it. */
const RECEIVED: ReadonlySet<string> = new Set(['delivered', 'acknowledged']);
/** It comes by itself. */
const COMING: ReadonlySet<string> = new Set(['waiting', 'delivering', 'paused']);

/** Whether the subscription has received an event: sending it again is a repetition. */
export function isReceived({ state }: Place): boolean {
  return state !== undefined && RECEIVED.has(state);
}

/**
 * Whether a subscription missed an event that is for it as it is now: it never came up, or it was filtered, suppressed,
 * parked or expired. Not missed is what the receiver has, what still comes by itself, what its people dealt with outside,
 * and what they passed over on purpose with a seek.
 */
export function isMissed(place: Place): boolean {
  const { state, reason } = place;
  if (state === undefined) return true;
  return !isReceived(place) && !COMING.has(state) && state !== 'handled-outside' && reason !== 'sought-past';
}
