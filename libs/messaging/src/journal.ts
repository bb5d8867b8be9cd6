import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { errors, nanos } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { headerPairs } from './event-log.js';
import type { Link } from './link.js';
import { refuseConsumerDifference } from './topology.js';

export interface JournalOptions {
  /** Name of the reader; its position survives restarts. */
  readonly durable: string;
  /** Most messages in one batch. */
  readonly maxBatch?: number;
  /** Milliseconds to let a batch grow once something has arrived; default 0. Fewer, larger batches cost the reader less. */
  readonly gatherMs?: number;
}

/** One message of a stream as a reader of the journal gets it. */
export interface JournalItem {
  readonly stream: string;
  readonly sequence: number;
  readonly subject: string;
  readonly time: Date;
  readonly headers: readonly [string, string][];
  readonly body: Uint8Array;
}

/** What arrived together. Acknowledge it after it was recorded; a reader that cannot record yet tries again itself. */
export interface JournalBatch {
  readonly items: readonly JournalItem[];
  ack(): Promise<void>;
}

const DEFAULT_BATCH = 500;
const ACK_WAIT_MS = 60_000;
const REOPEN_AFTER_MS = 250;
const CONSUMER_NOT_FOUND = 10014;

/** What a journal stands on; see {@link Engine.journal}. */
export interface JournalParts {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly link: Pick<Link, 'onBack'>;
  readonly stream: string;
}

/**
 * Reads a whole stream in order and without a gap, in batches as large as what has arrived meanwhile; a reader that
 * is behind gets full batches. Acknowledging a batch acknowledges all before it, so one reader
 * at a time.
 *
 * What was under way when a connection broke is lost to the reader though the engine counts it as handed out, and what
 * comes next would acknowledge it unseen. So after every break, and whenever a delivery is missing, the journal begins
 * again after the last acknowledgement and passes over what it has handed out already.
 */
export class Journal {
  #arrived: JsMsg[] = [];
  /** The sequence that must come next. */
  #next = 1;
  #acknowledged = 0;
  /** Nothing more is taken from this consumer: something may be missing. */
  #broken = false;
  #wake: () => void = () => undefined;
  #stopped = false;
  readonly #maxBatch: number;

  private constructor(
    private readonly parts: JournalParts,
    private readonly options: JournalOptions,
    private consumer: Consumer,
  ) {
    this.#maxBatch = options.maxBatch ?? DEFAULT_BATCH;
  }

  static async open(parts: JournalParts, options: JournalOptions): Promise<Journal> {
    const { consumer, from } = await openConsumer(parts, options);
    const journal = new Journal(parts, options, consumer);
    journal.#next = from;
    return journal;
  }

  /** Batches until `stop`; survives reconnects. */
  async *batches(): AsyncGenerator<JournalBatch> {
    const forget = this.parts.link.onBack(() => this.#break());
    try {
      let messages: ConsumerMessages | undefined = await this.#consume();
      for (; messages; messages = await this.#reopen()) {
        const reading = this.#collect(messages);
        try {
          yield* this.#whatArrives();
        } finally {
          await messages.close();
          await reading;
        }
      }
    } finally {
      forget();
    }
  }

  #consume(): Promise<ConsumerMessages> {
    return this.consumer.consume({ max_messages: this.#maxBatch * 2 });
  }

  /** Everything that came in order; ends when the journal stops or has to begin again. */
  async *#whatArrives(): AsyncGenerator<JournalBatch> {
    const { gatherMs = 0 } = this.options;
    while (!this.#stopped) {
      if (gatherMs > 0 && this.#arrived.length > 0 && this.#arrived.length < this.#maxBatch) await delay(gatherMs);
      const taken = this.#arrived.splice(0, this.#maxBatch);
      if (taken.length > 0) yield this.#batchOf(taken);
      else if (this.#broken) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async #collect(messages: AsyncIterable<JsMsg>): Promise<void> {
    // What the consumer hands out it counts. The stream's own sequences may have holes: a batch that a crash cut off.
    let due = 1;
    for await (const message of messages) {
      if (this.#broken) continue;
      if (message.info.deliverySequence !== due) {
        this.#break();
        continue;
      }
      due += 1;
      if (message.seq < this.#next) continue;
      this.#next = message.seq + 1;
      this.#arrived.push(message);
      this.#wake();
    }
    // It ends by itself only when the connection is closed for good.
    if (!this.#broken) this.stop();
  }

  #break(): void {
    this.#broken = true;
    this.#wake();
  }

  /** Begins again after the last acknowledgement, as soon as the engine allows; `undefined` when the journal stops. */
  async #reopen(): Promise<ConsumerMessages | undefined> {
    while (!this.#stopped) {
      this.#broken = false;
      try {
        const { consumer, from } = await openConsumer(this.parts, this.options, this.#acknowledged + 1);
        this.consumer = consumer;
        // Whatever is older than that is no longer kept.
        this.#next = Math.max(this.#next, from);
        return await this.#consume();
      } catch (error) {
        if (error instanceof errors.ClosedConnectionError || error instanceof errors.DrainingConnectionError) return;
        await delay(REOPEN_AFTER_MS);
      }
    }
    return undefined;
  }

  #batchOf(messages: readonly JsMsg[]): JournalBatch {
    const last = messages.at(-1)!;
    return {
      items: messages.map(itemOf),
      ack: async () => {
        await last.ackAck();
        this.#acknowledged = Math.max(this.#acknowledged, last.seq);
      },
    };
  }

  /** Messages that this reader has not been handed yet. */
  async lag(): Promise<number> {
    return (await this.consumer.info()).num_pending + this.#arrived.length;
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }
}

/**
 * Opens the reader's consumer where the acknowledgements end. One that is there is replaced: what it had handed out and
 * was not acknowledged would come again only after the acknowledgement wait.
 *
 * @param atLeast a sequence before which nothing is wanted, whatever the engine remembers
 * @returns the sequence of the first message that it will hand out
 */
async function openConsumer(
  { js, jsm, stream }: JournalParts,
  { durable, maxBatch = DEFAULT_BATCH }: JournalOptions,
  atLeast = 1,
): Promise<{ consumer: Consumer; from: number }> {
  const start = Math.max(atLeast, (await acknowledgedBefore(jsm, stream, durable)) + 1);
  const config = {
    durable_name: durable,
    ack_policy: AckPolicy.All,
    ack_wait: nanos(ACK_WAIT_MS),
    max_ack_pending: maxBatch * 4,
    max_deliver: -1,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: start,
  };
  const info = await jsm.consumers.add(stream, config);
  refuseConsumerDifference({ ack_policy: config.ack_policy, max_deliver: config.max_deliver }, info);
  const { first_seq } = (await jsm.streams.info(stream)).state;
  return { consumer: await js.consumers.get(stream, durable), from: Math.max(start, first_seq) };
}

/** Up to where the reader of this name has acknowledged; 0 if there is none. Its consumer is gone afterwards. */
async function acknowledgedBefore(jsm: JetStreamManager, stream: string, durable: string): Promise<number> {
  try {
    const { ack_floor } = await jsm.consumers.info(stream, durable);
    await jsm.consumers.delete(stream, durable);
    return ack_floor.stream_seq;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_NOT_FOUND) throw error;
    return 0;
  }
}

function itemOf(message: JsMsg): JournalItem {
  return {
    stream: message.info.stream,
    sequence: message.seq,
    subject: message.subject,
    time: message.time,
    headers: headerPairs(message.headers as Iterable<[string, string[]]> | undefined),
    body: message.data,
  };
}
