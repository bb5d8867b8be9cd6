import type { Engine } from '@signalbox/messaging';
import type { Queries } from '../store/database.js';
import { absenceAt } from './absent.js';
import { type Adrift, familyOf } from './adrift.js';
import type { GapFound } from './gaps.js';
import {
  dueOf,
  eventsIn,
  type SeenEvent,
  sequencesIn,
  statelessIn,
  statesIn,
  type Stretch,
  unprovenIn,
  unreadableIn,
} from './looks.js';
import { addRead, addStates, type Tally } from './tally.js';
import type { Terms } from './terms.js';

/** What looking at a stretch of a stream stands on. */
export interface ExaminationParts {
  readonly queries: Queries;
  readonly engine: Pick<Engine, 'message'>;
  readonly adrift: Adrift;
  readonly terms: () => ReadonlyMap<string, Terms>;
}

/** Sequences at which a stream is known to hold nothing that is missing here, most; more are looked up again. */
const MOST_KNOWN = 100_000;

/** Looks at one stretch of a stream: whether everything in it is on record, and every event has a state for everyone. */
export class Examination {
  readonly #known = new Map<string, 'hole' | 'repeated'>();

  constructor(private readonly parts: ExaminationParts) {}

  /**
   * @param stepsRead how far `STEPS` has been read
   * @param tally to which what is there is added
   */
  async of(stretch: Stretch, stepsRead: number, tally?: Tally): Promise<GapFound[]> {
    if (!stretch.stream.startsWith('EVENTS_')) {
      const there = await sequencesIn(this.parts.queries, stretch);
      if (tally !== undefined) tally.recorded += there.size;
      return this.#absent(stretch, there, tally);
    }
    const events = await eventsIn(this.parts.queries, stretch);
    const unreadable = await unreadableIn(this.parts.queries, stretch);
    const there = new Set([...events.map(({ sequence }) => sequence), ...unreadable]);
    const gaps = await this.#absent(stretch, there, tally);
    if (tally !== undefined) {
      tally.recorded += there.size;
      for (const { sourceorg } of events) addRead(tally, sourceorg);
      for (const sequence of unreadable) addRead(tally, await this.#publisherAt(stretch.stream, sequence));
    }
    return [...gaps, ...(await this.#deliveries(stretch, events, stepsRead, tally))];
  }

  async #absent({ stream, from, to }: Stretch, there: ReadonlySet<number>, tally?: Tally): Promise<GapFound[]> {
    const gaps: GapFound[] = [];
    if (there.size === to - from + 1) return gaps;
    for (let sequence = from; sequence <= to; sequence++) {
      if (there.has(sequence)) continue;
      const key = `${stream} ${String(sequence)}`;
      let kind: 'hole' | 'repeated' | 'unread' | undefined = this.#known.get(key);
      if (kind === undefined) {
        const absence = await absenceAt(this.parts.engine, this.parts.queries, stream, sequence);
        kind = absence.kind;
        if (absence.kind === 'unread') gaps.push(absence.gap);
        else if (this.#known.size < MOST_KNOWN) this.#known.set(key, absence.kind);
      }
      if (kind === 'repeated' && tally !== undefined) tally.repeated += 1;
    }
    return gaps;
  }

  async #deliveries(
    stretch: Stretch,
    events: readonly SeenEvent[],
    stepsRead: number,
    tally: Tally | undefined,
  ): Promise<GapFound[]> {
    const { queries, adrift, terms } = this.parts;
    const { stream } = stretch;
    const due = dueOf(terms().values(), familyOf(stream), new Set(events.map(({ type }) => type)));
    const states = await statesIn(queries, stretch, due);
    if (tally !== undefined) addStates(tally, states);
    const stateless = states.some(({ state }) => state === null) ? await statelessIn(queries, stretch, due) : [];
    const unproven = await unprovenIn(queries, stretch);
    await adrift.look(stretch, stepsRead);
    return [
      ...stateless.map(({ sequence, identity, source, id, type, subscription }): GapFound => {
        const org = terms().get(subscription)?.org;
        const named = { stream, sequence, subscription, identity, source, eventid: id, type };
        return { kind: 'delivery-missing', ...named, ...(org !== undefined && { org }) };
      }),
      ...unproven.map(({ sequence, identity, source, id, type, subscription, org }): GapFound => {
        return { kind: 'end-unproven', stream, sequence, subscription, identity, source, eventid: id, type, org };
      }),
    ];
  }

  async #publisherAt(stream: string, sequence: number): Promise<string> {
    const subject = (await this.parts.engine.message(stream, sequence))?.subject ?? '';
    return subject.slice(subject.lastIndexOf('.') + 1);
  }
}
