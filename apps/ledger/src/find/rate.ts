const MINUTE = 60_000;

/**
 * How often somebody may ask, as a bucket that fills up evenly: a minute's worth at once, then one after the other. Who
 * has asked nothing for a minute is forgotten.
 */
export class Rate {
  readonly #left = new Map<string, { readonly tokens: number; readonly at: number }>();

  /** @param perMinute questions a minute */
  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = Date.now,
  ) {}

  /** Counts a question. @returns milliseconds to wait until it may be asked; 0 = now */
  take(who: string): number {
    const now = this.now();
    for (const [other, { at }] of this.#left) if (now - at >= MINUTE) this.#left.delete(other);
    const { tokens, at } = this.#left.get(who) ?? { tokens: this.perMinute, at: now };
    const filled = Math.min(this.perMinute, tokens + ((now - at) * this.perMinute) / MINUTE);
    const taken = filled >= 1;
    this.#left.set(who, { tokens: taken ? filled - 1 : filled, at: now });
    return taken ? 0 : Math.ceil(((1 - filled) * MINUTE) / this.perMinute);
  }
}
