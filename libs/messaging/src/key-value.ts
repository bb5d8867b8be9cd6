import { JetStreamApiError, type JetStreamManager, type StoredMsg } from '@nats-io/jetstream';
import { type KV, type KvEntry, Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import { refuseDifference } from './topology.js';
import { RevisionConflict } from './errors.js';
import { type Link, LinkLost } from './link.js';
import { readPage } from './messages.js';

/**
 * The buckets of the house: who may do what and what they asked for; how far each pull subscription has read; deliveries
 * that are due outside the order of their stream; which relays live and what each of them drives; how subscriptions fare; who
 * was shown the values of an event.
 */
export const BUCKETS = ['REGISTRY', 'CURSORS', 'WAITING', 'RELAYS', 'HEALTH', 'DISCLOSURES'] as const;
export type Bucket = (typeof BUCKETS)[number];

/** Buckets whose keys are used once: what tells that one was deleted goes away after a day. */
const PASSING: ReadonlySet<Bucket> = new Set(['WAITING', 'RELAYS']);
const DELETED_IS_TOLD_MS = 86_400_000;
const DELETED_IS_TOLD = '24h';

/** The stream in which the engine keeps a bucket. */
export const streamOfBucket = (bucket: Bucket): string => `KV_${bucket}`;

export interface KeyValueEntry {
  readonly key: string;
  /** `undefined`: the key was deleted. */
  readonly value: Uint8Array | undefined;
  readonly revision: number;
}

/** A watched, compare-and-set store of small values. */
export interface KeyValue {
  get(key: string): Promise<KeyValueEntry | undefined>;
  /** Answers the new revision. */
  put(key: string, value: Uint8Array | string): Promise<number>;
  /** Writes only if the key is absent, else RevisionConflict. */
  create(key: string, value: Uint8Array | string): Promise<number>;
  /** Writes only over `revision`, else RevisionConflict. */
  update(key: string, value: Uint8Array | string, revision: number): Promise<number>;
  delete(key: string, revision?: number): Promise<void>;
  /**
   * Deletes, and leaves nothing behind after a day: for keys that are used once, in `WAITING` and `RELAYS` only.
   * @throws RevisionConflict when something newer than `revision` stands there
   */
  forget(key: string, revision?: number): Promise<void>;
  /**
   * The present keys that match, `*` standing for one word and a last `>` for the rest. In a cluster what was written a moment
   * ago may be missing.
   */
  keys(pattern: string): Promise<string[]>;
  /** Calls `onEntry` for every present entry and then for every change. `ready` resolves when the present state was told. */
  watch(onEntry: (entry: KeyValueEntry) => void): Promise<KeyValueWatch>;
}

export interface KeyValueWatch {
  readonly ready: Promise<void>;
  /** Resolves when the watch ends, by `stop` or because the connection closed. */
  readonly ended: Promise<void>;
  stop(): void;
}

/** Milliseconds to wait for a connection before a call counts as failed. */
const ANSWER_WITHIN_MS = 5_000;

const WRONG_LAST_SEQUENCE = new Set([10071, 10164]);

/** How many entries are read at once when keys are asked for. */
const PAGE = 1_000;
/** Headers of what stands where a key was: who deleted it, and what the engine leaves when its time was over. */
const OPERATION = 'KV-Operation';
const MARKER = 'Nats-Marker-Reason';

/** Opens (and creates, when `create` is set) a bucket, read back like every stream. */
export async function openBucket(
  connection: NatsConnection,
  bucket: Bucket,
  options: { readonly replicas: number; readonly create: boolean; readonly link: Link },
): Promise<KeyValue> {
  const kvm = new Kvm(connection);
  if (!options.create) return new NatsKeyValue(await kvm.open(bucket), options.link);
  const kv = await kvm.create(bucket, {
    history: 1,
    replicas: options.replicas,
    ...(PASSING.has(bucket) && { markerTTL: DELETED_IS_TOLD_MS }),
  });
  const { streamInfo } = await kv.status();
  refuseDifference(`bucket ${bucket}`, { num_replicas: options.replicas, max_msgs_per_subject: 1 }, streamInfo.config);
  return new NatsKeyValue(kv, options.link);
}

/** What every bucket of the client stands on. */
type Bucketed = KV & { readonly jsm: JetStreamManager; readonly stream: string; readonly bucket: string };

class NatsKeyValue implements KeyValue {
  constructor(
    private readonly kv: KV,
    private readonly link: Link,
  ) {}

  async get(key: string): Promise<KeyValueEntry | undefined> {
    const entry = await this.#repeated(() => this.kv.get(key));
    return entry === null || entry.operation !== 'PUT' ? undefined : entryOf(entry);
  }

  put(key: string, value: Uint8Array | string): Promise<number> {
    return this.#repeated(() => this.kv.put(key, value));
  }

  create(key: string, value: Uint8Array | string): Promise<number> {
    return conflicting(
      key,
      this.#once(() => this.kv.create(key, value)),
    );
  }

  update(key: string, value: Uint8Array | string, revision: number): Promise<number> {
    return conflicting(
      key,
      this.#once(() => this.kv.update(key, value, revision)),
    );
  }

  async delete(key: string, revision?: number): Promise<void> {
    if (revision === undefined) await this.#repeated(() => this.kv.delete(key));
    else
      await conflicting(
        key,
        this.#once(() => this.kv.delete(key, { previousSeq: revision })),
      );
  }

  async forget(key: string, revision?: number): Promise<void> {
    const options = { ttl: DELETED_IS_TOLD, ...(revision !== undefined && { previousSeq: revision }) };
    const purge = () => this.kv.purge(key, options);
    if (revision === undefined) await this.#repeated(purge);
    else await conflicting(key, this.#once(purge));
  }

  /** Page by page: the client's own way leaves a consumer in the engine for minutes, and a bucket can have a thousand of them. */
  async keys(pattern: string): Promise<string[]> {
    const { jsm, stream } = this.kv as Bucketed;
    const found = new Set<string>();
    for (let after = 0; ;) {
      const next = { seq: after + 1, batch: PAGE, next_by_subj: this.#prefix + pattern };
      const page = await this.#repeated(() => readPage(jsm, stream, next));
      for (const message of page.filter(isPresent)) found.add(message.subject.slice(this.#prefix.length));
      const last = page.at(-1);
      if (last === undefined) return [...found];
      after = last.seq;
    }
  }

  get #prefix(): string {
    return `$KV.${(this.kv as Bucketed).bucket}.`;
  }

  #once<T>(call: () => Promise<T>): Promise<T> {
    return this.link.ask(call, ANSWER_WITHIN_MS);
  }

  /** What changes nothing by being done twice is done again when the connection was lost in between. */
  async #repeated<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await this.#once(call);
    } catch (error) {
      if (error instanceof LinkLost) return this.#once(call);
      throw error;
    }
  }

  async watch(onEntry: (entry: KeyValueEntry) => void): Promise<KeyValueWatch> {
    const { state } = (await this.kv.status()).streamInfo;
    const iterator = await this.kv.watch();
    const told = Promise.withResolvers<void>();
    if (state.messages === 0) told.resolve();
    const ended = (async () => {
      for await (const entry of iterator) {
        onEntry(entryOf(entry));
        // Nothing of the present state is left to tell. The newest revision itself may be gone: what told of a deletion.
        if (entry.isUpdate || entry.delta === 0) told.resolve();
      }
    })();
    ended.then(
      () => told.reject(new Error('the watch ended before the present state was told')),
      (error: unknown) => told.reject(error),
    );
    told.promise.catch(() => undefined);
    return { ready: told.promise, ended: ended.catch(() => undefined), stop: () => iterator.stop() };
  }
}

function entryOf(entry: KvEntry): KeyValueEntry {
  return {
    key: entry.key,
    value: entry.operation === 'PUT' ? entry.value : undefined,
    revision: entry.revision,
  };
}

const isPresent = ({ header }: StoredMsg): boolean =>
  !['DEL', 'PURGE'].includes(header.get(OPERATION)) && !header.has(MARKER);

async function conflicting<T>(key: string, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code))
      throw new RevisionConflict(key, error);
    throw error;
  }
}
