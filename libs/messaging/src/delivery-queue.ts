import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { decodeStored, headerPairs, type StoredEvent } from './event-log.js';
import { refuseConsumerDifference, streamOf, subjectFilters } from './topology.js';

export interface DeliveryQueueOptions {
  /** Subscription id; with the family it names the durable consumer. */
  readonly id: string;
  readonly family: string;
  readonly types: readonly string[];
  /** Sequence after which the subscription begins, recorded when it was made. */
  readonly startSequence: number;
  /** Milliseconds without a word after which the engine hands the event out again. */
  readonly ackWaitMs?: number;
  /** Most events handed out and not yet settled. */
  readonly maxAckPending?: number;
  /** Events fetched ahead. */
  readonly prefetch?: number;
}

/** One event handed out for delivery. Exactly one of `ack`, `retry` and `term` settles it. */
export interface DeliveryItem {
  readonly stream: string;
  readonly sequence: number;
  /** Decoded when first asked for. @throws when what lies in the stream is no event, so that one such message stops no queue */
  readonly stored: StoredEvent;
  /** 1 for the first time the engine hands it out. */
  readonly attempt: number;
  /** Resolves when the engine has noted that this is done with. */
  ack(): Promise<void>;
  /** Hand it out again after so many milliseconds. */
  retry(delayMs: number): void;
  /** Never hand it out again; only after the reason was recorded. */
  term(reason: string): Promise<void>;
  /** Still at it: the wait for an acknowledgement starts anew. */
  working(): void;
}

/** One relay at a time drives a subscription; another takes over this long after it died. */
const TAKEOVER_MS = 3_000;
const GROUP = 'relay';
const CONSUMER_NOT_FOUND = 10014;

/** A webhook subscription's place in one family's stream: a durable pull consumer, pinned to one relay at a time. */
export class DeliveryQueue {
  #messages: ConsumerMessages | undefined;
  #stopped = false;

  private constructor(
    private readonly consumer: Consumer,
    private readonly stream: string,
    private readonly prefetch: number,
  ) {}

  /** Creates or updates the consumer, reads it back and answers the queue; `undefined` when no type of the family is asked for. */
  static async open(
    js: JetStreamClient,
    jsm: JetStreamManager,
    options: DeliveryQueueOptions,
  ): Promise<DeliveryQueue | undefined> {
    const filters = subjectFilters(options.family, options.types);
    if (filters.length === 0) return undefined;
    const stream = streamOf(options.family);
    const name = queueName(options.id);
    const changeable = {
      ack_wait: nanos(options.ackWaitMs ?? 60_000),
      max_ack_pending: options.maxAckPending ?? 1_000,
      max_deliver: -1,
      filter_subjects: filters,
    };
    const fixed = {
      durable_name: name,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: options.startSequence + 1,
      priority_groups: [GROUP],
      priority_policy: 'pinned_client',
      priority_timeout: nanos(TAKEOVER_MS),
    };
    const exists = await consumerExists(jsm, stream, name);
    const info = exists
      ? await jsm.consumers.update(stream, name, changeable)
      : await jsm.consumers.add(stream, { ...fixed, ...changeable } as ConsumerConfig);
    refuseConsumerDifference({ ...changeable, filter_subjects: undefined }, info);
    refuseConsumerDifference(
      { filters: [...filters].sort() },
      {
        ...info,
        config: { filters: [...(info.config.filter_subjects ?? [info.config.filter_subject])].sort() } as never,
      },
    );
    return new DeliveryQueue(await js.consumers.get(stream, name), stream, options.prefetch ?? 64);
  }

  /** Removes the consumer with its position; the events stay in the stream. */
  static async remove(jsm: JetStreamManager, id: string, family: string): Promise<void> {
    if (await consumerExists(jsm, streamOf(family), queueName(id))) {
      await jsm.consumers.delete(streamOf(family), queueName(id));
    }
  }

  /** Sequence up to which everything is settled: its acknowledgement floor; `undefined` when there is no consumer yet. */
  static async position(jsm: JetStreamManager, id: string, family: string): Promise<number | undefined> {
    const [stream, name] = [streamOf(family), queueName(id)];
    if (!(await consumerExists(jsm, stream, name))) return undefined;
    return (await jsm.consumers.info(stream, name)).ack_floor.stream_seq;
  }

  /** Hands out events until `stop`. Survives reconnects; waits while another relay holds the pin. */
  async *items(): AsyncGenerator<DeliveryItem> {
    this.#messages = await this.consumer.consume({
      max_messages: this.prefetch,
      group: GROUP,
      expires: 5_000,
      idle_heartbeat: 1_000,
    });
    // Stopped while the first request was on its way: what was fetched already is still handed out, to be handed back.
    if (this.#stopped) void this.#messages.close();
    for await (const message of this.#messages) yield itemOf(message, this.stream);
  }

  /** Events not yet handed out, and handed out but not settled. */
  async backlog(): Promise<{ waiting: number; unsettled: number }> {
    const info = await this.consumer.info();
    return { waiting: info.num_pending, unsettled: info.num_ack_pending };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#messages?.close();
  }
}

/** The durable consumer of a subscription, in each family. */
export function queueName(id: string): string {
  return `delivery_${id}`;
}

async function consumerExists(jsm: JetStreamManager, stream: string, name: string): Promise<boolean> {
  try {
    await jsm.consumers.info(stream, name);
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return false;
    throw error;
  }
}

function itemOf(message: JsMsg, stream: string): DeliveryItem {
  let stored: StoredEvent | undefined;
  return {
    stream,
    sequence: message.seq,
    get stored() {
      stored ??= decodeStored({
        stream,
        sequence: message.seq,
        time: message.time,
        headers: headerPairs(message.headers as Iterable<[string, string[]]> | undefined),
        body: message.data,
      });
      return stored;
    },
    attempt: message.info.deliveryCount,
    ack: async () => {
      await message.ackAck();
    },
    retry: (delayMs) => message.nak(delayMs),
    term: async (reason) => {
      message.term(reason);
      await Promise.resolve();
    },
    working: () => message.working(),
  };
}
