import { Refusal } from '@signalbox/contracts';
import { RevisionConflict, type KeyValue, type KeyValueEntry, type KeyValueWatch } from '@signalbox/messaging';
import type { HealthState, Log } from '@signalbox/runtime';
import { keyOf, kindOfKey, type Kind, type Records } from './model.js';

/** The part of the engine that the registry lives in. */
export interface RegistryEngine {
  kv(bucket: 'REGISTRY'): Promise<KeyValue>;
  status(): { readonly connected: boolean };
}

/** Told after a record changed; `value` is undefined when it was deleted. */
export type ChangeListener<K extends Kind> = (key: string, value: Records[K] | undefined) => void;

interface Held {
  readonly kind: Kind;
  readonly value: unknown;
}

type ChangeOf = (kind: Kind, key: string, value: unknown) => void;

const MAX_ATTEMPTS = 8;
/** Milliseconds between attempts to watch again after the watch ended. */
const REWATCH_MS = 500;

/** The records of one bucket, held in memory as its watch tells them, and changed by comparing and setting. */
export class RecordStore {
  readonly #held = new Map<string, Held>();
  /** Also of deleted keys: a late watch entry must not undo what is newer. */
  readonly #revisions = new Map<string, number>();
  readonly #listeners = new Map<Kind, Set<ChangeListener<Kind>>>();
  #watch: KeyValueWatch | undefined;
  #watching = false;
  #closed = false;
  #retry: NodeJS.Timeout | undefined;

  #applied: ChangeOf = () => undefined;

  constructor(
    private readonly engine: RegistryEngine,
    private readonly kv: KeyValue,
    private readonly log: Log,
  ) {}

  /** Told of every change before the listeners are. */
  onApplied(applied: ChangeOf): void {
    this.#applied = applied;
  }

  /** Resolves when the whole present state is in memory. */
  start(): Promise<void> {
    return this.#startWatch();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#watch?.stop();
  }

  health(): HealthState {
    if (this.#watching && this.engine.status().connected)
      return { state: 'up', sentence: `${String(this.#held.size)} records in memory.` };
    return {
      state: 'degraded',
      sentence: 'Serving the last known registry: changes are not seen until the engine is back.',
    };
  }

  onChange<K extends Kind>(kind: K, listener: ChangeListener<K>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    listeners.add(listener as ChangeListener<Kind>);
    this.#listeners.set(kind, listeners);
    return () => void listeners.delete(listener as ChangeListener<Kind>);
  }

  /** Whether the store says that there was a record and is none any more. */
  wasDeleted(key: string): boolean {
    return this.#revisions.has(key) && !this.#held.has(key);
  }

  /** Compare and set: the change is made over the revision it was made from, or made again. */
  async change<K extends Kind>(
    kind: K,
    named: Records[K],
    change: (current: Records[K] | undefined) => Records[K],
  ): Promise<Records[K]> {
    const key = keyOf(kind, named);
    for (let attempt = 1; ; attempt++) {
      const entry = await reached(this.kv.get(key));
      const current = entry?.value && withRevision(kind, parsed<Records[K]>(entry.value), entry.revision);
      const next = change(current || undefined);
      if (keyOf(kind, next) !== key) throw new TypeError('a change may not move a record to another key');
      try {
        const bytes = JSON.stringify(next);
        const revision = await reached(
          entry?.value ? this.kv.update(key, bytes, entry.revision) : this.kv.create(key, bytes),
        );
        return this.#apply(kind, key, next, revision) as Records[K];
      } catch (error) {
        if (!(error instanceof RevisionConflict)) throw error;
        if (attempt >= MAX_ATTEMPTS)
          throw new Refusal('SB-5030', 'The record is being changed by others', { retryAfter: 1, cause: error });
      }
    }
  }

  async delete(key: string): Promise<void> {
    await reached(this.kv.delete(key));
    const kind = kindOfKey(key);
    // The watch will tell it again under its own, higher revision.
    if (kind) this.#apply(kind, key, undefined, this.#revisions.get(key) ?? 0, true);
  }

  async #startWatch(): Promise<void> {
    let seen: Set<string> | undefined = new Set();
    let newest = 0;
    const watch = await this.kv.watch((entry) => {
      seen?.add(entry.key);
      newest = entry.revision;
      this.#take(entry);
    });
    this.#watch = watch;
    await watch.ready;
    this.#forgetVanished(seen, newest);
    seen = undefined;
    this.#watching = true;
    void watch.ended.then(() => {
      this.#watching = false;
      this.#watchAgain();
    });
  }

  /** What was deleted without a trace while nobody watched; what this process wrote since is newer than the watch and stays. */
  #forgetVanished(seen: ReadonlySet<string>, newest: number): void {
    for (const [key, { kind }] of this.#held) {
      const revision = this.#revisions.get(key) ?? 0;
      if (!seen.has(key) && revision <= newest) this.#apply(kind, key, undefined, revision, true);
    }
  }

  #watchAgain(): void {
    if (this.#closed) return;
    this.log.warn({}, 'the watch of the registry ended; watching again');
    this.#retry = setTimeout(() => {
      this.#startWatch().catch((error: unknown) => {
        this.log.warn({ err: error }, 'the registry cannot be watched yet');
        this.#watchAgain();
      });
    }, REWATCH_MS);
    this.#retry.unref();
  }

  #take(entry: KeyValueEntry): void {
    const kind = kindOfKey(entry.key);
    if (!kind) return;
    try {
      this.#apply(kind, entry.key, entry.value && parsed(entry.value), entry.revision);
    } catch (error) {
      this.log.error(
        { kind, sequence: entry.revision, err: error },
        'a record of the registry cannot be read; the last good one stays',
      );
    }
  }

  #apply(kind: Kind, key: string, value: unknown, revision: number, forced = false): unknown {
    if (!forced && revision <= (this.#revisions.get(key) ?? 0)) return this.#held.get(key)?.value ?? value;
    this.#revisions.set(key, revision);
    const before = this.#held.get(key)?.value;
    if (value === undefined && before === undefined) return undefined;
    const next = value === undefined ? undefined : Object.freeze(withRevision(kind, value as Records[Kind], revision));
    if (next === undefined) this.#held.delete(key);
    else this.#held.set(key, { kind, value: next });
    this.#applied(kind, key, next);
    for (const listener of this.#listeners.get(kind) ?? []) this.#tell(listener, key, next);
    return next;
  }

  #tell(listener: ChangeListener<Kind>, key: string, value: unknown): void {
    try {
      listener(key, value as Records[Kind] | undefined);
    } catch (error) {
      this.log.error({ err: error }, 'a listener of the registry failed');
    }
  }

  get<K extends Kind>(_kind: K, key: string): Records[K] | undefined {
    return this.#held.get(key)?.value as Records[K] | undefined;
  }

  all<K extends Kind>(kind: K): Records[K][] {
    const found: Records[K][] = [];
    for (const held of this.#held.values()) if (held.kind === kind) found.push(held.value as Records[K]);
    return found;
  }
}

/** A store that does not answer is a refusal to try again later; a lost race is the caller's to handle. */
async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RevisionConflict) throw error;
    throw new Refusal('SB-5030', 'The registry cannot be reached now', { retryAfter: 1, cause: error });
  }
}

const parsed = <T>(bytes: Uint8Array): T => JSON.parse(Buffer.from(bytes).toString('utf8')) as T;

const withRevision = <K extends Kind>(kind: K, value: Records[K], revision: number): Records[K] =>
  kind === 'subscription' ? { ...value, revision } : value;
