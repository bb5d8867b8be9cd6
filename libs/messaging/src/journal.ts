import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { headerPairs } from './event-log.js';
import { refuseConsumerDifference } from './topology.js';

export interface JournalOptions {
  /** Name of the reader; its position survives restarts. */
  readonly durable: string;
  /** Most messages in one batch. */
  readonly maxBatch?: number;
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

const ACK_WAIT_MS = 60_000;
const CONSUMER_NOT_FOUND = 10014;

/**
 * Reads a whole stream in order, in batches as large as what has arrived meanwhile: nothing is waited for,
 * and a reader that is behind gets full batches. Acknowledging a batch acknowledges all before it, so one
 * reader at a time; what is handed out twice has the same sequence twice.
 */
export class Journal {
  #arrived: JsMsg[] = [];
  #wake: () => void = () => undefined;
  #stopped = false;

  private constructor(
    private readonly consumer: Consumer,
    private readonly maxBatch: number,
  ) {}

  static async open(
    js: JetStreamClient,
    jsm: JetStreamManager,
    stream: string,
    options: JournalOptions,
  ): Promise<Journal> {
    const maxBatch = options.maxBatch ?? 500;
    const config = {
      durable_name: options.durable,
      ack_policy: AckPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: maxBatch * 4,
      max_deliver: -1,
      ...(await takeOver(jsm, stream, options.durable)),
    };
    const info = await jsm.consumers.add(stream, config);
    refuseConsumerDifference({ ack_policy: config.ack_policy, max_deliver: config.max_deliver }, info);
    return new Journal(await js.consumers.get(stream, options.durable), maxBatch);
  }

  /** Batches until `stop`; survives reconnects. */
  async *batches(): AsyncGenerator<JournalBatch> {
    const messages = await this.consumer.consume({ max_messages: this.maxBatch * 2 });
    const reading = this.#collect(messages);
    try {
      while (!this.#stopped) {
        if (this.#arrived.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
        const taken = this.#arrived.splice(0, this.maxBatch);
        if (taken.length > 0) yield batchOf(taken);
      }
    } finally {
      await messages.close();
      await reading;
    }
  }

  async #collect(messages: AsyncIterable<JsMsg>): Promise<void> {
    for await (const message of messages) {
      this.#arrived.push(message);
      this.#wake();
    }
    this.#stopped = true;
    this.#wake();
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
 * Where the reader before this one stopped. Its consumer is replaced by one that starts there: otherwise what it
 * had been handed and not acknowledged would come again only after the acknowledgement wait.
 */
async function takeOver(
  jsm: JetStreamManager,
  stream: string,
  durable: string,
): Promise<Pick<ConsumerConfig, 'deliver_policy' | 'opt_start_seq'>> {
  try {
    const { ack_floor } = await jsm.consumers.info(stream, durable);
    await jsm.consumers.delete(stream, durable);
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: ack_floor.stream_seq + 1 };
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== CONSUMER_NOT_FOUND) throw error;
    return { deliver_policy: DeliverPolicy.All };
  }
}

function batchOf(messages: readonly JsMsg[]): JournalBatch {
  const last = messages.at(-1)!;
  return {
    items: messages.map((message) => ({
      stream: message.info.stream,
      sequence: message.seq,
      subject: message.subject,
      time: message.time,
      headers: headerPairs(message.headers as Iterable<[string, string[]]> | undefined),
      body: message.data,
    })),
    ack: async () => {
      await last.ackAck();
    },
  };
}
