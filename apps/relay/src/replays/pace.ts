/** Milliseconds that a replay which was held up may catch up on: its rate holds over any longer time. */
const CATCH_UP_MS = 100;

/** Spaces events evenly, so many a second. Values in, values out; no clock of its own. */
export class Pace {
  #next = 0;

  /** @param perSecond events a second */
  constructor(private readonly perSecond: number) {}

  /** Milliseconds to wait before the next event; asking takes its turn. */
  turn(now: number): number {
    const at = Math.max(this.#next, now - CATCH_UP_MS);
    this.#next = at + 1000 / this.perSecond;
    return Math.max(0, at - now);
  }
}
