/** Lets posts of the same event take turns: the second sees what became of the first. Different events never wait. */
export class IdentityQueue {
  readonly #last = new Map<string, Promise<unknown>>();

  async run<T>(identity: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(identity);
    const turn = before === undefined ? work() : before.then(work);
    const settled = turn.catch(() => undefined);
    this.#last.set(identity, settled);
    try {
      return await turn;
    } finally {
      if (this.#last.get(identity) === settled) this.#last.delete(identity);
    }
  }

  get size(): number {
    return this.#last.size;
  }
}
