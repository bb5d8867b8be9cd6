/**
 * Which relays live, judged by this relay's own pulse: another is dead when this one has seen so many of its own beats come
 * back since it last saw one of the other's. No clock of another machine counts, and while nothing arrives at all (the
 * engine is away) nobody dies.
 */
export class Presence {
  static readonly deadAfterBeats = 4;

  #ownBeats = 0;
  /** By relay, how many own beats had been seen when it was last seen. */
  readonly #seenAt = new Map<string, number>();
  readonly #living = new Set<string>();
  #buried: string[] = [];

  constructor(private readonly self: string) {
    this.#living.add(self);
  }

  get living(): readonly string[] {
    return [...this.#living];
  }

  lives(relay: string): boolean {
    return this.#living.has(relay);
  }

  /**
   * A beat of a relay, or word that it left, as the engine tells them in order.
   * @returns whether the living are others than before
   */
  saw(relay: string, beats: boolean): boolean {
    if (relay === this.self) {
      if (beats) this.#ownBeats += 1;
      return this.#bury();
    }
    if (!beats) {
      this.#seenAt.delete(relay);
      return this.#living.delete(relay);
    }
    this.#seenAt.set(relay, this.#ownBeats);
    const isNew = !this.#living.has(relay);
    this.#living.add(relay);
    return isNew;
  }

  /** Those taken for dead since it was last asked. */
  buried(): readonly string[] {
    const buried = this.#buried;
    this.#buried = [];
    return buried;
  }

  #bury(): boolean {
    let changed = false;
    for (const [relay, seenAt] of this.#seenAt) {
      if (this.#ownBeats - seenAt < Presence.deadAfterBeats) continue;
      this.#seenAt.delete(relay);
      this.#buried.push(relay);
      changed = this.#living.delete(relay) || changed;
    }
    return changed;
  }
}
