/** From the laxest to the strictest: breaches of rules are recorded, told to the publisher too, or refused. */
export const STRICTNESSES = ['observe', 'warn', 'enforce'] as const;

/** How strictly a publisher's events of a type are judged. */
export type Strictness = (typeof STRICTNESSES)[number];

/** How strictly, from when on, and what counts until then. */
export interface StageSetting {
  readonly strictness: Strictness;
  /** RFC 3339; without it, at once. */
  readonly from?: string;
  /** What counted when it was set, and counts until `from`. Absent where nothing of its own did. */
  readonly before?: Strictness;
  /** `<ODS>:<application>` of who set it, and when; RFC 3339. */
  readonly by?: string;
  readonly changed?: string;
}

/** The strictness of one (publisher, type or pattern). */
export interface Stage extends StageSetting {
  readonly ods: string;
  readonly type: string;
  /** The organisation has set it for itself: it never makes anything laxer than the operator of the exchange has it. */
  readonly own?: true;
  /** What the operator has set for exactly this type, under what the organisation has. */
  readonly floor?: StageSetting;
}

/** What a stage would have done to the newest events that a publisher offered. */
export interface StageImpact {
  readonly organisation: string;
  /** The type or pattern that was asked about. */
  readonly type: string;
  readonly strictness: Strictness;
  /** Newest accepted events that it was measured on, and when the oldest of them was accepted; RFC 3339. */
  readonly looked: number;
  readonly since?: string;
  /** Of these: that it would have refused. */
  readonly wouldrefuse: number;
  /** Refused in the same time, that it would have taken with their findings. */
  readonly wouldaccept: number;
  /** By rule: events that broke it. One event can break several. */
  readonly byrule: readonly { readonly rule: string; readonly count: number }[];
  /** The newest of them. */
  readonly samples: readonly {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly recorded: string;
    readonly rules: readonly string[];
  }[];
  readonly sentence: string;
}

/** What a change of a stage would do, or did. */
export interface StageResult {
  readonly dryrun: boolean;
  readonly organisation: string;
  readonly type: string;
  /** How it was judged before, and how it is judged from `from` (or now) on. */
  readonly before: Strictness;
  readonly after: Strictness;
  /** RFC 3339. */
  readonly from?: string;
  /** The record; absent when none is left. */
  readonly stage?: Stage;
  readonly impact?: StageImpact;
  /** Of a dry run: what confirms it, for a while. */
  readonly confirm?: string;
}

/** What is asked of one stage; without `strictness` it is taken back. */
export interface StageWish {
  readonly strictness?: Strictness;
  /** RFC 3339. */
  readonly from?: string;
}
