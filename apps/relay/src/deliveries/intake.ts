import type { DeliveryBacklog, DeliveryItem } from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

import type { RelayMetrics } from '../relay-metrics.js';
import { Lane, type LaneQueue } from './lane.js';

export interface IntakeLimits {
  /** Milliseconds after which the engine hands an event out again that nobody spoke of. */
  readonly ackWaitMs: number;
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
  /** Events of one family that may be in hand. */
  readonly maxUnsettled: number;
  /** Milliseconds that an event waits for an earlier one of another family that is on its way. */
  readonly mergeMs: number;
}

export interface IntakeParts {
  readonly families: readonly string[];
  /** Opens the queue of a family at its durable place; `undefined` when the subscription asks for nothing of it. */
  readonly open: (family: string) => Promise<LaneQueue | undefined>;
  /** Whether it is dealt with elsewhere already, so that the engine may forget it. */
  readonly known: (item: DeliveryItem) => boolean;
  /** Takes what is next in the order of all families. */
  readonly take: (item: DeliveryItem, lane: Lane) => void;
  readonly limits: IntakeLimits;
  readonly log: Log;
  readonly metrics: Pick<RelayMetrics, 'unreadable'>;
  readonly subscription: string;
}

/** Share of what may be in hand from which on a family counts as full. */
const FULL = 0.75;
/** How often a family that holds the others back is looked at again. */
const LOOK_AGAIN_MS = 1_000;

/**
 * The queues of one subscription's families as one: what the engine hands out comes in the order in which it was stored,
 * because one journey spans families. A family that has nothing more to hand out holds no other back; one that is behind,
 * or not open yet, or still hands out what somebody else left unsettled, does.
 */
export class Intake {
  readonly lanes: readonly Lane[];
  #pumping: NodeJS.Timeout | undefined;
  /** Until when (of `performance.now`) everything that had come from the engine was looked at. */
  #heardTo = 0;
  #looking: NodeJS.Timeout | undefined;
  #running = false;
  #ready = Promise.withResolvers<void>();

  constructor(private readonly parts: IntakeParts) {
    this.lanes = parts.families.map(
      (family) => new Lane(family, { ...parts, open: async () => parts.open(family), changed: () => this.#pump() }),
    );
  }

  /** Resolves when every family was opened once and nothing unsettled is on its way any more. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  start(): void {
    this.#running = true;
    for (const lane of this.lanes) lane.start();
    this.#looking = setInterval(() => void this.#lookAgain(), LOOK_AGAIN_MS);
    this.#looking.unref();
  }

  get running(): boolean {
    return this.#running;
  }

  /** Whether a family has more than may be in hand: what comes now will stand behind it for a while. */
  get behind(): boolean {
    if (!this.#running || !this.lanes.every((lane) => lane.settledDown)) return false;
    return this.lanes.some(({ left, held }) => left > 0 && held >= this.parts.limits.maxUnsettled * FULL);
  }

  /** Takes an event that waits for earlier ones of other families before them. Whether it was waiting. */
  takeEarly(lane: Lane, sequence: number): boolean {
    const item = lane.pull(sequence);
    if (item === undefined) return false;
    this.parts.take(item, lane);
    return true;
  }

  /** Whether something of a key that was stored before a time was handed out again and is not taken yet. */
  hasAgain(key: string, storedAt: number): boolean {
    return this.lanes.some((lane) => lane.hasAgain(key, storedAt));
  }

  /**
   * Takes nothing more; what was taken stays in hand until it is settled or handed back.
   * @param pausing - it goes on later
   */
  async stop(pausing: boolean): Promise<void> {
    this.#running = false;
    clearInterval(this.#looking);
    clearTimeout(this.#pumping);
    this.#pumping = undefined;
    await Promise.all(this.lanes.map(async (lane) => lane.stop(pausing)));
  }

  /** Events not yet handed out, and handed out but not settled, by family. */
  async backlog(): Promise<Map<string, DeliveryBacklog>> {
    const found = new Map<string, DeliveryBacklog>();
    for (const lane of this.lanes) {
      const backlog = await lane.backlog();
      if (backlog !== undefined) found.set(lane.family, backlog);
    }
    return found;
  }

  #pump(): void {
    if (!this.#running || !this.lanes.every((lane) => lane.settledDown)) return;
    this.#ready.resolve();
    for (;;) {
      const first = this.#first();
      if (first === undefined) return;
      const until = this.#waitFor(first);
      if (until === undefined) return;
      if (until > this.#heardTo) return this.#pumpIn(until);
      this.parts.take(first.shift(), first);
    }
  }

  /** The family whose next event was stored first. */
  #first(): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.lanes) {
      const { head } = lane;
      if (head !== undefined && (best?.head === undefined || head.storedAt < best.head.storedAt)) best = lane;
    }
    return best;
  }

  /** When (of `performance.now`) the head of a family may be taken; `undefined` while another family has to say something first. */
  #waitFor(first: Lane): number | undefined {
    const { storedAt } = first.head!;
    let until = 0;
    for (const lane of this.lanes) {
      if (lane === first || lane.absent || lane.head !== undefined || lane.handedOutTo >= storedAt) continue;
      if (lane.left > 0 || lane.full) return undefined;
      // It has nothing; what was stored in it a moment earlier may still be on its way.
      const since = Math.max(first.headSince, lane.roomSince);
      until = Math.max(until, since + this.parts.limits.mergeMs);
    }
    return until;
  }

  /**
   * When the time is over, what came meanwhile is heard first: a process that stood still for longer than it was to wait
   * finds both, and its timers go before what lies in its sockets.
   */
  #pumpIn(until: number): void {
    this.#pumping ??= setTimeout(
      () => {
        const now = performance.now();
        setImmediate(() => {
          this.#pumping = undefined;
          this.#heardTo = now;
          this.#pump();
        });
      },
      Math.max(0, Math.ceil(until - performance.now())),
    );
  }

  /** What a family had left may be gone meanwhile, by age or because a change took it out of its filter. */
  async #lookAgain(): Promise<void> {
    const waiting = this.lanes.some((lane) => lane.head !== undefined);
    if (!waiting) return;
    for (const lane of this.lanes) {
      if (lane.settledDown && !lane.absent && lane.head === undefined && lane.left > 0)
        await lane.lookAgain().catch(() => undefined);
    }
    this.#pump();
  }
}
