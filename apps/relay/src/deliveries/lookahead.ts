import { isUrgent, journeyOf, orderingKey } from '@signalbox/contracts';
import type { Engine, EventHeading, WaitingDelivery } from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

import { waited } from '../waited.js';
import { BacklogKeys } from './backlog-keys.js';
import type { Intake } from './intake.js';
import type { Lane } from './lane.js';

export interface LookaheadParts {
  readonly subscription: string;
  readonly types: readonly string[];
  readonly events: Pick<Engine['events'], 'headings' | 'lastSequence'>;
  readonly intake: Intake;
  /** Delivers it ahead, once that is on disk; false when there is no room for it now. */
  readonly ahead: (entry: WaitingDelivery) => Promise<boolean>;
  readonly limits: {
    /** Milliseconds between two looks. */
    readonly everyMs: number;
    /** Keys of a backlog that are remembered: how far ahead it is looked. */
    readonly mostKeys: number;
  };
  readonly log: Log;
}

/** What was read of one family and not judged yet. */
interface Stretch {
  readonly family: string;
  readonly lane: Lane;
  /** Sequence up to which headings were read. */
  read: number;
  readonly headings: EventHeading[];
}

/** Headings read at once of one family. */
const PAGE = 1_000;

/**
 * Urgency lanes. While the queues of a subscription are behind, it reads on past them, without content, and finds what is
 * urgent and whose key has nothing before it in any family's backlog: that goes ahead. Order within a key holds, because
 * what is in hand of it goes first, and what follows waits for it like any other.
 */
export class Lookahead {
  readonly #keys = new BacklogKeys();
  readonly #stopped = new AbortController();
  #stretches = new Map<string, Stretch>();
  /** Newest sequence of each family at the look before: what is older cannot have anything before it that is still unseen. */
  #known = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(private readonly parts: LookaheadParts) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (await waited(this.parts.limits.everyMs, this.#stopped.signal)) {
      try {
        if (this.parts.intake.behind) await this.#look();
        else this.#forget();
      } catch (error) {
        const { log, subscription } = this.parts;
        log.warn({ err: error, subscription }, 'a backlog could not be looked through; looking again');
        this.#forget();
      }
    }
  }

  #forget(): void {
    this.#keys.clear();
    this.#stretches = new Map();
    this.#known = new Map();
  }

  async #look(): Promise<void> {
    const newest = new Map<string, number>();
    for (const lane of this.#lanes()) newest.set(lane.family, await this.parts.events.lastSequence(lane.family));
    const before = this.#known;
    this.#known = newest;
    while (!this.#stopped.signal.aborted && this.#hasRoom()) {
      const { more, judged } = await this.#step(newest, before);
      if (!more || judged === 0) return;
    }
  }

  #lanes(): Lane[] {
    return this.parts.intake.lanes.filter((lane) => !lane.absent);
  }

  #hasRoom(): boolean {
    if (this.#keys.size < this.parts.limits.mostKeys) return true;
    this.#keys.prune((family) => this.#passedTo(family));
    return this.#keys.size < this.parts.limits.mostKeys;
  }

  #passedTo(family: string): number {
    return this.parts.intake.lanes.find((lane) => lane.family === family)?.passedTo ?? 0;
  }

  /** Reads a page of each family that has none, and judges what is certain then. */
  async #step(
    newest: ReadonlyMap<string, number>,
    before: ReadonlyMap<string, number>,
  ): Promise<{ more: boolean; judged: number }> {
    for (const lane of this.#lanes()) await this.#read(this.#stretchOf(lane), newest.get(lane.family) ?? 0);
    let judged = 0;
    for (let next = this.#next(newest); next !== undefined; next = this.#next(newest)) {
      const [heading] = next.headings;
      if (heading!.sequence > (before.get(next.family) ?? 0)) return { more: false, judged };
      next.headings.shift();
      judged += 1;
      await this.#judge(heading!, next);
    }
    return { more: [...this.#stretches.values()].some(({ family, read }) => read < (newest.get(family) ?? 0)), judged };
  }

  #stretchOf(lane: Lane): Stretch {
    let stretch = this.#stretches.get(lane.family);
    if (stretch === undefined) {
      stretch = { family: lane.family, lane, read: lane.passedTo, headings: [] };
      this.#stretches.set(lane.family, stretch);
    }
    return stretch;
  }

  async #read(stretch: Stretch, newest: number): Promise<void> {
    if (stretch.headings.length > 0 || stretch.read >= newest) return;
    const { family } = stretch;
    const to = Math.min(newest, stretch.read + PAGE);
    const { events, types } = this.parts;
    for await (const heading of events.headings({ family, types, ranges: [[stretch.read + 1, to]] })) {
      stretch.headings.push(heading);
    }
    stretch.read = to;
  }

  /** The family whose next heading is the earliest; `undefined` while one that may have an earlier has to be read first. */
  #next(newest: ReadonlyMap<string, number>): Stretch | undefined {
    let best: Stretch | undefined;
    for (const stretch of this.#stretches.values()) {
      const [first] = stretch.headings;
      if (first === undefined && stretch.read < (newest.get(stretch.family) ?? 0)) return undefined;
      if (first === undefined) continue;
      if (best === undefined || first.time.getTime() < best.headings[0]!.time.getTime()) best = stretch;
    }
    return best;
  }

  async #judge({ event, stream, sequence, time }: EventHeading, { family, lane }: Stretch): Promise<void> {
    if (sequence <= lane.passedTo) return;
    const key = orderingKey(event);
    // What is in hand already goes first by its place; what only stands in a backlog does not yet.
    if (!isUrgent(event) || this.#keys.has(key, (of) => this.#passedTo(of))) {
      this.#keys.saw(family, key, sequence);
      return;
    }
    if (this.parts.intake.takeEarly(lane, sequence) || lane.has(sequence)) return;
    const { source, id, type, sourceorg } = event.attributes;
    const identity = { source: String(source), id: String(id), type: String(type), journey: journeyOf(event) };
    const taken = await this.parts.ahead({
      subscription: this.parts.subscription,
      stream,
      sequence,
      cause: 'ahead',
      key,
      stored: time.toISOString(),
      urgent: true,
      event: { ...identity, sourceorg: String(sourceorg ?? '') },
      attempts: 0,
    });
    if (!taken) this.#keys.saw(family, key, sequence);
  }
}
