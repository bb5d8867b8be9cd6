/** How much of the gateway one organisation may have at once. */
export interface TurnstileLimits {
  /** Requests that are being worked on. */
  readonly inHand: number;
  /** Requests that stand in line behind them; further ones are refused. */
  readonly inLine: number;
  /** Milliseconds that the refusal is held back: whoever floods waits, and nobody else does. */
  readonly refusalMs: number;
}
export const TURNSTILE_LIMITS = Symbol('TURNSTILE_LIMITS');

interface Row {
  inHand: number;
  readonly line: (() => void)[];
}

/**
 * Lets each organisation have a few requests in hand and a line of its own behind them. Over HTTP a connection bounds what
 * its sender has under way; over NATS one connection may ask as often as it likes, and whoever does must not stand in front
 * of the others.
 */
export class Turnstile {
  readonly #rows = new Map<string, Row>();

  constructor(private readonly limits: Pick<TurnstileLimits, 'inHand' | 'inLine'>) {}

  /** @returns the way out, to be called once, when it is the request's turn; `undefined` at once when the line is full */
  enter(ods: string): Promise<() => void> | undefined {
    const row = this.#rows.get(ods) ?? { inHand: 0, line: [] };
    this.#rows.set(ods, row);
    const leave = (): void => this.#leave(ods, row);
    if (row.inHand < this.limits.inHand) {
      row.inHand += 1;
      return Promise.resolve(leave);
    }
    if (row.line.length >= this.limits.inLine) return undefined;
    return new Promise((resolve) => row.line.push(() => resolve(leave)));
  }

  /** Its place goes to the next in line. */
  #leave(ods: string, row: Row): void {
    const next = row.line.shift();
    if (next !== undefined) return next();
    row.inHand -= 1;
    if (row.inHand === 0) this.#rows.delete(ods);
  }
}
