import type { StuckOwner, StuckReason } from '../stuck.js';
import type { StuckAct } from './acts.js';

/** What the members of a group of what stands still have in common; it names the group. */
export interface StuckKey {
  readonly stuck: StuckReason;
  /** The finer cause: the reason of the last step, the code of a refusal, the name of a clock, what a subscription is. */
  readonly cause: string;
  /** ODS code of the publisher. */
  readonly publisher: string;
  /** ODS code of the receiver; empty where there is none. */
  readonly receiver: string;
  /** Full name of the type, its version in it; empty where a refused event had none. */
  readonly type: string;
}

/** What a group consists of, which decides how its members are found and what can be done with them. */
export type StuckKind = 'stopped' | 'quiet' | 'astray' | 'refused' | 'overdue' | 'silent';

/** What stands still for one cause, of one publisher and one version of a type, at one receiver. Times are RFC 3339. */
export interface StuckGroup extends StuckKey {
  readonly kind: StuckKind;
  readonly title: string;
  /** The organisation whose move it is, and who in it. */
  readonly owner: {
    readonly side: StuckOwner;
    readonly ods: string;
    readonly name?: string;
    readonly contact?: string;
  };
  readonly count: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** How often they had come to a stop before, together. */
  readonly repeats: number;
  /** Since when the first and the last of them stand still, and the oldest time by which one should have moved on. */
  readonly first: string;
  readonly last: string;
  readonly due?: string;
  readonly sample?: { readonly id: string; readonly source: string; readonly journey?: string };
  /** In the words of `STUCK`. */
  readonly meaning: string;
  readonly clock: string;
  readonly next: string;
  /** What exactly is in the way. */
  readonly detail?: string;
}

/** An event that its publisher has to see to: refused, or received by nobody. Times are RFC 3339. */
export interface OpenEvent {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** Empty for one that was refused: it has none. */
  readonly journey: string;
  readonly sourceorg: string;
  readonly since: string;
}

/** What an act on a group would do, or did. */
export interface StuckOutcome {
  readonly dryrun: boolean;
  readonly act: StuckAct;
  /** Deliveries, or events where nothing is delivered, that it is about. */
  readonly deliveries: number;
  readonly subscriptions: number;
  /** Of them, how many their receiver may have all the same. */
  readonly duplicates: number;
  /** There are more than one act may be about: repeat it for the rest. */
  readonly more: boolean;
  /** A second person has to agree to so many of them. */
  readonly secondperson: number;
  /** Ids of the acts that wait for one. */
  readonly actions: readonly string[];
  /** What was done; absent in a dry run. */
  readonly changed?: number;
  /** What is left as it is, and why. */
  readonly left: readonly { readonly why: string; readonly count: number; readonly sentence: string }[];
  /** All of it in one sentence. */
  readonly sentence: string;
}
