import type { EventLog, StoredEvent } from '@signalbox/messaging';
import type { Positions } from './cursor.js';

/** One event of a family, as it is come to. */
export interface Read {
  readonly family: string;
  readonly stored: StoredEvent;
}

export interface ReadingOptions {
  readonly families: readonly string[];
  readonly types: readonly string[];
  /** By family: the sequence after which to read. */
  readonly from: Positions;
  /** Events asked for at once, of each family. */
  readonly page: number;
}

/** One family of a reading. */
interface Lane {
  readonly family: string;
  readonly fetched: StoredEvent[];
  /** Sequence up to which everything was fetched. */
  upTo: number;
  /** Tick at which the last fetch of events came back. */
  fetchedAt: number;
  /** Tick at which the last fetch began that found nothing. */
  emptyAt: number;
}

/**
 * Reads the families of a subscription as one sequence, in the order in which the engine stored the events: the events of a
 * patient may be spread over several families, and a booking must not come before the referral that it answers.
 *
 * An event is given out only when every other family holds something later, or was found empty by a read that began after
 * the event was fetched: so nothing earlier can have been overlooked. Ticks stand for time, as clocks differ.
 */
export class Reading {
  /** By family: the sequence up to which everything was given out or passed over. */
  readonly positions: Record<string, number>;
  readonly #lanes: readonly Lane[];
  #tick = 0;
  /** Fetches so far: what bounds a reading over what is not for its reader. */
  fetches = 0;

  constructor(
    private readonly events: Pick<EventLog, 'read'>,
    private readonly options: ReadingOptions,
  ) {
    const { families, from } = options;
    this.positions = { ...from };
    this.#lanes = families.map((family) => ({
      family,
      fetched: [],
      upTo: from[family] ?? 0,
      fetchedAt: 0,
      emptyAt: -1,
    }));
  }

  /** The next event; undefined when everything that was stored when this was asked has been given out, or after `maxFetches`. */
  async next(maxFetches = Infinity): Promise<Read | undefined> {
    const asked = ++this.#tick;
    for (;;) {
      const head = this.#earliest();
      const since = head?.fetchedAt ?? asked;
      const unsure = this.#lanes.filter(({ fetched, emptyAt }) => fetched.length === 0 && emptyAt < since);
      if (unsure.length === 0) return head && this.#take(head);
      if (this.fetches >= maxFetches) return undefined;
      await Promise.all(unsure.map((lane) => this.#fetch(lane)));
    }
  }

  #earliest(): Lane | undefined {
    let earliest: Lane | undefined;
    for (const lane of this.#lanes) {
      const [first] = lane.fetched;
      if (first && (!earliest || first.time.getTime() < earliest.fetched[0]!.time.getTime())) earliest = lane;
    }
    return earliest;
  }

  #take(lane: Lane): Read {
    const stored = lane.fetched.shift()!;
    this.positions[lane.family] = lane.fetched.length === 0 ? lane.upTo : stored.sequence;
    return { family: lane.family, stored };
  }

  async #fetch(lane: Lane): Promise<void> {
    const began = ++this.#tick;
    this.fetches++;
    const { family, upTo } = lane;
    const { types, page } = this.options;
    const { events, lastSequence } = await this.events.read({ family, types, after: upTo, limit: page });
    lane.upTo = lastSequence;
    if (events.length > 0) {
      lane.fetched.push(...events);
      lane.fetchedAt = ++this.#tick;
      return;
    }
    this.positions[family] = lastSequence;
    // Nothing but what is passed over: the next fetch goes on behind it.
    if (lastSequence === upTo) lane.emptyAt = began;
  }
}
