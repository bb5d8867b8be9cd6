import type { StuckOwner, StuckReason } from '../stuck.js';

/** An organisation as people reach it. */
export interface Party {
  readonly ods: string;
  readonly name?: string;
  readonly contact?: string;
}

/** Something that waits for a person. */
export interface WorkItem {
  readonly kind: 'parked' | 'expired' | 'correction' | 'overdue';
  /** Why it is stuck: one of the closed list of `STUCK`; sentence and next say it more finely. */
  readonly stuck: StuckReason;
  /** Of what is overdue: the name of the clock that ran out. */
  readonly reason?: string;
  /** Why it has stopped. */
  readonly sentence: string;
  /** What to do next. */
  readonly next: string;
  /** Whose move it is. */
  readonly owner: Party & { readonly side: StuckOwner };
  /** Whether that is the caller. */
  readonly yours: boolean;
  /** Whom to call about it: the other side for its owner, the owner for the other side. */
  readonly contact: Party;
  readonly event: {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly title: string;
    readonly journey: string;
    readonly recorded: string;
  };
  readonly publisher: string;
  /** Absent where only the publisher is waited for, and no one organisation was named as the receiver. */
  readonly receiver?: string;
  /** For the receiver and the operator, and for a publisher whose move it is. */
  readonly subscription?: string;
  /** RFC 3339: since when it waits for somebody, and by when it should have been delivered, or have happened. */
  readonly since: string;
  readonly due?: string;
  readonly attempts: number;
  /** How often it has come to a stop. */
  readonly repeats: number;
  /** Id of the event that it corrects. */
  readonly corrects?: string;
}

/** One page of work items, oldest first. */
export interface WorkPage {
  readonly items: readonly WorkItem[];
  /** Cursor of the next page, for `after`; absent on the last. */
  readonly next?: string;
}
