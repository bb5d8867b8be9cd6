/** Bounds of a circuit; every one is a setting of the relay. */
export interface CircuitPolicy {
  /** Failures in a row that open it. */
  readonly openAfter: number;
  /** Milliseconds of the first pause; each further one is twice as long. */
  readonly firstPauseMs: number;
  /** Longest pause in milliseconds. */
  readonly longestPauseMs: number;
  /** Milliseconds after which a probe that nobody heard of again is taken for lost. */
  readonly probeWithinMs: number;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

/** Whether an attempt may begin, or from when (milliseconds since the epoch) it is worth asking again. */
export type Admission =
  { readonly kind: 'go'; readonly probe: boolean } | { readonly kind: 'wait'; readonly untilMs: number };

/** What two clocks that count whole milliseconds can disagree by. */
const CLOCK_GRAIN_MS = 2;

/**
 * Stops attempts at an endpoint that answers none: closed, all go; open, none does until its pause is over; half-open,
 * one goes ahead as a probe and decides.
 */
export class Circuit {
  #state: CircuitState = 'closed';
  /** Ordering keys of the failures in a row; a failure without one, or that cannot be about the event, counts alone. */
  #failures = 0;
  readonly #keys = new Set<string>();
  #pauses = 0;
  #until = 0;
  #probeBegan = 0;

  constructor(private readonly policy: CircuitPolicy) {}

  get state(): CircuitState {
    return this.#state;
  }

  admit(now: number): Admission {
    if (this.#state === 'closed') return { kind: 'go', probe: false };
    if (now < this.#until) return { kind: 'wait', untilMs: this.#until };
    this.#state = 'half-open';
    this.#probeBegan = now;
    this.#until = now + this.policy.probeWithinMs;
    return { kind: 'go', probe: true };
  }

  /** The probe that was admitted was not made: the next one that asks makes it. */
  released(now: number): void {
    if (this.#state === 'half-open') this.#until = now;
  }

  /** The endpoint answered. Whether it was open before. */
  answered(): boolean {
    const closes = this.#state !== 'closed';
    this.#state = 'closed';
    this.#failures = 0;
    this.#keys.clear();
    this.#pauses = 0;
    return closes;
  }

  /**
   * No good answer came.
   * @param suspect - ordering key of an event that may itself be the cause: the same one failing again and again says
   * nothing about the endpoint
   * @param begun - when the attempt began; what began before a pause says nothing about the time after it
   */
  failed(suspect: string | undefined, begun: number, now: number): void {
    if (this.#state === 'half-open') {
      if (begun >= this.#probeBegan - CLOCK_GRAIN_MS) this.#open(now);
      return;
    }
    if (this.#state === 'open') return;
    if (suspect === undefined) this.#failures += 1;
    else this.#keys.add(suspect);
    const several = this.#failures + this.#keys.size;
    if (several >= this.policy.openAfter) this.#open(now);
  }

  #open(now: number): void {
    const pause = Math.min(this.policy.firstPauseMs * 2 ** this.#pauses, this.policy.longestPauseMs);
    this.#pauses += 1;
    this.#state = 'open';
    this.#until = now + pause;
    this.#failures = 0;
    this.#keys.clear();
  }
}
