import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  StoreCompression,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { isTenantName } from './accounts.js';
import { EngineRefusal } from './errors.js';
import { refuseConsumerDifference, refuseDifference } from './topology.js';

/** How much may lie unread in one organisation's inbox. Reaching it drops nothing: what is due waits in its own stream. */
export interface InboxLimits {
  /** Bytes of all subscriptions of an organisation together. */
  readonly bytes: number;
  /** Events of one subscription, so that a neglected one does not take the room of the others. */
  readonly events: number;
}

/** One subscription's place in an organisation's inbox. */
export interface InboxPlace {
  readonly ods: string;
  readonly subscription: string;
}

/** Where relays note what they put into inboxes, for as long as it is not acknowledged. */
export const DEPOSITS = 'DEPOSITS';

const LARGEST_MESSAGE_BYTES = 1152 * 1024;
const DUPLICATE_WINDOW_MS = 600_000;
const TENANT_ACK_WAIT_MS = 30_000;
const DRAINED_AT_ONCE = 500;
/** Begins the name of what takes out the rest of a deleted subscription; one that was broken off is gone on with. */
const DRAIN = 'drain_';
/** Of the engine: no such consumer, message, stream. */
const NOT_FOUND = new Set([10014, 10037, 10059]);

/** The subject under which the events of a subscription lie in its organisation's inbox. */
export function inboxSubject({ ods, subscription }: InboxPlace): string {
  return `inbox.${ods}.${subscription}`;
}

/** `undefined` instead of the engine's word that there is no such stream or consumer. */
export async function present<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof JetStreamApiError && NOT_FOUND.has(error.code)) return undefined;
    throw error;
  }
}

/**
 * The inbox of an organisation: a stream named by its ODS code that gives an event up when it is acknowledged, with one
 * consumer a subscription, named by its id. There is no age: what is not read stays until it is.
 */
export class InboxStreams {
  constructor(
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
  ) {}

  /** Creates or updates stream and consumer and reads both back. */
  async ensure(place: InboxPlace, limits: InboxLimits): Promise<void> {
    const { ods, subscription } = place;
    if (!isTenantName(ods)) throw new EngineRefusal(`${ods} cannot have an inbox: the engine has that name already.`);
    await this.#ensureStream(ods, limits);
    const changeable = { ack_wait: nanos(TENANT_ACK_WAIT_MS), max_ack_pending: 1_000, max_deliver: -1 };
    const fixed = {
      durable_name: subscription,
      filter_subject: inboxSubject(place),
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
    };
    const there = await present(this.jsm.consumers.info(ods, subscription));
    const info = there ?? (await this.jsm.consumers.add(ods, { ...fixed, ...changeable }));
    refuseConsumerDifference({ filter_subject: fixed.filter_subject, max_deliver: -1 }, info);
  }

  /** Sequence of the inbox up to which its reader has acknowledged everything of a subscription. */
  async floor({ ods, subscription }: InboxPlace): Promise<number> {
    const info = await present(this.jsm.consumers.info(ods, subscription));
    return info?.ack_floor.stream_seq ?? 0;
  }

  /** Whether an event still lies in the inbox. */
  async holds({ ods, sequence }: { readonly ods: string; readonly sequence: number }): Promise<boolean> {
    const message = await present(this.jsm.streams.getMessage(ods, { seq: sequence }));
    return message !== undefined && message !== null;
  }

  /** Subscriptions that have a place in an organisation's inbox, or whose place is being given up. */
  async subscriptions(ods: string): Promise<string[]> {
    if ((await present(this.jsm.streams.info(ods))) === undefined) return [];
    const found = new Set<string>();
    for await (const { name } of this.jsm.consumers.list(ods))
      found.add(name.startsWith(DRAIN) ? name.slice(DRAIN.length) : name);
    return [...found];
  }

  /**
   * Deletes a consumer and acknowledges everything under its subject: nobody in the house may purge a stream. From before
   * the consumer goes until nothing is left, another one of the same name bears witness to it, so what is broken off is
   * found and gone on with. Several may do it at once.
   */
  async giveUp(stream: string, subject: string, name: string): Promise<void> {
    const witness = DRAIN + name;
    const [reader, begun] = await Promise.all(
      [name, witness].map((each) => present(this.jsm.consumers.info(stream, each))),
    );
    if (reader === undefined && begun === undefined) return;
    // No two consumers of such a stream may read the same subject, so it waits beside it until the other one is gone.
    const beside = `${subject.slice(0, subject.lastIndexOf('.'))}.${witness}`;
    if (begun === undefined) {
      const config = { durable_name: witness, filter_subject: beside, ack_policy: AckPolicy.Explicit };
      await this.jsm.consumers.add(stream, config);
    }
    await present(this.jsm.consumers.delete(stream, name));
    await present(this.#drain(stream, subject, witness));
  }

  /** Until nothing is left, or somebody else has come to that end. */
  async #drain(stream: string, subject: string, witness: string): Promise<void> {
    await this.jsm.consumers.update(stream, witness, { filter_subject: subject });
    const consumer = await this.js.consumers.get(stream, witness);
    for (;;) {
      const { num_pending, num_ack_pending } = await consumer.info();
      // What another one holds comes back if that one dies.
      const left = num_pending + num_ack_pending;
      if (left === 0) break;
      const messages = await consumer.fetch({ max_messages: Math.min(left, DRAINED_AT_ONCE), expires: 1_000 });
      for await (const message of messages) await message.ackAck();
    }
    await this.jsm.consumers.delete(stream, witness);
  }

  async #ensureStream(ods: string, { bytes, events }: InboxLimits): Promise<void> {
    // As many copies as the streams of the house have.
    const { num_replicas } = (await this.jsm.streams.info(DEPOSITS)).config;
    const config = {
      name: ods,
      subjects: [`inbox.${ods}.>`],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      compression: StoreCompression.S2,
      discard: DiscardPolicy.New,
      discard_new_per_subject: true,
      max_msgs_per_subject: events,
      max_bytes: bytes,
      max_msg_size: LARGEST_MESSAGE_BYTES,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
      allow_atomic: true,
      num_replicas,
    };
    const wanted = config as Partial<StreamConfig> & typeof config;
    const there = await present(this.jsm.streams.info(ods));
    const info = there ? await this.jsm.streams.update(ods, wanted) : await this.jsm.streams.add(wanted);
    refuseDifference(`stream ${ods}`, config, info.config);
  }
}
