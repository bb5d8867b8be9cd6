/** One event that a replay has in hand. */
export interface InHand {
  readonly family: string;
  readonly sequence: number;
  /** Whether it is sent; what is passed over only moves the position on. */
  readonly sent: boolean;
}

/** How far a replay has come. */
export interface Stand {
  /** By family: the sequence up to which everything was dealt with. */
  readonly position: Readonly<Record<string, number>>;
  /** Events that were sent and are over, all of them at or before the position. */
  readonly done: number;
  /** Events that were to be sent and are no longer for the subscription. */
  readonly passed: number;
}

/**
 * Where a replay stands while its events end in any order: the position moves over what is over and stops before the
 * first event that is not, so that a relay that takes over leaves none out and sends few again.
 */
export class Progress {
  /** In the order in which they were taken. */
  readonly #inHand: InHand[] = [];
  readonly #over = new Set<InHand>();
  #stand: Stand;
  #whenIdle: (() => void)[] = [];

  constructor(stand: Stand) {
    this.#stand = stand;
  }

  get stand(): Stand {
    return this.#stand;
  }

  /** @param wanted whether it was among those to be sent; told apart for what is passed over */
  pass(family: string, sequence: number, wanted: boolean): void {
    if (wanted) this.#stand = { ...this.#stand, passed: this.#stand.passed + 1 };
    this.end(this.take(family, sequence, false));
  }

  take(family: string, sequence: number, sent = true): InHand {
    const one = { family, sequence, sent };
    this.#inHand.push(one);
    return one;
  }

  end(one: InHand): void {
    this.#over.add(one);
    let { position, done } = this.#stand;
    while (this.#inHand.length > 0 && this.#over.delete(this.#inHand[0]!)) {
      const { family, sequence, sent } = this.#inHand.shift()!;
      position = { ...position, [family]: sequence };
      if (sent) done += 1;
    }
    this.#stand = { ...this.#stand, position, done };
    if (this.#inHand.length === 0) for (const wake of this.#whenIdle.splice(0)) wake();
  }

  /** Resolves when nothing is in hand. */
  async idle(): Promise<void> {
    if (this.#inHand.length > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }
}
