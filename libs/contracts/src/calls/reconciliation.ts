import type { StateSums } from './delivery-states.js';

/** What can be missing. */
export type GapKind =
  | 'event-unread'
  | 'step-unread'
  | 'refusal-unread'
  | 'delivery-missing'
  | 'end-unproven'
  | 'delivery-adrift'
  | 'publisher-sum'
  | 'stream-sum';

/** Something that does not sum, named. Holds ids and counts only. */
export interface Gap {
  readonly id: string;
  readonly kind: GapKind;
  readonly stream: string;
  readonly sequence?: number;
  /** ODS code: the receiver of a delivery, the publisher of an event or a sum. */
  readonly org?: string;
  readonly subscription?: string;
  readonly identity?: string;
  readonly source?: string;
  readonly eventid?: string;
  readonly type?: string;
  /** What there should be, and what there is. */
  readonly expected?: number;
  readonly counted?: number;
  /** RFC 3339: when it was first named, last seen, and found whole again. */
  readonly opened: string;
  readonly seen: string;
  readonly closed?: string;
}

/** A gap in words: what is wrong, and what happens next or what somebody should do. */
export interface ToldGap extends Gap {
  readonly sentence: string;
  readonly next: string;
}

/** A stream as the engine counts it, and what of it is on record. */
export interface StreamSum {
  readonly stream: string;
  /** Sequences of the first and the last message that were counted. */
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  readonly recorded: number;
  /** Copies of what is on record. */
  readonly repeated: number;
  readonly agrees: boolean;
  /** RFC 3339: when the pass that counted began and ended. */
  readonly began: string;
  readonly ended: string;
}

/** Events of a publisher that the engine keeps, and those of them that are on record. */
export interface PublisherSum {
  readonly org: string;
  readonly accepted: number;
  readonly read: number;
  readonly agrees: boolean;
}

/** Events that a subscription is to be given, and its deliveries of them by state. */
export interface SubscriptionSum {
  readonly subscription: string;
  readonly org?: string;
  readonly status: string;
  readonly events: number;
  readonly deliveries: number;
  readonly states: StateSums;
  readonly agrees: boolean;
}

/** The proof that every event ended in a named state for everyone; for the operator. */
export interface Reconciliation {
  /** RFC 3339. */
  readonly asof: string;
  readonly rounds: number;
  /** When the last round ended (RFC 3339), and how many milliseconds it took. */
  readonly last?: { readonly at: string; readonly ms: number };
  /** Whether every stream has been gone through once since the ledger started. */
  readonly complete: boolean;
  /** Whether everything sums: complete, and no gap is open. */
  readonly whole: boolean;
  readonly sentences: readonly string[];
  readonly streams: readonly StreamSum[];
  readonly publishers: readonly PublisherSum[];
  readonly subscriptions: readonly SubscriptionSum[];
  /** Open gaps, oldest first; of many, the first; with how many there are of each kind. */
  readonly gaps: readonly ToldGap[];
  readonly gapcounts: Readonly<Record<string, number>>;
  /** Gaps that were closed last. */
  readonly closed: readonly ToldGap[];
}
