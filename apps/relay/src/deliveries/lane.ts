import { orderingKey } from '@signalbox/contracts';
import type { DeliveryBacklog, DeliveryItem } from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

import type { RelayMetrics } from '../relay-metrics.js';
import { waited } from '../waited.js';

/** What a lane needs of a queue in the engine. */
export interface LaneQueue {
  readonly found: DeliveryBacklog;
  items(): AsyncGenerator<DeliveryItem>;
  backlog(): Promise<DeliveryBacklog>;
  stop(): Promise<void>;
}

export interface LaneParts {
  readonly open: () => Promise<LaneQueue | undefined>;
  readonly known: (item: DeliveryItem) => boolean;
  /** Told whenever the lane has something new, or holds others back no longer. */
  readonly changed: () => void;
  readonly limits: { readonly ackWaitMs: number; readonly redoMs: number; readonly maxUnsettled: number };
  readonly log: Log;
  readonly metrics: Pick<RelayMetrics, 'unreadable'>;
  readonly subscription: string;
}

/** An event in hand. */
interface Held {
  /** The newest copy that the engine handed out: an engine that came back may know only that one. */
  item: DeliveryItem;
  readonly since: number;
  /** When the engine last heard of it. */
  spoken: number;
}

/** How many settled events are remembered, so that one which the engine hands out again is not delivered again. */
const REMEMBERED = 8_192;
/** How often the engine is asked whether everything unsettled was handed out again. */
const RECOVERY_LOOK_MS = 500;

/**
 * One family's queue of a subscription: what the engine handed out and nobody settled yet, in order.
 *
 * - Everything in hand is reported as being worked on, so that waiting for its turn is not taken for a death.
 * - What somebody else left unsettled is handed out again first; until then nothing is passed on, because something newer
 *   of the same key may be among what came already.
 * - After the connection was lost the queue is opened anew. What is in hand stays there; what is settled is remembered.
 */
export class Lane {
  readonly #held = new Map<number, Held>();
  /** In order; what was not passed on yet. */
  readonly #buffer: Held[] = [];
  readonly #settled = new Set<number>();
  readonly #unreadable = new Set<number>();
  /** Times that an event was handed back without an attempt: the engine's count has them too. */
  readonly #untried = new Map<number, number>();
  #queue: LaneQueue | undefined;
  #recovering = true;
  #absent = false;
  #left = 0;
  #handedOutTo = 0;
  #passedTo = 0;
  #roomSince = 0;
  #running: Promise<void> | undefined;
  #stop = new AbortController();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(
    readonly family: string,
    private readonly parts: LaneParts,
  ) {}

  /** The subscription asks for nothing of this family. */
  get absent(): boolean {
    return this.#absent;
  }

  /** It was opened, and nothing unsettled is on its way any more. */
  get settledDown(): boolean {
    return this.#absent || !this.#recovering;
  }

  /** Events that the engine had not handed out when it was last heard of. */
  get left(): number {
    return this.#left;
  }

  /** Store time of the newest event that was handed out. */
  get handedOutTo(): number {
    return this.#handedOutTo;
  }

  /** Sequence of the newest event that was passed on; 0 = none yet. */
  get passedTo(): number {
    return this.#passedTo;
  }

  /** The engine hands out nothing more until something is settled, so nothing follows from its silence. */
  get full(): boolean {
    return this.#held.size >= this.parts.limits.maxUnsettled;
  }

  /** When it was full last (of `performance.now`). */
  get roomSince(): number {
    return this.#roomSince;
  }

  get head(): DeliveryItem | undefined {
    return this.#buffer[0]?.item;
  }

  /** When the head came (of `performance.now`). */
  get headSince(): number {
    return this.#buffer[0]?.since ?? 0;
  }

  shift(): DeliveryItem {
    const { item } = this.#buffer.shift()!;
    this.#passedTo = Math.max(this.#passedTo, item.sequence);
    return item;
  }

  /** Takes one out of its turn; `undefined` when it is not waiting here. */
  pull(sequence: number): DeliveryItem | undefined {
    const at = this.#buffer.findIndex(({ item }) => item.sequence === sequence);
    return at < 0 ? undefined : this.#buffer.splice(at, 1)[0]?.item;
  }

  /** Whether something of a key that was stored before a time was handed out again and is not passed on yet. */
  hasAgain(key: string, storedAt: number): boolean {
    return this.#buffer.some(
      ({ item }) => item.attempt > 1 && item.storedAt < storedAt && orderingKey(item.stored.event) === key,
    );
  }

  /** Whether the engine handed it out: it is in hand, or was settled lately. */
  has(sequence: number): boolean {
    return this.#held.has(sequence) || this.#settled.has(sequence);
  }

  /** How many events are in hand. */
  get held(): number {
    return this.#held.size;
  }

  /** Attempts that were made for an event before, as far as the engine's count tells. */
  attemptsOf(item: DeliveryItem): number {
    return Math.max(0, item.attempt - 1 - (this.#untried.get(item.sequence) ?? 0));
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#stop = new AbortController();
    this.#recovering = true;
    const { ackWaitMs } = this.parts.limits;
    this.#heartbeat ??= setInterval(() => this.#reportWork(ackWaitMs / 3), ackWaitMs / 3).unref();
    this.#running = this.#run(this.#stop.signal).finally(() => (this.#running = undefined));
  }

  /**
   * Takes nothing more, and hands back what was not passed on.
   * @param pausing - it goes on later: what was handed out before stays, because something later of its key may wait aside
   */
  async stop(pausing: boolean): Promise<void> {
    this.#stop.abort();
    await this.#queue?.stop();
    await this.#running;
    const kept = pausing ? this.#buffer.filter(({ item }) => item.attempt > 1) : [];
    for (const held of this.#buffer.splice(0, Infinity, ...kept)) {
      if (!kept.includes(held)) this.handBack(held.item.sequence, 0, false);
    }
    if (this.#held.size === 0) this.#quiet();
  }

  /** The engine may forget it: its records are on disk. */
  settle(sequence: number): void {
    const held = this.#held.get(sequence);
    if (held === undefined) return;
    this.#release(sequence);
    this.#untried.delete(sequence);
    this.#remember(sequence);
    quietly(() => held.item.ack());
    if (this.#stop.signal.aborted && this.#held.size === 0) this.#quiet();
  }

  /** The engine hands it out again. @param tried - an attempt was begun, whatever became of it */
  handBack(sequence: number, delayMs: number, tried: boolean): void {
    const held = this.#held.get(sequence);
    if (held === undefined) return;
    this.#release(sequence);
    if (!tried) this.#untried.set(sequence, (this.#untried.get(sequence) ?? 0) + 1);
    quietly(() => held.item.retry(delayMs));
    if (this.#stop.signal.aborted && this.#held.size === 0) this.#quiet();
  }

  async backlog(): Promise<DeliveryBacklog | undefined> {
    return this.#queue?.backlog();
  }

  /** Asks the engine what is left. */
  async lookAgain(): Promise<void> {
    const backlog = await this.#queue?.backlog();
    if (backlog?.waiting === 0 && backlog.unsettled <= this.#held.size + this.#unreadable.size) this.#left = 0;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let pauseMs = 0;
    do {
      try {
        const queue = await this.parts.open();
        this.#queue = queue;
        this.#absent = queue === undefined;
        if (queue === undefined) return this.parts.changed();
        // Stopped while it was opened: nothing was taken yet.
        if (signal.aborted) return await queue.stop();
        await this.#read(queue, signal);
        pauseMs = 0;
      } catch (error) {
        pauseMs = this.parts.limits.redoMs;
        this.parts.log.warn(
          { err: error, subscription: this.parts.subscription, family: this.family },
          'a delivery queue broke off; opening it again',
        );
      }
    } while (await waited(pauseMs, signal));
  }

  async #read(queue: LaneQueue, signal: AbortSignal): Promise<void> {
    this.#left = queue.found.waiting;
    this.#passedTo = Math.max(this.#passedTo, queue.found.settledTo);
    const over = new AbortController();
    const before = this.#held.size + this.#unreadable.size;
    const again = new Set<number>();
    this.#recovering = queue.found.unsettled > before;
    if (this.#recovering) void this.#recovered(queue, AbortSignal.any([signal, over.signal]));
    else this.parts.changed();
    try {
      for await (const item of queue.items()) {
        if (item.attempt > 1 && !this.#held.has(item.sequence)) again.add(item.sequence);
        this.#take(item);
        if (this.#recovering && before + again.size >= queue.found.unsettled) this.#recovering = false;
        this.parts.changed();
      }
    } finally {
      over.abort();
      this.#recovering = true;
    }
  }

  /** What is unsettled may also vanish: by age, or because whoever had it settled it after all. */
  async #recovered(queue: LaneQueue, signal: AbortSignal): Promise<void> {
    while (this.#recovering && (await waited(RECOVERY_LOOK_MS, signal))) {
      const backlog = await queue.backlog().catch(() => undefined);
      if (backlog === undefined || signal.aborted) continue;
      if (backlog.unsettled > this.#held.size + this.#unreadable.size) continue;
      this.#recovering = false;
      this.parts.changed();
    }
  }

  #take(item: DeliveryItem): void {
    const { sequence } = item;
    if (this.#settled.has(sequence)) return quietly(() => item.ack());
    const present = this.#held.get(sequence);
    if (present !== undefined) {
      present.item = item;
      present.spoken = Date.now();
      return;
    }
    this.#left = item.left;
    this.#handedOutTo = Math.max(this.#handedOutTo, item.storedAt);
    if (this.parts.known(item)) {
      this.#remember(sequence);
      return quietly(() => item.ack());
    }
    if (!this.#readable(item)) return;
    const held: Held = { item, since: performance.now(), spoken: Date.now() };
    this.#held.set(sequence, held);
    let at = this.#buffer.length;
    while (at > 0 && this.#buffer[at - 1]!.item.sequence > sequence) at -= 1;
    this.#buffer.splice(at, 0, held);
  }

  #readable(item: DeliveryItem): boolean {
    try {
      return item.stored.sequence === item.sequence;
    } catch (error) {
      // Nobody but the gateway writes there, so this is damage. It stays in the stream, shows as unsettled, and is looked at again.
      this.parts.metrics.unreadable.inc();
      this.parts.log.error(
        { err: error, subscription: this.parts.subscription, stream: item.stream, sequence: item.sequence },
        'a stored message is no event',
      );
      this.#unreadable.add(item.sequence);
      quietly(() => item.retry(this.parts.limits.ackWaitMs));
      return false;
    }
  }

  #release(sequence: number): void {
    const wasFull = this.full;
    this.#held.delete(sequence);
    if (!wasFull || this.#held.size >= this.parts.limits.maxUnsettled) return;
    this.#roomSince = performance.now();
    this.parts.changed();
  }

  #remember(sequence: number): void {
    this.#settled.add(sequence);
    if (this.#settled.size <= REMEMBERED) return;
    for (const oldest of this.#settled) {
      this.#settled.delete(oldest);
      return;
    }
  }

  #reportWork(everyMs: number): void {
    const now = Date.now();
    for (const held of this.#held.values()) {
      if (now - held.spoken < everyMs) continue;
      held.spoken = now;
      quietly(() => held.item.working());
    }
  }

  #quiet(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}

/** A connection that is closed for good takes nothing: the engine then acts by itself after its wait. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // As said.
  }
}
