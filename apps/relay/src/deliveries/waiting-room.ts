import { setTimeout as delay } from 'node:timers/promises';

import {
  type Engine,
  type KeyValue,
  type KeyValueEntry,
  type KeyValueWatch,
  RevisionConflict,
  type WaitingDelivery,
  waitingKey,
} from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

import { waited } from '../waited.js';

/** An entry as it stands, and the revision of the store at which it does. */
interface Standing {
  readonly entry: WaitingDelivery;
  readonly revision: number;
}

/** Told of what others put there or took away, never of what this relay did itself. */
export type WaitingListener = (key: string, entry: WaitingDelivery | undefined) => void;

const BUCKET_STREAM = 'KV_WAITING';
/** Milliseconds until a watch that ended is begun again, and between two looks at how far it is. */
const REWATCH_MS = 500;
const LOOK_MS = 20;

/**
 * What is due outside the order of the streams, of all subscriptions: the bucket `WAITING`, held in memory. One watch a
 * relay, so that a subscription costs the engine nothing while nothing of it waits.
 */
export class WaitingRoom {
  readonly #rooms = new Map<string, Map<string, Standing>>();
  readonly #listeners = new Map<string, WaitingListener>();
  /** Revisions at which keys were seen deleted or are being written by us: what the watch tells late must not undo it. */
  readonly #deleted = new Map<string, number>();
  readonly #writing = new Map<string, number>();
  #newest = 0;
  #watch: KeyValueWatch | undefined;
  readonly #stopped = new AbortController();

  private constructor(
    private readonly engine: Pick<Engine, 'lastSequence' | 'message'>,
    private readonly kv: KeyValue,
    private readonly log: Log,
  ) {}

  /** Resolves when everything that waits is in memory. */
  static async open(engine: Pick<Engine, 'kv' | 'lastSequence' | 'message'>, log: Log): Promise<WaitingRoom> {
    const room = new WaitingRoom(engine, await engine.kv('WAITING'), log);
    await room.#begin();
    return room;
  }

  stop(): void {
    this.#stopped.abort();
    this.#watch?.stop();
  }

  /** What waits for a subscription now. */
  *of(subscription: string): IterableIterator<WaitingDelivery> {
    for (const { entry } of this.#rooms.get(subscription)?.values() ?? []) yield entry;
  }

  get(subscription: string, key: string): WaitingDelivery | undefined {
    return this.#rooms.get(subscription)?.get(key)?.entry;
  }

  /** Those that anything waits for. */
  get subscriptions(): string[] {
    return [...this.#rooms.keys()];
  }

  count(subscription: string): number {
    return this.#rooms.get(subscription)?.size ?? 0;
  }

  /** One listener a subscription; answers the end of it. */
  follow(subscription: string, listener: WaitingListener): () => void {
    this.#listeners.set(subscription, listener);
    return () => {
      if (this.#listeners.get(subscription) === listener) this.#listeners.delete(subscription);
    };
  }

  /** Resolves when everything that was written before this call is known here. @throws EngineUnavailable; the signal's reason */
  async synced(signal: AbortSignal): Promise<void> {
    const last = await this.engine.lastSequence(BUCKET_STREAM);
    if (this.#newest < last && (await this.engine.message(BUCKET_STREAM, last)) === undefined) return;
    while (this.#newest < last) await delay(LOOK_MS, undefined, { signal });
  }

  /** Resolves when the entry is on disk. @throws EngineUnavailable */
  async put(entry: WaitingDelivery): Promise<void> {
    const key = waitingKey(entry);
    const revision = await this.#asOwn(key, () => this.kv.put(key, JSON.stringify(entry)));
    if (revision > (this.#deleted.get(key) ?? 0)) this.#set(key, { entry, revision });
  }

  /** Removes what stands there as this relay knows it; what somebody put there since stays, and is told. @throws EngineUnavailable */
  async forget(subscription: string, key: string): Promise<void> {
    const standing = this.#rooms.get(subscription)?.get(key);
    if (standing === undefined) return;
    try {
      await this.#asOwn(key, () => this.kv.forget(key, standing.revision));
      this.#clear(key);
      this.#deleted.set(key, Math.max(standing.revision, this.#deleted.get(key) ?? 0));
    } catch (error) {
      if (!(error instanceof RevisionConflict)) throw error;
      const present = await this.kv.get(key);
      this.#clear(key);
      if (present !== undefined) this.#apply(present);
    }
  }

  /** Removes everything of a subscription that ended. @throws EngineUnavailable */
  async clear(subscription: string): Promise<void> {
    for (const key of [...(this.#rooms.get(subscription)?.keys() ?? [])]) await this.forget(subscription, key);
  }

  /** Whether the store still has it: the watch may not have told yet what another relay did last. @throws EngineUnavailable */
  async stands(key: string): Promise<boolean> {
    return (await this.kv.get(key)) !== undefined;
  }

  async #asOwn<T>(key: string, write: () => Promise<T>): Promise<T> {
    this.#writing.set(key, (this.#writing.get(key) ?? 0) + 1);
    try {
      return await write();
    } finally {
      const left = (this.#writing.get(key) ?? 1) - 1;
      if (left === 0) this.#writing.delete(key);
      else this.#writing.set(key, left);
    }
  }

  async #begin(): Promise<void> {
    const seen = new Set<string>();
    const before = this.#newest;
    let telling = true;
    const watch = await this.kv.watch((entry) => {
      if (telling) seen.add(entry.key);
      this.#newest = Math.max(this.#newest, entry.revision);
      this.#apply(entry);
    });
    this.#watch = watch;
    await watch.ready;
    telling = false;
    for (const room of this.#rooms.values()) {
      for (const [key, { revision }] of room) {
        if (!seen.has(key) && revision <= before) this.#apply({ key, value: undefined, revision: revision + 1 });
      }
    }
    void watch.ended.then(() => this.#again());
  }

  async #again(): Promise<void> {
    while (await waited(REWATCH_MS, this.#stopped.signal)) {
      try {
        return await this.#begin();
      } catch (error) {
        this.log.warn({ err: error }, 'what waits is not watched; trying again');
      }
    }
  }

  #apply({ key, value, revision }: KeyValueEntry): void {
    const subscription = key.slice(0, key.indexOf('.'));
    const standing = this.#rooms.get(subscription)?.get(key);
    if (value === undefined) {
      // From here on nothing older is told.
      this.#deleted.delete(key);
      if (standing === undefined || standing.revision >= revision) return;
      this.#clear(key);
      if (!this.#writing.has(key)) this.#listeners.get(subscription)?.(key, undefined);
      return;
    }
    if (standing !== undefined && standing.revision >= revision) return;
    if ((this.#deleted.get(key) ?? 0) >= revision) return;
    const entry = this.#read(key, value);
    if (entry === undefined) return;
    this.#set(key, { entry, revision });
    if (!this.#writing.has(key)) this.#listeners.get(subscription)?.(key, entry);
  }

  #read(key: string, value: Uint8Array): WaitingDelivery | undefined {
    try {
      const entry = JSON.parse(Buffer.from(value).toString()) as WaitingDelivery;
      if (waitingKey(entry) === key) return entry;
    } catch {
      // Said below.
    }
    const [subscription, stream, sequence] = key.split('.');
    const place = { subscription: subscription ?? '', stream: stream ?? '', sequence: Number(sequence) };
    this.log.error(place, 'an entry of the waiting room cannot be read');
    return undefined;
  }

  #set(key: string, standing: Standing): void {
    const { subscription } = standing.entry;
    const room = this.#rooms.get(subscription) ?? new Map<string, Standing>();
    this.#rooms.set(subscription, room);
    const present = room.get(key);
    if (present === undefined || present.revision < standing.revision) room.set(key, standing);
  }

  #clear(key: string): void {
    const subscription = key.slice(0, key.indexOf('.'));
    const room = this.#rooms.get(subscription);
    room?.delete(key);
    if (room?.size === 0) this.#rooms.delete(subscription);
  }
}
