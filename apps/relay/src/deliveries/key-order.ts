import { DueKeys } from './due-keys.js';

/** What decides the order of a delivery. */
export interface Placed {
  readonly stream: string;
  readonly sequence: number;
  /** What it is found by: where the event lies, and for a replay its id too. One delivery is in hand once. */
  readonly place: string;
  /** Milliseconds since 1970 at which the engine stored the event. */
  readonly storedAt: number;
  readonly key: string;
  readonly urgent: boolean;
}

/** Where an event lies, as one word. */
export function placeOf({ stream, sequence }: Pick<Placed, 'stream' | 'sequence'>, replay?: string): string {
  return `${stream}.${String(sequence)}${replay === undefined ? '' : `.${replay}`}`;
}

/** Store time in whole milliseconds, then the sequence: within a stream the two never disagree. */
export function comparePlaces(a: Placed, b: Placed): number {
  if (a.stream === b.stream) return a.sequence - b.sequence;
  return Math.floor(a.storedAt) - Math.floor(b.storedAt) || (a.stream < b.stream ? -1 : 1);
}

interface Entry<T> {
  readonly item: T;
  /** Milliseconds since 1970 before which it does not start. */
  notBefore: number;
}

interface Line<T> {
  readonly key: string;
  /** In order; the first is the one in flight, if one is. */
  readonly entries: Entry<T>[];
  flying: Entry<T> | undefined;
  urgent: number;
}

/**
 * Everything that is in hand for one subscription, in order within each key: says what may start now. Pure: no clock, no
 * promises. One of a key is in flight at a time, and only the earliest starts; between keys, those with something urgent
 * go first, then whichever has been ready for longest.
 */
export class KeyOrder<T extends Placed> {
  readonly #lines = new Map<string, Line<T>>();
  readonly #entries = new Map<string, Entry<T>>();
  readonly #urgent = new Set<Line<T>>();
  readonly #routine = new Set<Line<T>>();
  readonly #due = new DueKeys();
  readonly #fenced = new Set<Line<T>>();
  #flying = 0;

  get size(): number {
    return this.#entries.size;
  }

  get flying(): number {
    return this.#flying;
  }

  /** Whether something may start now, fences aside. Moves what has become due. */
  ready(now: number): boolean {
    this.#promote(now);
    return this.#urgent.size + this.#routine.size > 0;
  }

  /** What is in hand at a place. */
  at(place: string): T | undefined {
    return this.#entries.get(place)?.item;
  }

  *items(): IterableIterator<T> {
    for (const { item } of this.#entries.values()) yield item;
  }

  /** All of a key, in order. */
  of(key: string): readonly T[] {
    return this.#lines.get(key)?.entries.map(({ item }) => item) ?? [];
  }

  /** @param notBefore - milliseconds since 1970; Infinity until {@link due} says otherwise */
  add(item: T, notBefore = 0): void {
    const entry = { item, notBefore };
    this.#entries.set(item.place, entry);
    let line = this.#lines.get(item.key);
    if (line === undefined)
      this.#lines.set(item.key, (line = { key: item.key, entries: [], flying: undefined, urgent: 0 }));
    insert(line.entries, entry, line.flying === undefined ? 0 : 1);
    if (item.urgent) line.urgent += 1;
    this.#place(line);
  }

  /**
   * The next to start; it is in flight from then on, until {@link settled} or {@link again}.
   * @param held - what must not start though it is its turn; looked at again after {@link refence}
   */
  next(now: number, held: (item: T) => boolean = () => false): T | undefined {
    this.#promote(now);
    for (const ready of [this.#urgent, this.#routine]) {
      for (const line of ready) {
        ready.delete(line);
        const [first] = line.entries;
        if (first === undefined) continue;
        if (held(first.item)) {
          this.#fenced.add(line);
          continue;
        }
        return this.#launch(line, first);
      }
    }
    return undefined;
  }

  /** The first of those that wait for their time, though it has not come: for trying an endpoint that was down. */
  soonest(held: (item: T) => boolean = () => false): T | undefined {
    const key = this.#due.first((candidate) => {
      const first = this.#lines.get(candidate)?.entries[0];
      return first !== undefined && Number.isFinite(first.notBefore) && !held(first.item);
    });
    const line = key === undefined ? undefined : this.#lines.get(key);
    const [first] = line?.entries ?? [];
    if (line === undefined || first === undefined) return undefined;
    this.#due.delete(line.key);
    return this.#launch(line, first);
  }

  /** When the next of those that wait for their time is due; `undefined` when none does. */
  get nextDue(): number | undefined {
    return this.#due.nextDue;
  }

  /** What was in flight, or waited, is over. */
  settled(item: T): void {
    const entry = this.#entries.get(item.place);
    if (entry === undefined) return;
    this.#entries.delete(item.place);
    const line = this.#lines.get(item.key)!;
    this.#land(line, entry);
    line.entries.splice(line.entries.indexOf(entry), 1);
    if (entry.item.urgent) line.urgent -= 1;
    if (line.entries.length > 0) return this.#place(line);
    this.#unplace(line);
    this.#lines.delete(line.key);
  }

  /** What was in flight goes back to its place, and starts again not before a time. */
  again(item: T, notBefore: number): void {
    const entry = this.#entries.get(item.place);
    if (entry === undefined) return;
    const line = this.#lines.get(item.key)!;
    this.#land(line, entry);
    entry.notBefore = notBefore;
    // An earlier one may have come meanwhile.
    line.entries.splice(line.entries.indexOf(entry), 1);
    insert(line.entries, entry, 0);
    this.#place(line);
  }

  /** Sets when what waits may start. */
  due(item: T, notBefore: number): void {
    const entry = this.#entries.get(item.place);
    if (entry === undefined) return;
    entry.notBefore = notBefore;
    this.#place(this.#lines.get(item.key)!);
  }

  inFlight(item: Placed): boolean {
    const flying = this.#lines.get(item.key)?.flying;
    return flying !== undefined && flying.item.place === item.place;
  }

  /** What was held back is looked at again. */
  refence(): void {
    for (const line of this.#fenced) {
      this.#fenced.delete(line);
      this.#place(line);
    }
  }

  #launch(line: Line<T>, entry: Entry<T>): T {
    line.flying = entry;
    this.#flying += 1;
    return entry.item;
  }

  #land(line: Line<T>, entry: Entry<T>): void {
    if (line.flying !== entry) return;
    line.flying = undefined;
    this.#flying -= 1;
  }

  #promote(now: number): void {
    for (let key = this.#due.take(now); key !== undefined; key = this.#due.take(now)) {
      const line = this.#lines.get(key);
      if (line !== undefined) this.#makeReady(line);
    }
  }

  /** Puts a key where it belongs: in flight, ready, or waiting for its time. */
  #place(line: Line<T>): void {
    if (line.flying !== undefined) return this.#unplace(line);
    const first = line.entries[0]!;
    if (first.notBefore <= 0) {
      this.#due.delete(line.key);
      return this.#makeReady(line);
    }
    this.#unplace(line);
    this.#due.set(line.key, first.notBefore);
  }

  #makeReady(line: Line<T>): void {
    if (line.urgent > 0) {
      this.#routine.delete(line);
      this.#urgent.add(line);
    } else {
      this.#urgent.delete(line);
      this.#routine.add(line);
    }
    this.#fenced.delete(line);
  }

  #unplace(line: Line<T>): void {
    this.#urgent.delete(line);
    this.#routine.delete(line);
    this.#fenced.delete(line);
    this.#due.delete(line.key);
  }
}

/** Keeps a line in order; what is at or before `from` stays in front. */
function insert<T extends Placed>(entries: Entry<T>[], entry: Entry<T>, from: number): void {
  let at = entries.length;
  while (at > from && comparePlaces(entries[at - 1]!.item, entry.item) > 0) at -= 1;
  entries.splice(at, 0, entry);
}
