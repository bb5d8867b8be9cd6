import { setTimeout as delay } from 'node:timers/promises';

/** How rounds follow each other. */
export interface RoundsOptions {
  /** Milliseconds from the end of a round to the next, unless the round says otherwise. */
  readonly everyMs: number;
  /** Told of each round that failed, with how many have failed in a row. */
  readonly onFailure: (error: unknown, inARow: number) => void;
}

/** Does the same work again and again, one round after the other, until it is closed. A round that fails is taken up again. */
export class Rounds {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  #failures = 0;

  /** @param round is given a signal that it should come to an end; may answer after how many milliseconds the next begins */
  constructor(
    private readonly round: (signal: AbortSignal) => Promise<number | void>,
    private readonly options: RoundsOptions,
  ) {}

  /** Rounds that have failed since the last one that did not. */
  get failures(): number {
    return this.#failures;
  }

  start(): void {
    this.#running ??= this.#go();
  }

  /** Resolves when the round that is under way is over; none begins any more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #go(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const nextMs = await this.#once(signal);
      await delay(nextMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #once(signal: AbortSignal): Promise<number> {
    const { everyMs, onFailure } = this.options;
    try {
      const nextMs = await this.round(signal);
      this.#failures = 0;
      return nextMs ?? everyMs;
    } catch (error) {
      this.#failures += 1;
      onFailure(error, this.#failures);
      return everyMs;
    }
  }
}
