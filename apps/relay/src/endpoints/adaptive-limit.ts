/**
 * How many attempts at once an endpoint can bear, found as TCP finds its window (RFC 5681): half of it after a sign of
 * congestion, one more for each success while it is below what went well before, then one more for each round of
 * successes. Never below 1, never above the setting.
 */
export class AdaptiveLimit {
  #window: number;
  /** Below it growth is quick, above it careful. */
  #threshold: number;
  #lastCut = Number.NEGATIVE_INFINITY;

  constructor(private readonly highest: number) {
    this.#window = highest;
    this.#threshold = highest;
  }

  get value(): number {
    return Math.floor(this.#window);
  }

  eased(): void {
    const step = this.#window < this.#threshold ? 1 : 1 / this.#window;
    this.#window = Math.min(this.highest, this.#window + step);
  }

  /**
   * Halves the limit, once for all attempts that were under way together: the second of them says nothing new.
   * @param begun - when the attempt that shows it began
   */
  strained(begun: number, now: number): void {
    if (begun < this.#lastCut) return;
    this.#lastCut = now;
    this.#window = Math.max(1, this.#window / 2);
    this.#threshold = this.#window;
  }

  /** Begins with one at a time again, up to half of what was borne before at once and from there with care. */
  restart(): void {
    this.#threshold = Math.max(1, this.#threshold, this.#window / 2);
    this.#window = 1;
  }
}
