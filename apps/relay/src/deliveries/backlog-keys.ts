/**
 * Which ordering keys have events in a backlog that was only looked at: by family the last place of each, so that a key
 * counts no longer once its queue has passed that place.
 */
export class BacklogKeys {
  readonly #last = new Map<string, Map<string, number>>();
  #size = 0;

  /** How many keys are remembered, each once a family. */
  get size(): number {
    return this.#size;
  }

  saw(family: string, key: string, sequence: number): void {
    const keys = this.#last.get(family) ?? new Map<string, number>();
    this.#last.set(family, keys);
    if (!keys.has(key)) this.#size += 1;
    keys.set(key, sequence);
  }

  /** Whether an event of the key stands in a backlog. @param passedTo - how far the queue of a family has come */
  has(key: string, passedTo: (family: string) => number): boolean {
    for (const [family, keys] of this.#last) {
      const last = keys.get(key);
      if (last !== undefined && last > passedTo(family)) return true;
    }
    return false;
  }

  /** Forgets what the queues have passed. */
  prune(passedTo: (family: string) => number): void {
    for (const [family, keys] of this.#last) {
      const passed = passedTo(family);
      for (const [key, last] of keys) {
        if (last > passed) continue;
        keys.delete(key);
        this.#size -= 1;
      }
    }
  }

  clear(): void {
    this.#last.clear();
    this.#size = 0;
  }
}
