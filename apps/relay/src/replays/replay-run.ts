import { setTimeout as delay } from 'node:timers/promises';

import { isUrgent, orderingKey } from '@signalbox/contracts';
import { type EventLog, EngineUnavailable } from '@signalbox/messaging';
import { eligibility, type Registry, type Replay, type Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { Arrival, Taking } from '../deliveries/arrival.js';
import { Pace } from './pace.js';
import { Progress } from './progress.js';
import { RangeReader, type Read } from './range-reader.js';
import { remaining } from './stretches.js';

/** Bounds of a replay; every one is a setting. */
export interface ReplayLimits {
  /** Milliseconds between two notes of how far it has come. */
  readonly checkpointMs: number;
  /** Events read at once from one stream. */
  readonly pageSize: number;
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
}

export interface ReplayParts {
  readonly events: Pick<EventLog, 'read' | 'headings' | 'get'>;
  readonly registry: Pick<Registry, 'replays' | 'replay' | 'changeReplay' | 'subscription' | 'allows' | 'onChange'>;
  readonly limits: ReplayLimits;
  readonly log: Log;
}

/** What was to be sent when the run began, so that what has vanished is told from what is no longer wanted. */
interface Expected {
  /** `<family> <sequence>` */
  readonly places: Set<string>;
  /** By ordering key: events that are still to be dealt with. */
  readonly keys: Map<string, number>;
}

const placeOf = (family: string, sequence: number): string => `${family} ${String(sequence)}`;

/**
 * Sends the events of one replay again, in the order in which they were stored and no faster than its rate. Live events
 * whose key the replay still has to deliver wait behind its fence. How far it has come is noted as it goes on: a relay
 * that takes over sends again at most what ended since the last note, under the same identities.
 */
export class ReplayRun {
  readonly #progress: Progress;
  readonly #pace: Pace;
  readonly #abort = new AbortController();
  readonly #aborted: Promise<void>;
  readonly #open: () => void;
  /** `undefined` until the range was looked through: everything waits until then. */
  #expected: Expected | undefined;
  #noted: Replay;

  constructor(
    private readonly parts: ReplayParts,
    private readonly replay: Replay,
    private readonly courier: Taking,
  ) {
    const { position, done, passed, rate } = replay;
    this.#progress = new Progress({ position, done, passed });
    this.#pace = new Pace(rate);
    this.#noted = replay;
    const { signal } = this.#abort;
    this.#aborted = new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    this.#open = courier.fence((key) => this.#expected?.keys.has(key) ?? true);
  }

  /** Offers nothing more. Where it stands stays noted. */
  stop(): void {
    this.#abort.abort();
  }

  /** Resolves when it is done, cancelled, failed or stopped, and that was noted. Never rejects. */
  async run(): Promise<void> {
    const noting = this.#noteRegularly();
    try {
      await this.#expect();
      await this.#send();
      await this.#progress.idle();
      await this.#finish({ status: 'done' });
    } catch (error) {
      if (!this.#abort.signal.aborted) await this.#fail(error);
    } finally {
      this.#abort.abort();
      await noting;
      this.#open();
    }
  }

  /** Looks through what is left, without content: which events are to be sent, and whose live events must wait for them. */
  async #expect(): Promise<void> {
    const expected = await this.#patiently(async () => {
      const found: Expected = { places: new Set(), keys: new Map() };
      const subscription = this.#subscription();
      for (const [family, ranges] of remaining(this.replay.range, this.replay.position)) {
        for await (const heading of this.parts.events.headings({ family, types: subscription.types, ranges })) {
          this.#abort.signal.throwIfAborted();
          if (!this.#isFor(subscription, heading.event)) continue;
          const key = orderingKey(heading.event);
          found.places.add(placeOf(family, heading.sequence));
          found.keys.set(key, (found.keys.get(key) ?? 0) + 1);
        }
      }
      return found;
    });
    this.#expected = expected;
  }

  async #send(): Promise<void> {
    const { range, position } = this.replay;
    const left = remaining(range, position);
    const reader = new RangeReader(this.parts.events, left, this.#subscription().types, this.parts.limits.pageSize);
    for (;;) {
      const read = await this.#patiently(() => reader.next());
      if (read === undefined) return;
      const { family, stored } = read;
      if (this.#isFor(this.#subscription(), stored.event)) {
        await this.#turn();
        await this.#offer(read);
      } else {
        this.#progress.pass(family, stored.sequence, this.#isExpected(read));
        this.#dealtWith(read);
      }
    }
  }

  async #turn(): Promise<void> {
    const { signal } = this.#abort;
    while (this.courier.paused()) await delay(this.parts.limits.redoMs, undefined, { signal });
    const wait = this.#pace.turn(Date.now());
    // A timer is no finer than a millisecond or two: shorter waits add up until they are worth one.
    if (wait > 2) await delay(wait, undefined, { signal });
    signal.throwIfAborted();
  }

  async #offer(read: Read): Promise<void> {
    const { family, stored } = read;
    const inHand = this.#progress.take(family, stored.sequence);
    const arrival: Arrival = {
      stream: stored.stream,
      sequence: stored.sequence,
      storedAt: stored.time.getTime(),
      key: orderingKey(stored.event),
      urgent: isUrgent(stored.event),
      marks: { replay: this.replay.id },
      attempts: 0,
      load: () => Promise.resolve(stored),
      over: () => {
        this.#progress.end(inHand);
        this.#dealtWith(read);
        return Promise.resolve();
      },
    };
    await Promise.race([this.courier.offer(arrival), this.#aborted]);
    this.#abort.signal.throwIfAborted();
  }

  #isExpected({ family, stored }: Read): boolean {
    return this.#expected?.places.has(placeOf(family, stored.sequence)) === true;
  }

  /** Lets the live events of the key go on once the replay has no more of them. */
  #dealtWith({ family, stored }: Read): void {
    const expected = this.#expected;
    if (expected?.places.delete(placeOf(family, stored.sequence)) !== true) return;
    const key = orderingKey(stored.event);
    const left = (expected.keys.get(key) ?? 1) - 1;
    if (left === 0) expected.keys.delete(key);
    else expected.keys.set(key, left);
  }

  #isFor(subscription: Subscription, event: Read['stored']['event']): boolean {
    const { registry } = this.parts;
    const granted = (type: string): boolean => registry.allows(subscription, 'subscribe', type) !== undefined;
    return eligibility(event, subscription, granted).kind === 'deliver';
  }

  #subscription(): Subscription {
    const subscription = this.parts.registry.subscription(this.replay.subscription);
    if (subscription === undefined) this.#abort.abort();
    this.#abort.signal.throwIfAborted();
    return subscription!;
  }

  async #noteRegularly(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await delay(this.parts.limits.checkpointMs, undefined, { signal }).catch(() => undefined);
      await this.#note({}).catch((error: unknown) => {
        this.parts.log.warn({ err: error, ...this.#named() }, 'where a replay stands could not be noted');
      });
    }
  }

  /** Writes down where it stands, unless that is known already. */
  async #note(end: Partial<Replay>): Promise<void> {
    const { position, done, passed } = this.#progress.stand;
    const isKnown = done === this.#noted.done && passed === this.#noted.passed && samePosition(position, this.#noted);
    if (isKnown && end.status === undefined) return;
    if (this.parts.registry.replay(this.replay.subscription, this.replay.id) === undefined) return;
    this.#noted = await this.parts.registry.changeReplay(this.replay.subscription, this.replay.id, (current) => ({
      ...current,
      position: furthest(current.position, position),
      done: Math.max(current.done, done),
      passed: Math.max(current.passed, passed),
      ...(current.status === 'running' && end),
      updated: new Date().toISOString(),
    }));
  }

  /** What was planned, and neither sent nor passed over, had left its stream before its turn came. */
  async #finish(end: Partial<Replay>): Promise<void> {
    const { done, passed } = this.#progress.stand;
    const gone = Math.max(0, this.replay.planned - done - passed);
    await this.#patiently(() => this.#note({ ...end, gone }));
    this.parts.log.info({ ...this.#named(), count: done }, 'a replay is done');
  }

  async #fail(error: unknown): Promise<void> {
    this.parts.log.error({ err: error, ...this.#named() }, 'a replay failed by an error of ours');
    const statusReason = 'An event of its range cannot be read; operators are told. Replay what lies after it.';
    await this.#patiently(() => this.#note({ status: 'failed', statusReason })).catch(() => undefined);
  }

  /** Again and again while the engine is away. @throws when stopped, or for any other reason */
  async #patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      this.#abort.signal.throwIfAborted();
      try {
        return await call();
      } catch (error) {
        if (!isPassing(error)) throw error;
        this.parts.log.warn({ err: error, ...this.#named() }, 'a replay waits for the engine');
      }
      await delay(this.parts.limits.redoMs, undefined, { signal: this.#abort.signal });
    }
  }

  #named(): { replay: string; subscription: string } {
    return { replay: this.replay.id, subscription: this.replay.subscription };
  }
}

/** Whether the engine or the registry may answer the same call later. */
function isPassing(error: unknown): boolean {
  return error instanceof EngineUnavailable || (error as { retryable?: unknown }).retryable === true;
}

function samePosition(position: Replay['position'], noted: Replay): boolean {
  return Object.entries(position).every(([family, sequence]) => noted.position[family] === sequence);
}

function furthest(one: Replay['position'], other: Replay['position']): Replay['position'] {
  const all = [...Object.entries(one), ...Object.entries(other)];
  const result: Record<string, number> = {};
  for (const [family, sequence] of all) result[family] = Math.max(result[family] ?? 0, sequence);
  return result;
}
