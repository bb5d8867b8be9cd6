import type { CloudEvent } from '@signalbox/contracts';
import type {
  DeliveryBacklog,
  DeliveryItem,
  Engine,
  KeyValue,
  KeyValueEntry,
  KeyValueWatch,
  ParkedDelivery,
  Step,
  StoredEvent,
} from '@signalbox/messaging';
import { RevisionConflict } from '@signalbox/messaging';
import type { LaneQueue } from '../../apps/relay/src/deliveries/lane.js';

/** Numbers from a seed (mulberry32), so that a failing run can be had again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One process: what it begins after its death never happens, what it waits for never comes. */
export class Life {
  #dead = false;

  constructor(private readonly random: () => number) {}

  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    this.#dead = true;
  }

  /** A call over the network: a while before it happens, a while before its answer is known; death may come in either. */
  async call<T>(happens: () => T): Promise<T> {
    await this.#aWhile();
    const result = happens();
    await this.#aWhile();
    return result;
  }

  async #aWhile(): Promise<void> {
    const milliseconds = this.random() < 0.6 ? 0 : Math.ceil(this.random() * 3);
    if (milliseconds === 0) await Promise.resolve();
    else await new Promise((resolve) => setTimeout(resolve, milliseconds));
    if (this.#dead) await new Promise(() => undefined);
  }
}

interface Handed {
  readonly count: number;
  until: number;
}

/** A durable consumer: where it stands, what it handed out, and which reader it is pinned to. */
class Place {
  next = 1;
  readonly pending = new Map<number, Handed>();
  readonly counts = new Map<number, number>();
  reader: Reader | undefined;
}

export interface SimulatedEvent {
  readonly family: string;
  readonly key: string;
  readonly urgent: boolean;
  /** Whether the subscription asks for its type. */
  readonly asked: boolean;
}

/** How soon the engine hands out again what nobody spoke of. */
export const ACK_WAIT_MS = 30;
/** Most events of a family that it has handed out and that are not settled. */
export const MAX_UNSETTLED = 12;

/** What a relay needs of JetStream, in memory, after what was measured of the real one: pins, redelivery, acknowledgement waits. */
export class SimulatedEngine {
  readonly streams = new Map<string, StoredEvent[]>();
  readonly places = new Map<string, Place>();
  readonly steps = new Map<string, Step>();
  readonly parked = new Map<string, ParkedDelivery>();
  readonly waiting = new SimulatedBucket();
  /** What happened, in order: printed with a run that fails. */
  readonly told: string[] = [];
  #clock = 0;

  publish({ family, key, urgent, asked }: SimulatedEvent): StoredEvent {
    const stream = streamOf(family);
    const events = this.streams.get(stream) ?? [];
    this.streams.set(stream, events);
    const sequence = events.length + 1;
    // Never twice the same: the engine's clock has nanoseconds.
    this.#clock = Math.max(Date.now(), this.#clock + 1);
    const event: CloudEvent = {
      attributes: {
        specversion: '1.0',
        id: `${family}-${String(sequence)}`,
        source: 'urn:ods:X9L3B:lims',
        type: asked ? `org.signalbox.${family}.asked.v1` : `org.signalbox.${family}.other.v1`,
        partitionkey: key,
        correlationid: key,
        sourceorg: 'X9L3B',
        ...(urgent && { urgency: 'critical' }),
      },
      data: { kind: 'absent' },
    };
    const stored = { event, stream, sequence, time: new Date(this.#clock) };
    events.push(stored);
    return stored;
  }

  event(stream: string, sequence: number): StoredEvent | undefined {
    return this.streams.get(stream)?.[sequence - 1];
  }

  /** As one relay reads it: the attributes of a stretch in order, and how far a family reaches. */
  eventsSeenBy(life: Life): Pick<Engine['events'], 'headings' | 'lastSequence' | 'get'> {
    const streams = this.streams;
    return {
      get: async (stream, sequence) => life.call(() => this.event(stream, sequence)),
      lastSequence: async (family) => life.call(() => streams.get(streamOf(family))?.length ?? 0),
      headings: async function* ({ family, ranges }) {
        for (const stored of streams.get(streamOf(family)) ?? []) {
          const wanted = ranges.some(([from, to]) => stored.sequence >= from && stored.sequence <= to);
          if (wanted && isAsked(stored)) yield await life.call(() => ({ ...stored, bytes: 0 }));
        }
      },
    };
  }

  open(family: string, life: Life): LaneQueue {
    const stream = streamOf(family);
    const place = this.places.get(stream) ?? new Place();
    this.places.set(stream, place);
    place.reader?.cutOff();
    this.note(`${family} opened, ${String(place.pending.size)} unsettled`);
    place.reader = new Reader(this, place, stream, life);
    return place.reader;
  }

  note(what: string): void {
    this.told.push(`${String(Math.round(performance.now()))} ${what}`);
  }

  /** The connection of whoever reads now is lost and comes back. */
  breakLinks(): void {
    for (const place of this.places.values()) place.reader?.cutOff();
  }
}

export const streamOf = (family: string): string => `EVENTS_${family.toUpperCase()}`;

const isAsked = ({ event }: StoredEvent): boolean => String(event.attributes['type']).endsWith('.asked.v1');

class Reader implements LaneQueue {
  readonly found: DeliveryBacklog;
  #over = false;

  constructor(
    private readonly engine: SimulatedEngine,
    private readonly place: Place,
    private readonly stream: string,
    private readonly life: Life,
  ) {
    this.found = this.#backlog();
  }

  cutOff(): void {
    this.#over = true;
  }

  async *items(): AsyncGenerator<DeliveryItem> {
    while (!this.#over && !this.life.dead) {
      const next = this.#handOut();
      if (next === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
      else yield next;
    }
    // A dead process is handed nothing, not even the end.
    if (this.life.dead) await new Promise(() => undefined);
  }

  async backlog(): Promise<DeliveryBacklog> {
    return this.life.call(() => this.#backlog());
  }

  async stop(): Promise<void> {
    this.#over = true;
    await Promise.resolve();
  }

  #backlog(): DeliveryBacklog {
    const unsettled = [...this.place.pending.keys()];
    const settledTo = Math.min(this.place.next, ...unsettled) - 1;
    return { waiting: this.#left(), unsettled: unsettled.length, settledTo };
  }

  #events(): readonly StoredEvent[] {
    return this.engine.streams.get(this.stream) ?? [];
  }

  #left(): number {
    return this.#events().filter((stored) => stored.sequence >= this.place.next && isAsked(stored)).length;
  }

  #handOut(): DeliveryItem | undefined {
    const now = Date.now();
    const again = [...this.place.pending]
      .filter(([, { until }]) => until <= now)
      .map(([sequence]) => sequence)
      .sort((a, b) => a - b)[0];
    if (again !== undefined) return this.#item(this.engine.event(this.stream, again)!);
    if (this.place.pending.size >= MAX_UNSETTLED) return undefined;
    const fresh = this.#events().find((stored) => stored.sequence >= this.place.next && isAsked(stored));
    if (fresh === undefined) return undefined;
    this.place.next = fresh.sequence + 1;
    return this.#item(fresh);
  }

  #item(stored: StoredEvent): DeliveryItem {
    const { sequence } = stored;
    const { place } = this;
    const count = (place.counts.get(sequence) ?? 0) + 1;
    place.counts.set(sequence, count);
    place.pending.set(sequence, { count, until: Date.now() + ACK_WAIT_MS });
    this.engine.note(`${this.stream}.${String(sequence)} handed out, time ${String(count)}`);
    const tell = (told: (handed: Handed) => void): void => {
      if (this.life.dead) return;
      const handed = place.pending.get(sequence);
      if (handed !== undefined) told(handed);
    };
    return {
      stream: this.stream,
      sequence,
      stored,
      storedAt: stored.time.getTime(),
      attempt: count,
      left: this.#left(),
      ack: () =>
        tell(() => {
          this.engine.note(`${this.stream}.${String(sequence)} acknowledged`);
          place.pending.delete(sequence);
        }),
      retry: (delayMs) => tell((handed) => void (handed.until = Date.now() + delayMs)),
      working: () => tell((handed) => void (handed.until = Date.now() + ACK_WAIT_MS)),
    };
  }
}

/** A bucket whose watchers are told a little later, each in order. */
export class SimulatedBucket {
  readonly #entries = new Map<string, KeyValueEntry>();
  readonly #watchers = new Set<(entry: KeyValueEntry) => void>();
  revision = 0;

  get size(): number {
    return [...this.#entries.values()].filter(({ value }) => value !== undefined).length;
  }

  keys(): string[] {
    return [...this.#entries.values()].filter(({ value }) => value !== undefined).map(({ key }) => key);
  }

  write(key: string, value: Uint8Array | string | undefined): number {
    this.revision += 1;
    const entry = {
      key,
      value: value === undefined ? undefined : Buffer.from(value as string),
      revision: this.revision,
    };
    this.#entries.set(key, entry);
    for (const watcher of this.#watchers) watcher(entry);
    return this.revision;
  }

  /** As one process sees it; a relay asks for no more than this of the bucket of what waits. */
  seenBy(life: Life): Pick<KeyValue, 'get' | 'put' | 'forget' | 'watch'> {
    const conflict = (key: string, revision: number): void => {
      if ((this.#entries.get(key)?.revision ?? 0) !== revision) throw new RevisionConflict(key);
    };
    return {
      get: async (key) =>
        life.call(() => {
          const entry = this.#entries.get(key);
          return entry?.value === undefined ? undefined : entry;
        }),
      put: async (key, value) => life.call(() => this.write(key, value)),
      forget: async (key, revision) =>
        void (await life.call(() => {
          if (revision !== undefined) conflict(key, revision);
          return this.write(key, undefined);
        })),
      watch: async (onEntry) => Promise.resolve(this.#watch(onEntry, life)),
    };
  }

  #watch(onEntry: (entry: KeyValueEntry) => void, life: Life): KeyValueWatch {
    let telling = Promise.resolve();
    const tell = (entry: KeyValueEntry): void => {
      telling = telling.then(async () => {
        await life.call(() => undefined);
        onEntry(entry);
      });
    };
    const present = [...this.#entries.values()].sort((a, b) => a.revision - b.revision);
    for (const entry of present) tell(entry);
    const ready = telling;
    this.#watchers.add(tell);
    const ended = Promise.withResolvers<void>();
    return { ready, ended: ended.promise, stop: () => void this.#watchers.delete(tell) };
  }
}
