import type { Filter } from '@signalbox/contracts';

import type { FollowedStep } from './following.js';

/** How a subscription fares, in words. Times are RFC 3339. */
export interface Health {
  readonly subscription: string;
  readonly status: 'pending' | 'active' | 'paused' | 'disabled';
  readonly statusReason?: string;
  /** `healthy`, `lagging`, `unreachable`, `timing-out`, `refusing`, … or its status, or `untold`. */
  readonly condition: string;
  /** 0 well · 1 it has begun · 2 it goes on · 3 it needs a person. */
  readonly stage: number;
  readonly since?: string;
  /** What is so, and what to do. */
  readonly sentence: string;
  readonly advice: string;
  /** `open`: no attempts for now; `half-open`: one goes ahead and decides. */
  readonly circuit?: 'closed' | 'open' | 'half-open';
  /** Attempts at once that the endpoint bears now. */
  readonly limit?: number;
  /** Events that have yet to be handed out, and those handed out or set aside and not settled. */
  readonly waiting?: number;
  /** Of what is fetched there is more than was counted. */
  readonly more?: true;
  readonly unsettled?: number;
  /** When the oldest of them was accepted. */
  readonly oldest?: string;
  /** When a relay told this. */
  readonly updated?: string;
}

/** One event for one subscription, as its receiver may see it. Times are RFC 3339. */
export interface Delivery {
  readonly subscription: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly journey: string;
  /** One of the closed list, see {@link FollowedDelivery.state}. */
  readonly state: string;
  readonly since: string;
  readonly attempts: number;
  readonly firstattempt?: string;
  readonly lastattempt?: string;
  readonly nextattempt?: string;
  readonly delivered?: string;
  readonly acknowledged?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly latencyms?: number;
  /** What the receiver said last: an excerpt, never payload. */
  readonly answer?: string;
  readonly replay?: string;
  readonly corrects?: string;
  readonly late?: string;
  /** Of a parked one: whether an attempt ended without an answer, so that the receiver may have it all the same. */
  readonly unanswered?: boolean;
  /** Of a parked one: to whom it was handed last. */
  readonly handedover?: { readonly time: string; readonly by?: string; readonly note?: string };
}

/** One delivery and everything that was recorded about it, in order. */
export interface DeliveryHistory {
  readonly delivery: Delivery;
  readonly attempts: readonly FollowedStep[];
}

/** A part of a list, and where the next part begins. */
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  /** For `after`; absent on the last page. */
  readonly next?: string;
}

/** Which deliveries to list. */
export interface DeliveryQuery {
  readonly state?: readonly string[];
  readonly reason?: string;
  /** RFC 3339: those whose state began then or later. */
  readonly since?: string;
  /** `next` of the page before. */
  readonly after?: string;
  readonly limit?: number;
  /** Default `newest` first. */
  readonly order?: 'oldest' | 'newest';
}

/** Places to go on from, by family: the sequence of the first event that is delivered. */
export type Positions = Readonly<Record<string, number>>;

/** What a seek does, or would do. */
export interface SeekResult {
  readonly dryrun: boolean;
  /** Events that will never be given then, each with a step that says so. */
  readonly passedover: number;
  /** Events that come once more. */
  readonly again: number;
  /** By family: the sequence of the first event that is given. */
  readonly start: Positions;
}

/** What to try filters on. */
export interface FilterTest {
  readonly types: readonly string[];
  readonly source?: string;
  readonly filters?: readonly Filter[];
  /** How many of the last events to look at. */
  readonly last?: number;
}

/** The secret after a rotation. */
export interface Rotated {
  readonly id: string;
  /** The new one; told once. */
  readonly sinksecrets: readonly string[];
  /** RFC 3339: until then the former one signs too. */
  readonly oldsecretsuntil?: string;
}
