/** How much one organisation may have at the door at once. */
export interface TurnstileLimits {
  /** Requests that are being worked on. */
  readonly inHand: number;
  /** Milliseconds that the answer to a further one is held back: whoever floods waits, and nobody else does. */
  readonly refusalMs: number;
}
export const TURNSTILE_LIMITS = Symbol('TURNSTILE_LIMITS');

/**
 * Counts the requests in hand, by organisation. Over HTTP a connection bounds what its sender has under way; over NATS one
 * connection may ask as often as it likes, so the door does.
 */
export class Turnstile {
  readonly #inHand = new Map<string, number>();

  constructor(private readonly most: number) {}

  /** @returns the way out, to be called once; `undefined` when the organisation has as much in hand as it may */
  enter(ods: string): (() => void) | undefined {
    const count = this.#inHand.get(ods) ?? 0;
    if (count >= this.most) return undefined;
    this.#inHand.set(ods, count + 1);
    return () => {
      const left = (this.#inHand.get(ods) ?? 1) - 1;
      if (left === 0) this.#inHand.delete(ods);
      else this.#inHand.set(ods, left);
    };
  }
}
