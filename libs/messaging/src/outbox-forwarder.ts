import { type AttributeValue, decodeNats } from '@signalbox/contracts';
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  type JetStreamClient,
  jetstreamManager,
  type JetStreamManager,
  type JsMsg,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { connect, headers as newHeaders, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { headerPairs } from './messages.js';
import { present } from './inbox-streams.js';
import type { LinkLog } from './link.js';

export interface OutboxOptions {
  /** Address of the leaf node. */
  readonly server: string;
  readonly user: string;
  readonly password: string;
  /** The application in whose name events are published: answers come under `_INBOX_<application>`. */
  readonly application: string;
  readonly log: LinkLog;
  /** Keys that are forwarded at once; of each key one event. */
  readonly atOnce?: number;
  /** Milliseconds that the exchange may take to answer. */
  readonly answerMs?: number;
  /** Milliseconds until an event that was not taken is tried again. */
  readonly againMs?: number;
}

const OUTBOX = 'OUTBOX';
const REFUSED = 'OUTBOX_REFUSED';
const FORWARDER = 'forwarder';
const PREFIX = 'outbox.';
const MOST_IN_HAND = 1_000;

/** What became of one event at the exchange. */
type Verdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'again'; readonly afterMs: number };

/** Events of one key, the first of them on its way. */
type Lane = { message: JsMsg }[];

/**
 * Publishes what a leaf node has kept in its outbox to the exchange, by the door for organisations that speak NATS. An event
 * leaves the outbox when the exchange has it on disk, and not before; while the exchange is away everything waits. Events of
 * one key go one after the other, so their order holds over refusals, repeats and kills; what is never taken is set aside in
 * `OUTBOX_REFUSED` with the code, so that it does not stand in the way of what follows. One forwarder at a time: a second one
 * takes over from the first.
 */
export class OutboxForwarder {
  readonly #lanes = new Map<string, Lane>();
  /** By sequence: what the engine hands out again while it is in hand is the same event. */
  readonly #inHand = new Map<number, { message: JsMsg }>();
  readonly #stopping = new AbortController();
  #running = Promise.resolve();
  #slots: number;
  readonly #due: string[] = [];

  private constructor(
    private readonly connection: NatsConnection,
    private readonly js: JetStreamClient,
    private readonly options: OutboxOptions,
  ) {
    this.#slots = options.atOnce ?? 64;
  }

  /** Connects to the leaf node, makes its streams, and begins with the oldest event that is there. */
  static async start(options: OutboxOptions): Promise<OutboxForwarder> {
    const connection = await connect({
      servers: options.server,
      user: options.user,
      pass: options.password,
      name: 'signalbox-outbox',
      inboxPrefix: `_INBOX_${options.application}`,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
    });
    const jsm = await jetstreamManager(connection);
    await ensureOutbox(jsm);
    const forwarder = new OutboxForwarder(connection, jetstream(connection), options);
    forwarder.#running = forwarder.#run();
    return forwarder;
  }

  /** Takes nothing more; what is on its way and not confirmed stays in the outbox. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    await this.connection.close();
  }

  async #run(): Promise<void> {
    const consumer = await this.js.consumers.get(OUTBOX, FORWARDER);
    const messages = await consumer.consume({ max_messages: 256, expires: 5_000, idle_heartbeat: 1_000 });
    this.#stopping.signal.addEventListener('abort', () => void messages.close());
    for await (const message of messages) {
      if (this.#stopping.signal.aborted) return;
      this.#take(message);
    }
  }

  #take(message: JsMsg): void {
    const held = this.#inHand.get(message.seq);
    if (held !== undefined) {
      held.message = message;
      return;
    }
    const one = { message };
    this.#inHand.set(message.seq, one);
    const key = keyOf(message);
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.push(one);
      return;
    }
    this.#lanes.set(key, [one]);
    this.#due.push(key);
    this.#next();
  }

  #next(): void {
    while (this.#slots > 0 && this.#due.length > 0 && !this.#stopping.signal.aborted) {
      this.#slots -= 1;
      const key = this.#due.shift()!;
      void this.#forward(key).finally(() => {
        this.#slots += 1;
        this.#next();
      });
    }
  }

  /** One event of the key, as often as it takes. */
  async #forward(key: string): Promise<void> {
    const lane = this.#lanes.get(key)!;
    const [one] = lane as [{ message: JsMsg }];
    while (!(await this.#over(one).catch(() => false))) {
      if (this.#stopping.signal.aborted) return;
      one.message.working();
    }
    this.#inHand.delete(one.message.seq);
    lane.shift();
    if (lane.length === 0) this.#lanes.delete(key);
    else this.#due.push(key);
  }

  /** Whether the event has left the outbox. */
  async #over(one: { message: JsMsg }): Promise<boolean> {
    const verdict = await this.#ask(one.message);
    if (verdict.kind === 'again') {
      await delay(verdict.afterMs, undefined, { signal: this.#stopping.signal });
      return false;
    }
    if (verdict.kind === 'refused') await this.#setAside(one.message, verdict.code);
    return one.message.ackAck();
  }

  async #ask({ subject, data, headers }: JsMsg): Promise<Verdict> {
    const { answerMs = 10_000, againMs = 500 } = this.options;
    try {
      const options = { timeout: answerMs, headers: ownHeaders(headers) };
      return verdictOf(
        await this.connection.request(`publish.${subject.slice(PREFIX.length)}`, data, options),
        againMs,
      );
    } catch {
      // Nobody there, no answer, no connection: the exchange may have it or not, and knows it again.
      return { kind: 'again', afterMs: againMs };
    }
  }

  async #setAside({ subject, data, headers, seq }: JsMsg, code: string): Promise<void> {
    const kept = ownHeaders(headers);
    kept.set('signalbox-refusal', code);
    await this.js.publish(`refused.${subject.slice(PREFIX.length)}`, data, {
      headers: kept,
      msgID: `refused ${String(seq)}`,
    });
    this.options.log.warn({ code, sequence: seq }, 'an event of the outbox was refused and set aside');
  }
}

/** An answer of the door as `POST /events` gives it. */
function verdictOf(answer: Msg, againMs: number): Verdict {
  const status = Number(answer.headers?.get('status'));
  if (status >= 200 && status < 300) return { kind: 'accepted' };
  if (status >= 400 && status < 500 && status !== 429) {
    return { kind: 'refused', code: answer.json<{ code?: string }>().code ?? String(status) };
  }
  const asked = Number(answer.headers?.get('retry-after')) * 1_000;
  return { kind: 'again', afterMs: asked > 0 ? asked : againMs };
}

/** The journey that an event belongs to, else its source: what must arrive in order shares it. */
function keyOf(message: JsMsg): string {
  try {
    const { attributes } = decodeNats(headerPairs(message.headers), message.data);
    const { correlationid, source } = attributes as Record<string, AttributeValue | undefined>;
    return String(correlationid ?? source ?? '');
  } catch {
    // The exchange says what is wrong with it.
    return '';
  }
}

/** Those of the event, without the engine's own. */
function ownHeaders(headers: MsgHdrs | undefined): MsgHdrs {
  const own = newHeaders();
  for (const [name, value] of headerPairs(headers)) if (!/^nats-/i.test(name)) own.append(name, value);
  return own;
}

/**
 * The outbox refuses what has no room and drops nothing. The consumer is made anew: what a forwarder that was killed had in
 * hand comes first again, where a redelivery would come after what is newer.
 */
async function ensureOutbox(jsm: JetStreamManager): Promise<void> {
  const common = { storage: StorageType.File, discard: DiscardPolicy.New };
  const outbox = { ...common, name: OUTBOX, subjects: ['outbox.>'], retention: RetentionPolicy.Workqueue };
  const refused = { ...common, name: REFUSED, subjects: ['refused.>'], retention: RetentionPolicy.Limits };
  for (const wanted of [outbox, refused]) {
    if ((await present(jsm.streams.info(wanted.name))) === undefined) await jsm.streams.add(wanted);
  }
  if ((await present(jsm.consumers.info(OUTBOX, FORWARDER))) !== undefined)
    await jsm.consumers.delete(OUTBOX, FORWARDER);
  await jsm.consumers.add(OUTBOX, {
    durable_name: FORWARDER,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    max_ack_pending: MOST_IN_HAND,
    max_deliver: -1,
  });
}
