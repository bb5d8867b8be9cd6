import { type CloudEvent, encodeNats, journeyOf } from '@signalbox/contracts';
import { AckPolicy, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupCommit } from './group-commit.js';
import { DEPOSITS, type InboxLimits, type InboxPlace, inboxSubject, InboxStreams, present } from './inbox-streams.js';
import type { RecordLog } from './records.js';

/** One event for one subscription's inbox. */
export interface Deposit extends InboxPlace {
  readonly event: CloudEvent;
  /** The same for every attempt of this delivery: an event that lies there already is not put there again. */
  readonly identity: string;
  /** Beside those of the event. */
  readonly headers: Readonly<Record<string, string>>;
}

/** That an event lies in an inbox and is not acknowledged yet. No payload. */
export interface DepositRecord extends InboxPlace {
  readonly id: string;
  /** Of the inbox. */
  readonly sequence: number;
  readonly source: string;
  readonly eventid: string;
  readonly type: string;
  readonly journey: string;
  readonly sourceorg: string;
}

/** A deposit whose reader has acknowledged it, in the order of the inbox. */
export interface Acknowledged {
  readonly record: DepositRecord;
  /** Forgets it, once that is recorded. */
  readonly over: () => Promise<void>;
}

export interface ReadAcknowledgements {
  /** Milliseconds between two looks at how far a reader is, while something is unread. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/** One relay at a time records what was acknowledged; another takes over this long after it died. */
const TAKEOVER_MS = 3_000;
/** A deposit that a killed relay held is handed to another after this long. */
const ACK_WAIT_MS = 5_000;
const AT_ONCE = 256;
/** Numbers of deposits by which one that is handed out a second time is known. */
const REMEMBERED = 2 * AT_ONCE;
/** How many looks at the floor there are for one at the event itself, which brings its content along. */
const LOOKS_A_PROOF = 20;
const GROUP = 'relay';

export interface InboxParts {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  /** One for each subscription: one that is full must not hold up the others. */
  readonly commit: () => GroupCommit;
  readonly records: RecordLog<DepositRecord>;
}

/**
 * The inboxes of organisations that read with NATS. What is put there is noted in `DEPOSITS` before it counts as delivered,
 * and noted as acknowledged by whoever finds that the reader's consumer has passed it: a crash in between repeats a note and
 * loses none.
 */
export class Inboxes {
  readonly #streams: InboxStreams;
  readonly #open = new Map<string, Promise<void>>();
  readonly #commits = new Map<string, GroupCommit>();

  constructor(private readonly parts: InboxParts) {
    this.#streams = new InboxStreams(parts.js, parts.jsm);
  }

  /** Makes the place of a subscription, so that its reader can begin. Doing it again changes nothing. */
  open(place: InboxPlace, limits: InboxLimits): Promise<void> {
    const { subscription } = place;
    let open = this.#open.get(subscription);
    if (open === undefined) {
      open = this.#ensure(place, limits);
      this.#open.set(subscription, open);
      open.catch(() => this.#open.delete(subscription));
    }
    return open;
  }

  /**
   * Resolves when the event is on disk in the inbox, and that it is.
   * @throws EngineFull when the inbox is
   * @throws EngineUnavailable when the engine did not confirm
   */
  async deposit(deposit: Deposit, limits: InboxLimits): Promise<void> {
    const { ods, subscription, event } = deposit;
    await this.open(deposit, limits);
    const { headers, body } = encodeNats(event);
    const entry = {
      id: `${subscription} ${deposit.identity}`,
      subject: inboxSubject(deposit),
      headers: [...headers, ...Object.entries(deposit.headers)],
      body,
    };
    try {
      const { sequence } = await this.#commit(subscription).append(entry);
      await this.parts.records.publish(recordOf({ ods, subscription }, event, sequence));
    } catch (error) {
      // If it is the stream that has gone, the next attempt makes it again.
      this.#open.delete(subscription);
      throw error;
    }
  }

  /** Subscriptions that have a place in an organisation's inbox. */
  subscriptions(ods: string): Promise<string[]> {
    return this.#streams.subscriptions(ods);
  }

  /** Gives up the place of a subscription that was deleted, with what lies there. */
  async remove(place: InboxPlace): Promise<void> {
    const { ods, subscription } = place;
    this.#open.delete(subscription);
    this.#commits.delete(subscription);
    await this.#streams.giveUp(DEPOSITS, `deposits.${subscription}`, subscription);
    // Last, for it is by this one that a later start finds what was broken off.
    await this.#streams.giveUp(ods, inboxSubject(place), subscription);
  }

  /** Answers each deposit of a subscription once its reader has acknowledged it and everything before it. Ends by the signal. */
  async *acknowledged(place: InboxPlace, { everyMs, signal }: ReadAcknowledgements): AsyncGenerator<Acknowledged> {
    const consumer = await this.parts.js.consumers.get(DEPOSITS, place.subscription);
    const messages = await consumer.consume({
      max_messages: AT_ONCE,
      group: GROUP,
      expires: 5_000,
      idle_heartbeat: 1_000,
    });
    const stop = (): void => void messages.close();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    let floor = 0;
    // What a relay had in hand that died comes again behind what is newer, so a higher number says nothing of a lower one.
    const passed = new Set<number>();
    for await (const message of messages) {
      const record = message.json<DepositRecord>();
      floor = await this.#untilRead(record, floor, { everyMs, signal }, () => message.working());
      const over = async (): Promise<void> => void (await message.ackAck());
      if (signal.aborted) message.nak();
      // What waits in line is handed out again from time to time.
      else if (passed.has(record.sequence)) await over();
      else yield { record, over };
      passed.add(record.sequence);
      // One that is forgotten and handed out again gives the same step again, which stores nothing.
      if (passed.size > REMEMBERED) passed.delete(passed.values().next().value!);
    }
  }

  /**
   * A consumer's floor costs one question for everything below it. After a crash it may lie behind what was acknowledged:
   * that the event has left the inbox is then the proof.
   * @returns up to where all is read
   */
  async #untilRead(
    record: DepositRecord,
    known: number,
    { everyMs, signal }: ReadAcknowledgements,
    working: () => void,
  ): Promise<number> {
    let floor = known;
    for (let look = 0; floor < record.sequence && !signal.aborted; look++) {
      floor = await this.#streams.floor(record);
      if (floor >= record.sequence) break;
      if (look % LOOKS_A_PROOF === 0 && !(await this.#streams.holds(record))) return record.sequence;
      working();
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
    return floor;
  }

  async #ensure(place: InboxPlace, limits: InboxLimits): Promise<void> {
    await this.#streams.ensure(place, limits);
    const { jsm } = this.parts;
    const { subscription } = place;
    if ((await present(jsm.consumers.info(DEPOSITS, subscription))) !== undefined) return;
    await jsm.consumers.add(DEPOSITS, {
      durable_name: subscription,
      filter_subject: `deposits.${subscription}`,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: AT_ONCE,
      max_deliver: -1,
      priority_groups: [GROUP],
      priority_policy: 'pinned_client',
      priority_timeout: nanos(TAKEOVER_MS),
    });
  }

  #commit(subscription: string): GroupCommit {
    let commit = this.#commits.get(subscription);
    if (commit === undefined) {
      commit = this.parts.commit();
      this.#commits.set(subscription, commit);
    }
    return commit;
  }
}

function recordOf({ ods, subscription }: InboxPlace, event: CloudEvent, sequence: number): DepositRecord {
  const { source, id, type, sourceorg } = event.attributes;
  return {
    id: `${subscription} ${String(sequence)}`,
    ods,
    subscription,
    sequence,
    source: String(source),
    eventid: String(id),
    type: String(type),
    journey: journeyOf(event),
    sourceorg: String(sourceorg ?? ''),
  };
}
