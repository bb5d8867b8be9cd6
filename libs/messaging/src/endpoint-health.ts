/**
 * How the endpoint of a subscription fares, in the bucket `HEALTH` under the subscription's id: written by the relay that
 * drives it, read by the gateway for its receiver.
 */
export interface EndpointHealth {
  /** A word of the relay's table of conditions. */
  readonly condition: string;
  /** 0 nothing to warn of · 1 it has begun · 2 it goes on · 3 it needs a person. */
  readonly stage: number;
  /** RFC 3339. */
  readonly since: string;
  /** What is so, and what to do about it, for people. */
  readonly sentence: string;
  readonly advice: string;
  /** `open`: no attempts for now; `half-open`: one goes ahead and decides. */
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Attempts at once that the endpoint bears now. */
  readonly limit: number;
  /** Events that have yet to be handed out, and that were handed out and not settled. */
  readonly waiting: number;
  readonly unsettled: number;
  /** RFC 3339: when the oldest of them was accepted, as far as it is known. */
  readonly oldest?: string;
  /** RFC 3339: when this was written. */
  readonly updated: string;
}
