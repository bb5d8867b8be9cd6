/** What became of a test: what the same answer to a real event would have led to. */
export interface TestOutcome {
  readonly outcome: 'delivered' | 'retry' | 'refused';
  /** What was sent. */
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly reason?: string;
  readonly detail?: string;
  /** HTTP status of the answer. */
  readonly status?: number;
  /** Milliseconds until the answer. */
  readonly latencyms?: number;
  /** Excerpt of what the receiver said where it did not take it. */
  readonly answer?: string;
}

/** How one event fares with the types and filters that are tried; nothing of its content. */
export interface FilterTested {
  readonly source: string;
  readonly id: string;
  readonly type: string;
  /** RFC 3339: when it was stored. */
  readonly time: string;
  readonly matches: boolean;
  readonly why: {
    /** `matches`, or why it would not be given. */
    readonly reason: string;
    readonly detail: string;
    /** JSON Pointers of the filters that did not let it through. */
    readonly filters?: readonly string[];
  };
}

/** How the newest events that one may see fare, the newest first. */
export interface FilterTestResult {
  readonly looked: number;
  readonly matched: number;
  readonly items: readonly FilterTested[];
}
