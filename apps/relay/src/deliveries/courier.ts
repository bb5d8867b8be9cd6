import { setTimeout as delay } from 'node:timers/promises';

import type { DeliveryItem, DeliveryQueue, StoredEvent } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { RelayMetrics } from '../relay-metrics.js';
import type { Attempts } from './attempts.js';
import { Gate } from './gate.js';
import type { About, Recorder } from './recorder.js';
import type { Settlement } from './settlement.js';

/** Bounds of one queue; every one is a setting. */
export interface CourierLimits {
  /** Attempts under way at once for one subscription and family. */
  readonly concurrency: number;
  /** Milliseconds after which the engine hands an event out again that nobody spoke of. */
  readonly ackWaitMs: number;
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
}

export interface CourierParts {
  readonly attempts: Attempts;
  readonly recorder: Recorder;
  readonly limits: CourierLimits;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  /** The subscription as it is now. */
  readonly subscription: () => Subscription | undefined;
  /** Opens the queue at its durable place; `undefined` when the subscription asks for nothing of the family. */
  readonly open: () => Promise<DeliveryQueue | undefined>;
  /** Switches the subscription off because its endpoint is gone. */
  readonly disable: (subscription: Subscription) => Promise<void>;
}

/** A decision that stands, whatever becomes of the connection to the engine. */
interface Decided {
  readonly settlement: Settlement;
  readonly about: About;
  recorded: boolean;
}

/** An event in hand. */
interface Held {
  /** The newest copy that the engine handed out: an engine that came back may know only that one. */
  item: DeliveryItem;
  /** When the engine last heard of it. */
  spoken: number;
  over: Promise<void>;
}

/** How many decisions are remembered, so that an event which the engine hands out twice is not sent twice. */
const REMEMBERED = 4_096;

/**
 * Carries the events of one subscription in one family: takes what the engine hands out, has it tried, records what came
 * of it, and only then tells the engine.
 *
 * - A decision is remembered until it is recorded and acknowledged. If the engine was away in between and hands the event
 *   out again, the decision is settled again and the event is not sent again.
 * - What is held is reported as being worked on, so that waiting for a slot is not taken for a death.
 * - Only a crash between the receiver's answer and the record sends an event twice, under the same identity.
 */
export class Courier {
  readonly #slots: Gate;
  readonly #held = new Map<number, Held>();
  readonly #decided = new Map<number, Decided>();
  readonly #firstAttempts = new Map<number, Date>();
  readonly #abort = new AbortController();
  readonly #wake = new AbortController();
  #queue: DeliveryQueue | undefined;
  #running: Promise<void> | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(private readonly parts: CourierParts) {
    this.#slots = new Gate(parts.limits.concurrency);
  }

  start(): void {
    const { ackWaitMs } = this.parts.limits;
    this.#heartbeat = setInterval(() => this.#reportWork(ackWaitMs / 3), ackWaitMs / 3);
    this.#heartbeat.unref();
    this.#running = this.#run();
  }

  /**
   * Takes nothing more, lets what is under way finish, and hands back what is not finished in time.
   * @param graceMs - milliseconds for what is under way
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#wake.abort();
    const queueStopped = this.#queue?.stop();
    const finished = Promise.all([...this.#held.values()].map(({ over }) => over));
    const inTime = new AbortController();
    await Promise.race([finished, delay(graceMs, undefined, { signal: inTime.signal }).catch(() => undefined)]);
    inTime.abort();
    this.#abort.abort(new Error('the relay stops'));
    await Promise.all([...this.#held.values()].map(({ over }) => over));
    await Promise.all([queueStopped, this.#running]);
    clearInterval(this.#heartbeat);
  }

  /** Events not yet handed out, and handed out but not settled; `undefined` while there is no queue. */
  async backlog(): Promise<{ waiting: number; unsettled: number } | undefined> {
    return this.#queue?.backlog();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        this.#queue = await this.parts.open();
        if (this.#queue === undefined) return;
        // Stopped while it was opened: nothing was taken yet.
        if (this.#mustStop()) return;
        for await (const item of this.#queue.items()) this.#take(item);
      } catch (error) {
        this.parts.log.warn({ err: error, ...this.#named() }, 'a delivery queue broke off; opening it again');
      }
      await delay(this.parts.limits.redoMs, undefined, { signal: this.#wake.signal }).catch(() => undefined);
    }
  }

  #mustStop(): boolean {
    return this.#stopping;
  }

  #take(item: DeliveryItem): void {
    if (this.#stopping) return this.#handBack(item, 0);
    const known = this.#held.get(item.sequence);
    if (known !== undefined) {
      // Handed out again while we are at it: whoever holds it settles it.
      known.item = item;
      return;
    }
    const held: Held = { item, spoken: Date.now(), over: Promise.resolve() };
    this.#held.set(item.sequence, held);
    held.over = this.#carry(held).finally(() => this.#held.delete(item.sequence));
  }

  async #carry(held: Held): Promise<void> {
    try {
      const decided =
        this.#decided.get(held.item.sequence) ?? (await this.#inSlot(async () => this.#decide(held.item)));
      if (decided === undefined) this.#handBack(held.item, 0);
      else await this.#settle(held, decided);
    } catch (error) {
      if (this.#abort.signal.aborted) return this.#handBack(held.item, 0);
      this.parts.log.error({ err: error, ...this.#placeOf(held.item) }, 'a delivery failed by an error of ours');
      this.#handBack(held.item, this.parts.limits.redoMs);
    }
  }

  /** Attempts are bounded, settlements are not: the engine takes many at once for the price of one fsync. */
  async #inSlot<T>(attempt: () => Promise<T>): Promise<T> {
    const leave = await this.#slots.enter();
    try {
      return await attempt();
    } finally {
      leave();
    }
  }

  /** Has the event tried; `undefined` when the subscription takes nothing now, so that the event stays where it is. */
  async #decide(item: DeliveryItem): Promise<Decided | undefined> {
    const subscription = this.parts.subscription();
    if (this.#stopping || subscription?.status !== 'active') return undefined;
    const stored = this.#read(item);
    const firstAttempt = this.#firstAttempts.get(item.sequence) ?? new Date();
    const { attempt } = item;
    const ageMs = Date.now() - firstAttempt.getTime();
    const { settlement, trace } = await this.parts.attempts.try({
      stored,
      subscription,
      attempt,
      ageMs,
      signal: this.#abort.signal,
    });
    const decided = {
      settlement,
      about: { stored, subscription, attempt, firstAttempt, at: new Date(), trace },
      recorded: false,
    };
    this.#remember(item.sequence, decided);
    return decided;
  }

  #read(item: DeliveryItem): StoredEvent {
    try {
      return item.stored;
    } catch (error) {
      // Nobody but the gateway writes there, so this is damage. It stays in the stream, shows as unsettled, and is looked at again.
      this.parts.metrics.unreadable.inc();
      throw error;
    }
  }

  /** The one place where a decision becomes records and an acknowledgement, in this order. */
  async #settle(held: Held, decided: Decided): Promise<void> {
    const { settlement, about } = decided;
    const { item } = held;
    try {
      if (!decided.recorded) {
        if (settlement.kind === 'parked' && settlement.disable) await this.parts.disable(about.subscription);
        await this.parts.recorder.record(settlement, about);
        decided.recorded = true;
      }
      if (settlement.kind === 'again') this.#again(held.item, settlement.delayMs, about);
      else await this.#end(held.item, settlement);
    } catch (error) {
      this.parts.metrics.unrecorded.inc();
      this.parts.log.warn({ err: error, ...this.#placeOf(item) }, 'the engine did not take a settlement; trying again');
      if (held.item !== item && !this.#stopping) return this.#settle(held, decided);
      this.#handBack(held.item, this.parts.limits.redoMs);
    }
  }

  #again(item: DeliveryItem, delayMs: number, about: About): void {
    this.#decided.delete(item.sequence);
    this.#firstAttempts.set(item.sequence, about.firstAttempt);
    item.retry(delayMs);
  }

  async #end(item: DeliveryItem, settlement: Exclude<Settlement, { kind: 'again' }>): Promise<void> {
    if (settlement.kind === 'done') await item.ack();
    else await item.term(settlement.reason);
    this.#firstAttempts.delete(item.sequence);
  }

  #remember(sequence: number, decided: Decided): void {
    this.#decided.set(sequence, decided);
    if (this.#decided.size <= REMEMBERED) return;
    for (const [oldest, { recorded }] of this.#decided) {
      if (!recorded) continue;
      this.#decided.delete(oldest);
      return;
    }
  }

  #handBack(item: DeliveryItem, delayMs: number): void {
    try {
      item.retry(delayMs);
    } catch {
      // The connection is closed for good: the engine hands it out again by itself after the wait for an acknowledgement.
    }
  }

  #reportWork(everyMs: number): void {
    const now = Date.now();
    for (const held of this.#held.values()) {
      if (now - held.spoken < everyMs) continue;
      held.spoken = now;
      try {
        held.item.working();
      } catch {
        // As in #handBack.
      }
    }
  }

  #placeOf(item: DeliveryItem): { stream: string; sequence: number; subscription?: string } {
    return { stream: item.stream, sequence: item.sequence, ...this.#named() };
  }

  #named(): { subscription?: string } {
    const id = this.parts.subscription()?.id;
    return id === undefined ? {} : { subscription: id };
  }
}
