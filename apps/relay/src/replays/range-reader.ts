import type { EventLog, StoredEvent } from '@signalbox/messaging';
import type { Stretch } from '@signalbox/registry';

/** An event with the family in whose stream it lies. */
export interface Read {
  readonly family: string;
  readonly stored: StoredEvent;
}

/** Reads one family's stretches in pages, in order. */
class FamilyReader {
  readonly #page: StoredEvent[] = [];

  constructor(
    private readonly events: Pick<EventLog, 'read'>,
    private readonly family: string,
    private readonly types: readonly string[],
    private readonly stretches: Stretch[],
    private readonly pageSize: number,
  ) {}

  /** The next event, which stays the next one until it is taken; `undefined` at the end. */
  async peek(): Promise<StoredEvent | undefined> {
    while (this.#page.length === 0 && this.stretches.length > 0) await this.#fill();
    return this.#page[0];
  }

  take(): StoredEvent {
    return this.#page.shift()!;
  }

  async #fill(): Promise<void> {
    const { family, types } = this;
    const [from, to] = this.stretches[0]!;
    const limit = Math.min(this.pageSize, to - from + 1);
    const { events, lastSequence } = await this.events.read({ family, types, after: from - 1, limit });
    this.#page.push(...events.filter(({ sequence }) => sequence <= to));
    // Nothing lies at or after the place, or the read has come beyond the stretch.
    if (lastSequence < from || lastSequence >= to) this.stretches.shift();
    else this.stretches[0] = [lastSequence + 1, to];
  }
}

/** Reads stretches of several streams as one, in the order in which the engine stored the events: a journey spans families. */
export class RangeReader {
  readonly #readers: readonly (readonly [family: string, reader: FamilyReader])[];

  /** @param pageSize events read at once from one stream, content and all */
  constructor(
    events: Pick<EventLog, 'read'>,
    range: ReadonlyMap<string, readonly Stretch[]>,
    types: readonly string[],
    pageSize: number,
  ) {
    this.#readers = [...range].map(([family, stretches]) => [
      family,
      new FamilyReader(events, family, types, [...stretches], pageSize),
    ]);
  }

  /** The next event; `undefined` at the end. Asking again after a failure goes on where it was. @throws EngineUnavailable */
  async next(): Promise<Read | undefined> {
    let first: { family: string; reader: FamilyReader; stored: StoredEvent } | undefined;
    for (const [family, reader] of this.#readers) {
      const stored = await reader.peek();
      if (stored === undefined || (first !== undefined && !isBefore(stored, first.stored))) continue;
      first = { family, reader, stored };
    }
    return first && { family: first.family, stored: first.reader.take() };
  }
}

function isBefore(one: StoredEvent, other: StoredEvent): boolean {
  return one.time < other.time || (one.time.getTime() === other.time.getTime() && one.sequence < other.sequence);
}
