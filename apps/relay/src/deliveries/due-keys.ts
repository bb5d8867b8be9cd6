interface Due {
  readonly key: string;
  readonly at: number;
}

/** Keys with the time at which each is due: a heap in which what was set anew or deleted is passed over when it comes up. */
export class DueKeys {
  readonly #heap: Due[] = [];
  readonly #current = new Map<string, Due>();

  /** @param at - milliseconds; Infinity never comes up */
  set(key: string, at: number): void {
    const present = this.#current.get(key);
    if (present?.at === at) return;
    const due = { key, at };
    this.#current.set(key, due);
    if (at === Infinity) return;
    this.#heap.push(due);
    this.#rise(this.#heap.length - 1);
    // What was set anew often must not make the heap grow without end.
    if (this.#heap.length > 64 && this.#heap.length > 4 * this.#current.size) this.#rebuild();
  }

  delete(key: string): void {
    this.#current.delete(key);
  }

  get nextDue(): number | undefined {
    this.#dropStale();
    return this.#heap[0]?.at;
  }

  /** Takes the key that has been due for longest; `undefined` when none is. */
  take(now: number): string | undefined {
    this.#dropStale();
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    this.#pop();
    this.#current.delete(first.key);
    return first.key;
  }

  /** The key that is due first of those that are wanted, whether its time has come or not. */
  first(wanted: (key: string) => boolean): string | undefined {
    let best: Due | undefined;
    for (const due of this.#current.values()) {
      if ((best === undefined || due.at < best.at) && wanted(due.key)) best = due;
    }
    return best?.key;
  }

  #dropStale(): void {
    while (this.#heap.length > 0 && this.#current.get(this.#heap[0]!.key) !== this.#heap[0]) this.#pop();
  }

  #rebuild(): void {
    const current = [...this.#current.values()].filter(({ at }) => at !== Infinity).sort((a, b) => a.at - b.at);
    this.#heap.length = 0;
    for (const due of current) this.#heap.push(due);
  }

  #pop(): void {
    const last = this.#heap.pop()!;
    if (this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.at <= heap[at]!.at) return;
      [heap[parent], heap[at]] = [heap[at]!, heap[parent]!];
      at = parent;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const child = right < heap.length && heap[right]!.at < heap[left]!.at ? right : left;
      if (heap[at]!.at <= heap[child]!.at) return;
      [heap[at], heap[child]] = [heap[child]!, heap[at]!];
      at = child;
    }
  }
}
