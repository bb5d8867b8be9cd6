import { setTimeout as delay } from 'node:timers/promises';

import {
  type DeliveryBacklog,
  type DeliveryItem,
  type Engine,
  streamOf,
  type WaitingDelivery,
  waitingKey,
} from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { Governor } from '../endpoints/governor.js';
import type { RelayMetrics } from '../relay-metrics.js';
import { waited } from '../waited.js';
import type { Arrival, Source, Taking } from './arrival.js';
import { Decider, type DeciderParts } from './decider.js';
import { dueAt, fromQueue, fromRoom, fromSource, type InHand } from './in-hand.js';
import { Intake } from './intake.js';
import { KeyOrder, placeOf } from './key-order.js';
import type { Lane, LaneQueue } from './lane.js';
import { Lookahead } from './lookahead.js';
import type { Recorder } from './recorder.js';
import { Settler } from './settler.js';
import type { WaitingRoom } from './waiting-room.js';

/** Bounds of one subscription's deliveries; every one is a setting. */
export interface CourierLimits {
  /** Attempts under way at once, of different keys. */
  readonly concurrency: number;
  /** Events of one key that are kept in memory behind the one under way; what goes beyond it is set aside. */
  readonly heldPerKey: number;
  /** Entries in the waiting room from which on nothing more is set aside: the rest stands in the engine. */
  readonly maxWaiting: number;
  /** Milliseconds after which the engine hands an event out again that nobody spoke of. */
  readonly ackWaitMs: number;
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
  /** Milliseconds that an event waits for an earlier one of another family that is on its way. */
  readonly mergeMs: number;
  /** Events of one family that may be in hand. */
  readonly maxUnsettled: number;
  /** Milliseconds between two looks for urgent events in a backlog. */
  readonly lookaheadMs: number;
  /** Keys of a backlog that are remembered meanwhile: how far ahead it is looked. */
  readonly lookaheadKeys: number;
}

export interface CourierParts extends DeciderParts {
  readonly id: string;
  readonly families: readonly string[];
  readonly types: readonly string[];
  readonly events: Pick<Engine['events'], 'headings' | 'lastSequence'>;
  readonly recorder: Recorder;
  readonly room: WaitingRoom;
  readonly limits: CourierLimits;
  readonly log: Log;
  readonly metrics: RelayMetrics;
  /** Opens the queue of a family at its durable place; `undefined` when the subscription asks for nothing of the family. */
  readonly open: (family: string) => Promise<LaneQueue | undefined>;
  /** Switches the subscription off because its endpoint is gone. */
  readonly disable: (subscription: Subscription) => Promise<void>;
  /** A new one for each sink. */
  readonly governor: () => Governor;
  /** Whether this relay may begin attempts for the subscription now. */
  readonly mayDrive: () => boolean;
  /** Attempts at once that the channel of the subscription bears. */
  readonly channelLimit: number;
  readonly sources: readonly Source[];
}

/** How often somebody who may not drive, or has to wait for the endpoint without a time, looks again. */
const LOOK_AGAIN_MS = 250;

/**
 * Carries the events of one subscription, in order within each key and side by side between keys: takes what the queues of
 * its families, the waiting room and its sources have, has it tried, records what came of it, and only then lets whoever
 * keeps it forget it.
 *
 * - What failed and is to be tried again is set aside, with everything of its key that is behind it: a durable entry in the
 *   waiting room, then the engine forgets it. So a failing key holds up no other, however many events it has.
 * - An endpoint that is down as a whole stops the intake: what waits for it stays in the engine.
 * - A decision is kept until it is recorded. Only a crash between the receiver's answer and the record sends an event
 *   twice, under the same identity.
 */
export class Courier implements Taking {
  readonly #order = new KeyOrder<InHand>();
  readonly #intake: Intake;
  readonly #decider: Decider;
  readonly #settler: Settler;
  readonly #lookahead: Lookahead;
  readonly #fences = new Set<(key: string, storedAt: number) => boolean>();
  readonly #under = new Set<Promise<void>>();
  readonly #wake = new AbortController();
  #attempting = 0;
  #ofSources = 0;
  #room = Promise.withResolvers<void>();
  #abort = new AbortController();
  #governor: Governor;
  #sink: string | undefined;
  #ready = false;
  #stopping = false;
  #switching = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #unfollow: () => void = () => undefined;

  constructor(private readonly parts: CourierParts) {
    const { id, families, open, room, recorder, disable, limits, log, metrics } = parts;
    this.#governor = parts.governor();
    this.#sink = parts.subscription()?.sink;
    this.#decider = new Decider(parts);
    this.#settler = new Settler({
      id,
      order: this.#order,
      room,
      recorder,
      disable,
      redoMs: limits.redoMs,
      changed: () => this.#pump(),
      left: (key, entry) => this.#changed(key, entry),
      sourceHasRoom: () => this.#sourceHasRoom(),
      log,
      metrics,
    });
    this.#intake = new Intake({
      subscription: id,
      families,
      open,
      known: (item) => this.#known(item),
      take: (item, lane) => this.#take(item, lane),
      limits,
      log,
      metrics,
    });
    this.#lookahead = new Lookahead({
      subscription: id,
      types: parts.types,
      events: parts.events,
      intake: this.#intake,
      ahead: async (entry) => this.#goAhead(entry),
      limits: { everyMs: limits.lookaheadMs, mostKeys: limits.lookaheadKeys },
      log,
    });
  }

  start(): void {
    void this.#begin();
  }

  /** How long ago the oldest of what is in hand was accepted, in milliseconds; 0 = nothing is. */
  get oldestMs(): number {
    let oldest = Infinity;
    for (const hand of this.#order.items()) oldest = Math.min(oldest, hand.storedAt);
    return oldest === Infinity ? 0 : Math.max(0, Date.now() - oldest);
  }

  get governor(): Governor {
    return this.#governor;
  }

  /** Events not yet handed out, and handed out but not settled, by family. */
  async backlog(): Promise<Map<string, DeliveryBacklog>> {
    const backlog = await this.#intake.backlog();
    this.#sweep(backlog);
    return backlog;
  }

  /**
   * Takes nothing more, lets what is under way finish, and hands back what is not finished in time.
   * @param graceMs - milliseconds for what is under way
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#unfollow();
    clearTimeout(this.#timer);
    this.#wake.abort();
    this.#room.resolve();
    const sources = Promise.all(this.parts.sources.map(async (source) => source.stop()));
    await this.#switching;
    await Promise.all([this.#lookahead.stop(), this.#intake.stop(false)]);
    const inTime = new AbortController();
    const finished = Promise.all(this.#under);
    await Promise.race([finished, delay(graceMs, undefined, { signal: inTime.signal }).catch(() => undefined)]);
    inTime.abort();
    this.#settler.stop();
    this.interrupt();
    await Promise.all(this.#under);
    await this.#settler.settled();
    await sources;
    for (const hand of [...this.#order.items()]) this.#settler.handBack(hand, false);
  }

  /** Cuts short what is under way: another relay may have begun to drive the subscription. */
  interrupt(): void {
    this.#abort.abort(new Error('the relay stops'));
    this.#abort = new AbortController();
  }

  async offer(arrival: Arrival): Promise<void> {
    const place = placeOf(arrival);
    const waiting = this.parts.room.get(this.parts.id, this.#keyOf(arrival));
    if (this.#order.at(place) !== undefined || waiting !== undefined) {
      return arrival.over({ kind: 'done', steps: [] });
    }
    const hand = fromSource(arrival);
    const before = this.#order.of(hand.key);
    this.#order.add(hand);
    this.#ofSources += 1;
    // What stands behind something that waits must not keep the place of what could go on.
    if (this.#mustSetAside(before)) this.#settler.setAside(hand, 'held');
    this.#order.refence();
    this.#pump();
    while (this.#ofSources >= this.parts.limits.concurrency && !this.#stopping) await this.#room.promise;
  }

  fence(behind: (key: string, storedAt: number) => boolean): () => void {
    this.#fences.add(behind);
    return () => {
      this.#fences.delete(behind);
      this.#order.refence();
      this.#pump();
    };
  }

  paused(): boolean {
    return !this.#mayBegin() || this.#governor.circuit !== 'closed';
  }

  /** What was set aside is known before the engine hands out anything, so that nothing overtakes it. */
  async #begin(): Promise<void> {
    if (!(await this.#knowsWhatWaits())) return;
    for (const entry of this.parts.room.of(this.parts.id)) this.#changed(waitingKey(entry), entry);
    this.#unfollow = this.parts.room.follow(this.parts.id, (key, entry) => this.#changed(key, entry));
    this.#intake.start();
    await Promise.race([this.#intake.ready, this.#stopped()]);
    if (this.#wake.signal.aborted) return;
    // Every source has put up its fence before anything begins.
    for (const source of this.parts.sources) source.start(this);
    this.#ready = true;
    this.#lookahead.start();
    this.#pump();
  }

  async #knowsWhatWaits(): Promise<boolean> {
    const { signal } = this.#wake;
    do {
      try {
        await this.parts.room.synced(signal);
        return !signal.aborted;
      } catch (error) {
        if (!signal.aborted)
          this.parts.log.warn({ err: error, ...this.#named() }, 'what waits is not known yet; trying again');
      }
    } while (await waited(this.parts.limits.redoMs, signal));
    return false;
  }

  /** Delivers something urgent before its stream comes to it; first of all that is on disk. */
  async #goAhead(entry: WaitingDelivery): Promise<boolean> {
    const { room, limits, id } = this.parts;
    // It is on its way, or over, ahead already.
    if (room.get(id, waitingKey(entry)) !== undefined) return true;
    if (this.#stopping || room.count(id) >= limits.maxWaiting) return false;
    await room.put(entry);
    const lane = this.#intake.lanes.find(({ family }) => streamOf(family) === entry.stream);
    if (lane === undefined || lane.has(entry.sequence)) {
      // Its stream was faster.
      this.#settler.forget(waitingKey(entry));
      return true;
    }
    const hand = fromRoom(entry);
    if (hand.keeper.kind === 'room') hand.keeper.seen = true;
    this.#order.add(hand);
    this.#pump();
    return true;
  }

  /** What was delivered ahead and has been passed since needs no entry any more. */
  #sweep(backlog: ReadonlyMap<string, DeliveryBacklog>): void {
    const settledTo = new Map([...backlog].map(([family, one]) => [streamOf(family), one.settledTo]));
    for (const entry of [...this.parts.room.of(this.parts.id)]) {
      const passed = entry.sequence <= (settledTo.get(entry.stream) ?? 0);
      if (entry.over === true && passed) this.#settler.forget(waitingKey(entry));
    }
  }

  #stopped(): Promise<void> {
    return new Promise((resolve) => this.#wake.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  #known(item: DeliveryItem): boolean {
    const key = this.#keyOf(item);
    const entry = this.parts.room.get(this.parts.id, key);
    if (entry === undefined) return false;
    const hand = this.#order.at(placeOf(item));
    if (hand?.keeper.kind === 'room') hand.keeper.reached = true;
    if (entry.over === true) this.#settler.forget(key);
    return true;
  }

  #take(item: DeliveryItem, lane: Lane): void {
    if (this.parts.room.get(this.parts.id, this.#keyOf(item))?.over === true && this.#known(item))
      return lane.settle(item.sequence);
    const hand = fromQueue(item, lane);
    if (this.#order.at(hand.place) !== undefined) return lane.handBack(item.sequence, this.parts.limits.redoMs, false);
    const before = this.#order.of(hand.key);
    this.#order.add(hand);
    if (this.#mustSetAside(before)) this.#settler.setAside(hand, 'held');
    this.#pump();
  }

  /** Behind something that waits, or behind too many, an event waits where it costs no memory. */
  #mustSetAside(before: readonly InHand[]): boolean {
    const { heldPerKey, maxWaiting } = this.parts.limits;
    if (before.length === 0 || this.parts.room.count(this.parts.id) >= maxWaiting) return false;
    if (before.length > heldPerKey) return true;
    return before.some(({ keeper, moving }) => moving || keeper.kind === 'room');
  }

  /** What others put into the waiting room or took out of it, and what stood there at the beginning. */
  #changed(_key: string, entry: WaitingDelivery | undefined): void {
    if (entry === undefined) {
      const hand = this.#order.at(_key.slice(this.parts.id.length + 1));
      if (hand?.keeper.kind === 'room' && !this.#order.inFlight(hand)) this.#order.settled(hand);
      return;
    }
    if (entry.over === true) return this.#stoppedByPerson(entry);
    const present = this.#order.at(placeOf(entry)) ?? this.#order.at(placeOf(entry, entry.replay));
    if (present !== undefined) {
      if (present.keeper.kind !== 'room' || this.#order.inFlight(present) || present.moving) return;
      this.#order.settled(present);
    }
    this.#order.add(fromRoom(entry), dueAt(entry));
    this.#pump();
  }

  /** A person parked what is in hand. What is under way is finished, and its outcome counts. */
  #stoppedByPerson(entry: WaitingDelivery): void {
    const hand = this.#order.at(placeOf(entry));
    if (hand?.keeper.kind !== 'queue' || hand.moving || this.#order.inFlight(hand)) return;
    hand.keeper.lane.settle(hand.sequence);
    this.#settler.forget(waitingKey(entry));
    this.#order.settled(hand);
    this.#pump();
  }

  #mayBegin(): boolean {
    return this.#ready && !this.#stopping && this.parts.mayDrive() && this.parts.subscription()?.status === 'active';
  }

  /** Starts whatever may start now, and sees to being called again when more may. */
  #pump(): void {
    if (!this.#mayBegin()) {
      if (this.#ready && !this.#stopping) this.#pumpAt(Date.now() + LOOK_AGAIN_MS);
      return;
    }
    const subscription = this.parts.subscription()!;
    this.#followSink(subscription);
    const most = Math.min(this.parts.limits.concurrency, this.parts.channelLimit);
    const held = (hand: InHand): boolean => this.#isFenced(hand);
    while (this.#attempting < Math.min(this.#governor.limit, most)) {
      const now = Date.now();
      const closed = this.#governor.circuit === 'closed';
      if (!this.#order.ready(now) && (closed || this.#order.nextDue === undefined)) return this.#idle(closed);
      const admission = this.#governor.admit(now);
      if (admission.kind === 'wait') return this.#pumpAt(Math.min(admission.untilMs, now + 60_000));
      const hand = this.#order.next(now, held) ?? (admission.probe ? this.#order.soonest(held) : undefined);
      if (hand !== undefined) {
        this.#launch(hand, admission.probe);
        continue;
      }
      if (admission.probe) this.#governor.released(now);
      return this.#idle(closed);
    }
  }

  /** Nothing may start now. An endpoint that is to be tried again needs something to be tried with. */
  #idle(closed: boolean): void {
    if (!closed && !this.#intake.running) {
      const admission = this.#governor.admit(Date.now());
      if (admission.kind === 'wait') return this.#pumpAt(admission.untilMs);
      this.#governor.released(Date.now());
      this.#switchIntake(true);
    }
    const { nextDue } = this.#order;
    if (nextDue !== undefined) this.#pumpAt(nextDue);
  }

  #pumpAt(at: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#pump(), Math.max(1, Math.min(at - Date.now(), 2 ** 30)));
  }

  #isFenced(hand: InHand): boolean {
    if (hand.marks.replay !== undefined || hand.keeper.kind === 'source') return false;
    // It was set aside behind something that another relay, or this one before a pause, left unsettled.
    if (hand.keeper.kind === 'room' && this.#intake.hasAgain(hand.key, hand.storedAt)) return true;
    for (const behind of this.#fences) if (behind(hand.key, hand.storedAt)) return true;
    return false;
  }

  #followSink({ sink }: Subscription): void {
    if (sink === this.#sink) return;
    this.#sink = sink;
    this.#governor = this.parts.governor();
    if (!this.#intake.running) this.#switchIntake(true);
  }

  #launch(hand: InHand, probe: boolean): void {
    this.#attempting += 1;
    let inSlot = true;
    const leave = (): void => {
      if (inSlot) this.#attempting -= 1;
      inSlot = false;
    };
    const carried = this.#carry(hand, probe, leave).finally(() => {
      leave();
      this.#under.delete(carried);
      if (!this.#stopping) this.#pump();
    });
    this.#under.add(carried);
  }

  /** Attempts are bounded, settlements are not: the engine takes many at once for the price of one fsync. */
  async #carry(hand: InHand, probe: boolean, leave: () => void): Promise<void> {
    const { signal } = this.#abort;
    try {
      const decided = await this.#decider.decide(hand, this.#governor, probe, signal);
      leave();
      this.#followCircuit();
      if (decided === undefined) return this.#putBack(hand);
      if (!this.#stopping) this.#pump();
      if (!(await this.#settler.settle(hand, decided))) this.#settler.handBack(hand, true);
    } catch (error) {
      if (probe) this.#governor.released(Date.now());
      const ours = !signal.aborted;
      if (ours) this.parts.log.error({ err: error, ...this.#placeOf(hand) }, 'a delivery failed by an error of ours');
      if (this.#stopping || (!ours && hand.keeper.kind === 'queue')) return this.#settler.handBack(hand, true);
      this.#order.again(hand, Date.now() + this.parts.limits.redoMs);
    }
  }

  /** Nothing was decided: it waits where it was kept before. */
  #putBack(hand: InHand): void {
    const { keeper } = hand;
    if (keeper.kind === 'room' && !keeper.seen) return this.#order.settled(hand);
    if (this.#stopping || (keeper.kind === 'queue' && !this.#intake.running && !this.#leads(hand)))
      return this.#settler.handBack(hand, false);
    this.#order.again(hand, 0);
  }

  /** A circuit that opens stops the intake and hands back what is not under way; one that closes begins it again. */
  #followCircuit(): void {
    const { circuit } = this.#governor;
    if (circuit === 'open' && this.#intake.running) this.#switchIntake(false);
    if (circuit === 'closed' && !this.#intake.running && !this.#stopping) this.#switchIntake(true);
  }

  #switchIntake(on: boolean): void {
    this.#switching = this.#switching.then(async () => {
      if (this.#stopping || this.#intake.running === on) return;
      if (on) this.#intake.start();
      else await this.#pauseIntake();
      this.#order.refence();
    });
  }

  /** What waits aside must not be tried before what stands in front of it: only what leads nothing goes back. */
  async #pauseIntake(): Promise<void> {
    await this.#intake.stop(true);
    for (const hand of [...this.#order.items()]) {
      if (hand.keeper.kind === 'queue' && !this.#order.inFlight(hand) && !this.#leads(hand))
        this.#settler.handBack(hand, false);
    }
  }

  /** Whether something of its key waits aside, or is on its way there. */
  #leads(hand: InHand): boolean {
    return this.#order.of(hand.key).some(({ keeper, moving }) => moving || keeper.kind === 'room');
  }

  #sourceHasRoom(): void {
    this.#ofSources -= 1;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  #keyOf({ stream, sequence }: { readonly stream: string; readonly sequence: number }): string {
    return waitingKey({ subscription: this.parts.id, stream, sequence });
  }

  #placeOf(hand: InHand): object {
    return { stream: hand.stream, sequence: hand.sequence, ...this.#named() };
  }

  #named(): { subscription: string } {
    return { subscription: this.parts.id };
  }
}
