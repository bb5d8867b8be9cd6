import { jetstream, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { conditionOf, type EngineCondition } from './condition.js';
import { closeInOrder, connectPatiently, managerPatiently, refuseOldServer } from './connecting.js';
import { DeliveryQueue, type DeliveryQueueOptions } from './delivery-queue.js';
import { EngineUnavailable } from './errors.js';
import { EventLog } from './event-log.js';
import { GroupCommit, type GroupCommitOptions } from './group-commit.js';
import { type DepositRecord, Inboxes } from './inbox-deposits.js';
import { Journal, type JournalItem, type JournalOptions } from './journal.js';
import { type Bucket, BUCKETS, type KeyValue, openBucket, streamOfBucket } from './key-value.js';
import { Link, type LinkLog } from './link.js';
import { answered } from './messages.js';
import { NumberLog } from './number-log.js';
import { ParkedLog } from './parked-log.js';
import { RecordLog, type Rejection, type Step } from './records.js';
import { countsOf, messageAt, type QueueOf, type QueueStanding, standingOf, type StreamCounts } from './standing.js';
import { refuseUnsyncedServers } from './monitors.js';
import { ensureStreams, FAMILIES, streamOf, streams, type TopologyOptions } from './topology.js';

export interface EngineOptions {
  /** One or several `nats://host:port`, separated by commas. */
  readonly servers: string;
  /** User of the engine; also the prefix of its private inbox, `_INBOX_<user>`. */
  readonly user: string;
  readonly password: string;
  /** Name of the connection as the engine's own tools show it. */
  readonly name: string;
  readonly log: LinkLog;
  /** `production` refuses servers without this year's security fixes. */
  readonly profile?: 'development' | 'production';
  /**
   * Monitoring addresses of the servers, separated by commas; when given, start-up refuses a server that does not fsync
   * before it acknowledges. Of a cluster give all: only the one that leads tells who is away.
   */
  readonly monitorUrl?: string;
  readonly topology?: Partial<TopologyOptions>;
  readonly commit?: Partial<GroupCommitOptions>;
  /** Milliseconds to keep trying to connect at start. */
  readonly connectTimeoutMs?: number;
  /** Milliseconds to wait for the streams, for an app that does not create them itself; apps start in any order. */
  readonly streamsWithinMs?: number;
}

const TOPOLOGY: TopologyOptions = {
  families: FAMILIES,
  replicas: 1,
  retentionDays: 30,
  rejectedRetentionDays: 7,
  maxStreamBytes: -1,
  duplicateWindowMs: 600_000,
};

const COMMIT: GroupCommitOptions = {
  maxBatch: 256,
  maxBatchBytes: 16 * 1024 * 1024,
  maxWaitingBytes: 64 * 1024 * 1024,
  commitTimeoutMs: 5_000,
  gatherMs: 0,
};

/** Steps are off every hot path: a few milliseconds spare most of their fsyncs. */
const STEPS_GATHER_MS = 10;

/** Best effort, at most once: spans for the built-in store. Never a fact about an event. */
export interface SpanChannel {
  publish(bytes: Uint8Array): void;
  subscribe(handler: (bytes: Uint8Array) => void): void;
}

/** How often a start looks whether the streams are there. */
const LOOK_EVERY_MS = 250;
/** Milliseconds that a connection that was lost just now may take to be back. */
const SOON_MS = 500;

const SPANS = 'telemetry.spans';

/** One connection to NATS JetStream and everything that the house does with it. */
export class Engine {
  readonly events: EventLog;
  readonly steps: RecordLog<Step>;
  readonly rejected: RecordLog<Rejection>;
  readonly parked: ParkedLog;
  readonly numbers: NumberLog;
  /** Of organisations that read with NATS. */
  readonly inboxes: Inboxes;
  readonly #topology: TopologyOptions;
  readonly #commitOptions: GroupCommitOptions;
  readonly #commits = new Map<string, GroupCommit>();
  readonly #monitorUrl: string | undefined;

  private constructor(
    /** @internal for the Nest transport of this room. */
    readonly connection: NatsConnection,
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
    private readonly link: Link,
    options: EngineOptions,
  ) {
    this.#topology = { ...TOPOLOGY, ...options.topology };
    this.#commitOptions = { ...COMMIT, ...options.commit };
    this.#monitorUrl = options.monitorUrl;
    const commits = (stream: string) => this.#commit(stream);
    this.events = new EventLog(jsm, commits);
    this.steps = new RecordLog(commits('STEPS'), (step) => `steps.${step.kind}.${step.sourceorg}`);
    this.rejected = new RecordLog(commits('REJECTED'), (rejection) => `rejected.${rejection.org}`);
    this.parked = new ParkedLog(commits('PARKED'), jsm);
    this.numbers = new NumberLog(js, jsm);
    this.inboxes = new Inboxes({
      js,
      jsm,
      commit: () => new GroupCommit(connection, link, this.#commitOptions),
      records: new RecordLog<DepositRecord>(commits('DEPOSITS'), ({ subscription }) => `deposits.${subscription}`),
    });
  }

  /** Connects and checks the server; throws EngineRefusal with one clear line when it is not good enough. */
  static async connect(options: EngineOptions): Promise<Engine> {
    const deadline = Date.now() + (options.connectTimeoutMs ?? 15_000);
    const connection = await connectPatiently(options, deadline);
    try {
      refuseOldServer(connection.info?.version ?? '0', options.profile ?? 'development');
      if (options.monitorUrl !== undefined) await refuseUnsyncedServers(options.monitorUrl);
      const jsm = await managerPatiently(connection, options, deadline);
      const engine = new Engine(connection, jetstream(connection), jsm, new Link(connection, options.log), options);
      if (options.streamsWithinMs !== undefined) await engine.#streamsStand(options.streamsWithinMs);
      return engine;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  get families(): readonly string[] {
    return this.#topology.families;
  }

  /** Creates what is missing, updates what differs, and refuses to go on when the server did not take it over. */
  async ensureTopology(): Promise<void> {
    await ensureStreams(this.jsm, this.#topology);
    for (const bucket of BUCKETS) await this.#bucket(bucket, true);
  }

  /** Readiness: every stream and bucket is there. A wrong encryption key, for one, only makes them vanish. */
  async verify(): Promise<void> {
    if (!this.link.up) throw new EngineUnavailable('There is no connection to the engine');
    const missing: string[] = [];
    for (const name of this.#expected()) {
      await this.jsm.streams.info(name).catch((error: unknown) => {
        // Without JetStream none of them answers, and each would be waited for.
        if (error instanceof EngineUnavailable) throw error;
        missing.push(name);
      });
    }
    if (missing.length > 0) throw new EngineUnavailable(`Streams are missing or unreadable: ${missing.join(', ')}`);
  }

  #expected(): string[] {
    return [...streams(this.#topology).map((stream) => stream.name!), ...BUCKETS.map(streamOfBucket)];
  }

  /** How the engine is: its streams and who reads them, its copies and its room, in its own figures. @throws EngineUnavailable */
  async condition(): Promise<EngineCondition> {
    if (!this.link.up) throw new EngineUnavailable('There is no connection to the engine');
    const { version = 'unknown', server_name: server = 'unknown', cluster } = this.connection.info ?? {};
    const monitorUrl = this.#monitorUrl;
    return conditionOf({ jsm: this.jsm, info: { version, server, cluster }, monitorUrl, expected: this.#expected() });
  }

  /** By stream: for how many milliseconds it keeps a message; 0 = for good. @throws EngineUnavailable */
  async retentions(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const kept = await Promise.all(
      names.map(async (name) => {
        const { config } = await answered(() => this.jsm.streams.info(name));
        return [name, config.max_age / 1_000_000] as const;
      }),
    );
    return new Map(kept);
  }

  async #streamsStand(withinMs: number): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      try {
        return await this.verify();
      } catch (error) {
        if (Date.now() >= deadline) throw error;
        await delay(LOOK_EVERY_MS);
      }
    }
  }

  kv(bucket: Bucket): Promise<KeyValue> {
    return this.#bucket(bucket, false);
  }

  /** The durable place of a webhook subscription in one family; `undefined` when it asks for no type of that family. */
  deliveries(options: DeliveryQueueOptions): Promise<DeliveryQueue | undefined> {
    return DeliveryQueue.open({ js: this.js, jsm: this.jsm, link: this.link }, options);
  }

  /**
   * Sequence up to which the relay has taken everything of a family from a subscription's place: delivered, ended, or set
   * aside in the waiting room. `undefined` when it has no place there, or one that began elsewhere.
   * @param begins where the subscription begins now
   */
  takenUpTo(
    id: string,
    family: string,
    begins?: Pick<DeliveryQueueOptions, 'startSequence' | 'sought'>,
  ): Promise<number | undefined> {
    return DeliveryQueue.position(this.jsm, id, family, begins);
  }

  /**
   * Sequence of a family's stream up to which a webhook subscription has everything behind it: acknowledged, and nothing of
   * it in the waiting room. `undefined` when it has no place there.
   */
  async deliveryPosition(id: string, family: string): Promise<number | undefined> {
    const acknowledged = await DeliveryQueue.position(this.jsm, id, family);
    if (acknowledged === undefined) return undefined;
    const waiting = await (await this.kv('WAITING')).keys(`${id}.${streamOf(family)}.>`);
    return Math.min(acknowledged, ...waiting.map((key) => Number(key.slice(key.lastIndexOf('.') + 1)) - 1));
  }

  /**
   * How the consumer of a subscription stands in one family; `undefined` while there is none.
   * @param last sequence of the newest message of the family's stream, from {@link counts}, asked for before
   */
  deliveryStanding(subscription: QueueOf, family: string, last: number): Promise<QueueStanding | undefined> {
    return standingOf(this.jsm, subscription, family, last);
  }

  /** What the engine itself counts in a stream, to be held against what a reader has read. */
  counts(stream: string): Promise<StreamCounts> {
    return countsOf(this.jsm, stream);
  }

  /** The message at a sequence of any stream; `undefined` when none lies there (any more). */
  message(stream: string, sequence: number): Promise<JournalItem | undefined> {
    return messageAt(this.jsm, stream, sequence);
  }

  /** Forgets the place of a subscription that was deleted. */
  removeDeliveries(id: string, family: string): Promise<void> {
    return DeliveryQueue.remove(this.jsm, id, family);
  }

  /** Ids of all subscriptions that have a place in a family, whether they still exist or not. */
  deliveryHolders(family: string): Promise<string[]> {
    return answered(() => DeliveryQueue.holders(this.jsm, family));
  }

  /** Reads a stream (`EVENTS_…`, `STEPS`, `REJECTED`, `PARKED`) in order and in batches, with a position that survives. */
  journal(stream: string, options: JournalOptions): Promise<Journal> {
    return Journal.open({ js: this.js, jsm: this.jsm, link: this.link, stream }, options);
  }

  /** Sequence of the newest message of a stream; 0 = none yet. What a reader has not reached yet is the difference. */
  async lastSequence(stream: string): Promise<number> {
    return (await this.jsm.streams.info(stream)).state.last_seq;
  }

  /**
   * Sequence of the newest message that a stream still keeps; 0 = it keeps none. Whoever watches asks this: without a
   * connection it fails soon.
   *
   * @throws EngineUnavailable
   */
  async newestKept(stream: string): Promise<number> {
    const { state } = await this.link.ask(() => answered(() => this.jsm.streams.info(stream)), SOON_MS);
    return state.messages === 0 ? 0 : state.last_seq;
  }

  readonly spans: SpanChannel = {
    publish: (bytes) => {
      if (this.link.up) this.connection.publish(SPANS, bytes);
    },
    subscribe: (handler) => {
      this.connection.subscribe(SPANS, {
        callback: (error, message) => {
          if (error === null) handler(message.data);
        },
      });
    },
  };

  /**
   * One question to whichever instance of an app answers for the subject, and its answer; nothing is kept of either.
   * @param subject below `ask.`, for example `ask.relay.test`
   * @throws EngineUnavailable when nobody answers within `timeoutMs`
   */
  async ask(subject: string, question: object, timeoutMs: number): Promise<unknown> {
    try {
      const answer = await this.connection.request(subject, JSON.stringify(question), { timeout: timeoutMs });
      return answer.json();
    } catch (error) {
      throw new EngineUnavailable(`Nobody answered ${subject} in time`, error);
    }
  }

  /** Answers questions put with {@link ask}; instances of one app share them. @param handler answers JSON, never throws */
  answer(subject: string, group: string, handler: (question: unknown) => Promise<object>): void {
    this.connection.subscribe(subject, {
      queue: group,
      callback: (error, message) => {
        if (error !== null) return;
        void handler(message.json()).then((answer) => message.respond(JSON.stringify(answer)));
      },
    });
  }

  status(): { connected: boolean; server: string; version: string } {
    return {
      connected: this.link.up,
      server: this.connection.getServer(),
      version: this.connection.info?.version ?? 'unknown',
    };
  }

  /** Resolves when the connection is closed for good, with the error that closed it. */
  closed(): Promise<Error | void> {
    return this.connection.closed();
  }

  /** Finishes what is under way, as far as the engine still answers, and closes. */
  async drain(): Promise<void> {
    // Records are published behind their callers' backs: an orderly stop must not leave them behind.
    if (this.link.up) await Promise.all([...this.#commits.values()].map((commit) => commit.settled()));
    await closeInOrder(this.connection, this.link.up, this.#commitOptions.commitTimeoutMs);
  }

  #commit(stream: string): GroupCommit {
    let commit = this.#commits.get(stream);
    if (commit === undefined) {
      const gatherMs = stream === 'STEPS' ? STEPS_GATHER_MS : this.#commitOptions.gatherMs;
      commit = new GroupCommit(this.connection, this.link, { ...this.#commitOptions, gatherMs });
      this.#commits.set(stream, commit);
    }
    return commit;
  }

  #bucket(bucket: Bucket, create: boolean): Promise<KeyValue> {
    return openBucket(this.connection, bucket, { replicas: this.#topology.replicas, create, link: this.link });
  }
}
