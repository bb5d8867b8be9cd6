import {
  AckPolicy,
  type Consumer,
  type ConsumerConfig,
  type ConsumerInfo,
  type ConsumerMessages,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Link } from './link.js';
import { decodeStored, headerPairs, type StoredEvent } from './event-log.js';
import { refuseConsumerDifference, streamOf, subjectFilters } from './topology.js';

export interface DeliveryQueueOptions {
  /** Subscription id; with the family it names the durable consumer. */
  readonly id: string;
  readonly family: string;
  readonly types: readonly string[];
  /** Sequence after which the subscription begins, recorded when it was made. */
  readonly startSequence: number;
  /** When its receiver last moved it: a place that was set before gives way, though it began at the same sequence. */
  readonly sought?: string | undefined;
  /** A place that was set for another sequence gives way to one that begins after `startSequence`. */
  readonly restart?: boolean;
  /** Milliseconds without a word after which the engine hands the event out again. */
  readonly ackWaitMs?: number;
  /** Most events handed out and not yet settled. */
  readonly maxAckPending?: number;
  /** Events fetched ahead. */
  readonly prefetch?: number;
}

/** One event handed out for delivery. Exactly one of `ack` and `retry` settles it. */
export interface DeliveryItem {
  readonly stream: string;
  readonly sequence: number;
  /** Decoded when first asked for. @throws when what lies in the stream is no event, so that one such message stops no queue */
  readonly stored: StoredEvent;
  /** Milliseconds since 1970 at which the engine stored it. */
  readonly storedAt: number;
  /** 1 for the first time the engine hands it out. */
  readonly attempt: number;
  /** Events that the engine had not handed out yet when it handed out this one. */
  readonly left: number;
  /** This is done with. Not confirmed: an engine that was killed may hand it out again. */
  ack(): void;
  /** Hand it out again after so many milliseconds. */
  retry(delayMs: number): void;
  /** Still at it: the wait for an acknowledgement starts anew. */
  working(): void;
}

/** What a subscription has in one family. */
export interface DeliveryBacklog {
  /** Not yet handed out. */
  readonly waiting: number;
  /** Handed out but not settled. */
  readonly unsettled: number;
  /** Sequence up to which everything is settled. */
  readonly settledTo: number;
}

/**
 * A relay that has the pin and asks for nothing loses it after this long; longer than one request, so that a quiet queue
 * keeps it. Whoever takes a subscription over does not wait for it: opening a queue ends the pin of the one before.
 */
const PIN_MS = 45_000;
const REQUEST_MS = 15_000;
/** Two of them missed, and the client asks again. */
const HEARTBEAT_MS = 5_000;
const GROUP = 'relay';
const PREFIX = 'delivery_';
/** Which move of its receiver a place was set for. */
const SOUGHT = 'sought';
const CONSUMER_NOT_FOUND = 10014;

/** What a queue stands on. */
export interface DeliveryQueueParts {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly link: Pick<Link, 'onBack'>;
}

/** A webhook subscription's place in one family's stream: a durable pull consumer, pinned to one relay at a time. */
export class DeliveryQueue {
  #messages: ConsumerMessages | undefined;
  #stopped = false;
  readonly #forget: () => void;

  private constructor(
    private readonly consumer: Consumer,
    private readonly stream: string,
    private readonly prefetch: number,
    /** As it was when the queue was opened. */
    readonly found: DeliveryBacklog,
    link: Pick<Link, 'onBack'>,
  ) {
    // What was under way when the connection broke is lost, and so is the request: whoever reads opens the queue anew.
    this.#forget = link.onBack(() => void this.stop());
  }

  /**
   * Creates or updates the consumer, reads it back and answers the queue; `undefined` when no type of the family is asked
   * for. Another relay that reads it is handed nothing more.
   */
  static async open(parts: DeliveryQueueParts, options: DeliveryQueueOptions): Promise<DeliveryQueue | undefined> {
    const filters = subjectFilters(options.family, options.types);
    if (filters.length === 0) return undefined;
    const { js, jsm, link } = parts;
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
      priority_timeout: nanos(PIN_MS),
      ...(options.sought !== undefined && { metadata: { [SOUGHT]: options.sought } }),
    };
    const present = await presentConsumer(jsm, stream, name, options);
    const info = present
      ? await jsm.consumers.update(stream, name, changeable)
      : await jsm.consumers.add(stream, { ...fixed, ...changeable } as unknown as ConsumerConfig);
    refuseConsumerDifference({ ...changeable, filter_subjects: undefined }, info);
    refuseConsumerDifference(
      { filters: [...filters].sort() },
      {
        ...info,
        config: { filters: [...(info.config.filter_subjects ?? [info.config.filter_subject])].sort() } as never,
      },
    );
    if (present) await jsm.consumers.unpin(stream, name, GROUP);
    const consumer = await js.consumers.get(stream, name);
    const found = backlogOf(await consumer.info(true));
    return new DeliveryQueue(consumer, stream, options.prefetch ?? 64, found, link);
  }

  /** Removes the consumer with its position; the events stay in the stream. */
  static async remove(jsm: JetStreamManager, id: string, family: string): Promise<void> {
    if ((await consumerInfo(jsm, streamOf(family), queueName(id))) !== undefined) {
      await jsm.consumers.delete(streamOf(family), queueName(id));
    }
  }

  /** Ids of the subscriptions that have a place in a family. */
  static async holders(jsm: JetStreamManager, family: string): Promise<string[]> {
    const ids: string[] = [];
    for await (const { name } of jsm.consumers.list(streamOf(family))) {
      if (name.startsWith(PREFIX)) ids.push(name.slice(PREFIX.length));
    }
    return ids;
  }

  /**
   * Sequence up to which everything is acknowledged; `undefined` when there is no such queue.
   * @param begins where the subscription begins now: a queue that was set for another place does not count
   */
  static async position(
    jsm: JetStreamManager,
    id: string,
    family: string,
    begins?: Pick<DeliveryQueueOptions, 'startSequence' | 'sought'>,
  ): Promise<number | undefined> {
    const info = await consumerInfo(jsm, streamOf(family), queueName(id));
    if (info !== undefined && begins !== undefined && !isSetFor(info, begins)) return undefined;
    return info && backlogOf(info).settledTo;
  }

  /** Hands out events until `stop`, or until the connection was lost and is back: then it is to be opened anew. */
  async *items(): AsyncGenerator<DeliveryItem> {
    if (this.#stopped) return;
    this.#messages = await this.consumer.consume({
      max_messages: this.prefetch,
      group: GROUP,
      expires: REQUEST_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    // Stopped while the first request was on its way: what was fetched already is still handed out, to be handed back.
    if (this.#isStopped()) void this.#messages.close();
    for await (const message of this.#messages) yield itemOf(message, this.stream);
  }

  async backlog(): Promise<DeliveryBacklog> {
    return backlogOf(await this.consumer.info());
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#forget();
    await this.#messages?.close();
  }

  #isStopped(): boolean {
    return this.#stopped;
  }
}

/** The durable consumer of a subscription, in each family. */
export function queueName(id: string): string {
  return `${PREFIX}${id}`;
}

function backlogOf({ num_pending, num_ack_pending, ack_floor, config }: ConsumerInfo): DeliveryBacklog {
  const settledTo = Math.max(ack_floor.stream_seq, (config.opt_start_seq ?? 1) - 1);
  return { waiting: num_pending, unsettled: num_ack_pending, settledTo };
}

async function consumerInfo(jsm: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return undefined;
    throw error;
  }
}

/** Whether there is a consumer to go on with; one that was to begin elsewhere is removed, as was asked. */
async function presentConsumer(
  jsm: JetStreamManager,
  stream: string,
  name: string,
  options: DeliveryQueueOptions,
): Promise<boolean> {
  const info = await consumerInfo(jsm, stream, name);
  if (info === undefined) return false;
  if (options.restart !== true || isSetFor(info, options)) return true;
  await jsm.consumers.delete(stream, name);
  return false;
}

function isSetFor(
  { config }: ConsumerInfo,
  { startSequence, sought }: Pick<DeliveryQueueOptions, 'startSequence' | 'sought'>,
): boolean {
  return config.opt_start_seq === startSequence + 1 && config.metadata?.[SOUGHT] === sought;
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
    storedAt: message.time.getTime(),
    attempt: message.info.deliveryCount,
    left: message.info.pending,
    ack: () => message.ack(),
    retry: (delayMs) => message.nak(delayMs),
    working: () => message.working(),
  };
}
