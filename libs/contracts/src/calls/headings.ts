/** Where a journey is, who has it, and what it waits for. Times are RFC 3339. */
export interface Heading {
  readonly state: 'awaited' | 'delivering' | 'not-delivered' | 'closed' | 'nothing-awaited';
  /** The organisations whose move it is. */
  readonly holders: readonly string[];
  readonly since: string;
  readonly waitsfor?: string;
  /** The event that waits for an answer or for its delivery. */
  readonly event?: { readonly id: string; readonly source?: string };
  /** By when what is waited for should have happened. */
  readonly expectedby?: string;
  /** One sentence that says all of it. */
  readonly sentence: string;
  /** Deliveries that need somebody's attention, one sentence each. */
  readonly problems: readonly string[];
}
