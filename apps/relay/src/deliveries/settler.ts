import { type StoredEvent, type WaitingCause, type WaitingDelivery, waitingKey } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { RelayMetrics } from '../relay-metrics.js';
import { waited } from '../waited.js';
import { type Decided, entryOf, type InHand } from './in-hand.js';
import { type KeyOrder, placeOf } from './key-order.js';
import type { About, Recorder } from './recorder.js';
import type { Settlement } from './settlement.js';
import type { WaitingRoom } from './waiting-room.js';

export interface SettlerParts {
  /** Subscription id. */
  readonly id: string;
  readonly order: KeyOrder<InHand>;
  readonly room: WaitingRoom;
  readonly recorder: Recorder;
  /** Switches the subscription off because its endpoint is gone. */
  readonly disable: (subscription: Subscription) => Promise<void>;
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
  /** Something may start now. */
  readonly changed: () => void;
  /** Told of what others put into the waiting room for a delivery while it was in hand. */
  readonly left: (key: string, entry: WaitingDelivery) => void;
  /** A source has one less in hand. */
  readonly sourceHasRoom: () => void;
  readonly log: Log;
  readonly metrics: Pick<RelayMetrics, 'unrecorded'>;
}

/** What a source is told of what the waiting room has now. */
const SET_ASIDE: Settlement = { kind: 'again', delayMs: 0, steps: [] };

/**
 * Turns decisions into records and ends: always the records first, then whatever keeps the delivery alive, then whoever
 * kept it may forget it. A crash in between repeats a record, which changes nothing, or a delivery, under its identity.
 */
export class Settler {
  readonly #under = new Set<Promise<void>>();
  readonly #wake = new AbortController();

  constructor(private readonly parts: SettlerParts) {}

  /** Repeats nothing any more that the engine does not take. */
  stop(): void {
    this.#wake.abort();
  }

  /** Resolves when nothing is being written behind the courier's back. */
  async settled(): Promise<void> {
    while (this.#under.size > 0) await Promise.all(this.#under);
  }

  /** Whether the engine took it; if not, the courier stops and the delivery is handed back. */
  async settle(hand: InHand, decided: Decided): Promise<boolean> {
    const { settlement, about } = decided;
    return this.#untilTaken(async () => {
      if (!decided.recorded) {
        if (settlement.kind === 'parked' && settlement.disable) await this.parts.disable(about.subscription);
        await this.parts.recorder.record(settlement, about);
        decided.recorded = true;
      }
      if (settlement.kind === 'again') await this.#waitOn(hand, settlement, about);
      else await this.#end(hand, settlement);
    });
  }

  /** Puts what is not under way where it costs no memory and holds up nothing; its turn comes by its key and time. */
  setAside(hand: InHand, cause: WaitingCause): void {
    hand.moving = true;
    this.parts.order.due(hand, Infinity);
    const stored = hand.keeper.kind === 'queue' ? hand.keeper.stored : undefined;
    this.#behind(
      this.#untilTaken(async () => this.#put(hand, cause, stored)).then((taken) => {
        hand.moving = false;
        if (taken) this.parts.order.due(hand, 0);
        this.parts.changed();
      }),
    );
  }

  /** Removes an entry that only told the queue that its event was delivered ahead. */
  forget(key: string): void {
    this.#behind(this.#untilTaken(async () => this.parts.room.forget(this.parts.id, key)));
  }

  /** Whoever keeps it goes on keeping it. @param tried - an attempt was begun, whatever became of it */
  handBack(hand: InHand, tried: boolean): void {
    if (hand.keeper.kind === 'queue') hand.keeper.lane.handBack(hand.sequence, 0, tried);
    this.parts.order.settled(hand);
    if (hand.keeper.kind === 'source') this.parts.sourceHasRoom();
  }

  async #waitOn(
    hand: InHand,
    settlement: Extract<Settlement, { kind: 'again' }>,
    { stored, at }: About,
  ): Promise<void> {
    const { order } = this.parts;
    const next = new Date(at.getTime() + settlement.delayMs);
    await this.#put(hand, 'retry', stored, { settlement, next });
    order.again(hand, next.getTime());
    for (const behind of order.of(hand.key)) {
      if (behind.keeper.kind !== 'room' && !behind.moving && behind !== hand) this.setAside(behind, 'held');
    }
  }

  async #end(hand: InHand, settlement: Settlement): Promise<void> {
    const { keeper } = hand;
    const { id, room, order } = this.parts;
    if (keeper.kind === 'queue') keeper.lane.settle(hand.sequence);
    else if (keeper.kind === 'source') await keeper.arrival.over(settlement);
    else if (keeper.entry.cause === 'ahead' && !keeper.reached) {
      // Its stream comes to it later, and must find that it is over.
      await room.put({ ...keeper.entry, attempts: hand.attempts, over: true });
      if (isReached(hand)) this.forget(waitingKey(keeper.entry));
    } else await room.forget(id, waitingKey({ subscription: id, stream: hand.stream, sequence: hand.sequence }));
    this.#leave(hand);
    if (keeper.kind === 'source') this.parts.sourceHasRoom();
    order.refence();
  }

  /** A person may have put it up again before its end was known here: then it begins anew. */
  #leave(hand: InHand): void {
    const { id, room, order } = this.parts;
    order.settled(hand);
    const key = waitingKey({ subscription: id, stream: hand.stream, sequence: hand.sequence });
    const entry = room.get(id, key);
    if (entry === undefined || order.at(placeOf(entry)) !== undefined) return;
    if (order.at(placeOf(entry, entry.replay)) === undefined) this.parts.left(key, entry);
  }

  /** The entry first, then the queue may forget it. */
  async #put(
    hand: InHand,
    cause: WaitingCause,
    stored: StoredEvent | undefined,
    after?: { readonly settlement: Settlement; readonly next: Date },
  ): Promise<void> {
    const { keeper } = hand;
    const entry = entryOf(hand, this.parts.id, cause, stored, after?.next);
    await this.parts.room.put(entry);
    if (keeper.kind === 'queue') keeper.lane.settle(hand.sequence);
    if (keeper.kind === 'source') {
      await keeper.arrival.over(after?.settlement ?? SET_ASIDE);
      this.parts.sourceHasRoom();
    }
    hand.keeper = { kind: 'room', entry, seen: true, reached: keeper.kind === 'room' ? keeper.reached : true };
  }

  async #untilTaken(write: () => Promise<void>): Promise<boolean> {
    do {
      try {
        await write();
        return true;
      } catch (error) {
        this.parts.metrics.unrecorded.inc();
        this.parts.log.warn(
          { err: error, subscription: this.parts.id },
          'the engine did not take a settlement; trying again',
        );
      }
    } while (await waited(this.parts.redoMs, this.#wake.signal));
    return false;
  }

  #behind(work: Promise<unknown>): void {
    const done = work.then(() => void this.#under.delete(done));
    this.#under.add(done);
  }
}

/** Its stream may have come to it while something was written. */
function isReached({ keeper }: InHand): boolean {
  return keeper.kind === 'room' && keeper.reached;
}
