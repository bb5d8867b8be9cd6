import {
  decodeStructured,
  encodeStructured,
  identityOf,
  isUrgent,
  orderingKey,
  type CloudEvent,
  type StuckAct,
} from '@signalbox/contracts';
import {
  derivedRecordId,
  newRecordId,
  RevisionConflict,
  waitingKey,
  type EventLog,
  type KeyValue,
  type ParkedLog,
  type RecordLog,
  type Step,
  type WaitingDelivery,
} from '@signalbox/messaging';
import type { ParkedSelection, Subscription } from '@signalbox/registry';
import type { DeliveryRecords, RecordedDelivery } from '../following/delivery-records.js';

export interface ActingParts {
  readonly events: Pick<EventLog, 'get'>;
  readonly parked: Pick<ParkedLog, 'newest' | 'publish'>;
  readonly waiting: KeyValue;
  readonly steps: Pick<RecordLog<Step>, 'publish'>;
  readonly records: DeliveryRecords;
  readonly limits: {
    /** Most deliveries of one act. */
    readonly deliveries: number;
    /** Of them under way at once. */
    readonly atOnce: number;
  };
}

/** The parked deliveries that an act is about. */
export interface Chosen {
  readonly deliveries: readonly RecordedDelivery[];
  /** Whether there are more than one act may be about. */
  readonly more: boolean;
}

/** Who acts and what they say about it. */
export interface Said {
  /** `<ODS>:<application>` */
  readonly by: string;
  readonly note?: string;
  readonly to?: string;
  /** Who agreed to it, where a second person had to. */
  readonly agreedby?: string;
}

/** What became of an act. */
export interface Acted {
  /** Deliveries that it changed. */
  readonly changed: number;
  /** Deliveries that cannot be made again: neither their stream nor a copy has the event any more. They stay parked. */
  readonly gone: number;
}

/** Milliseconds that a retried delivery is held back, so that the step which says who retried it is recorded before its attempt. */
const HELD_MS = 10_000;

/** What each act may be about: what is parked, what is still tried, and what is past its time. */
const STATES: Readonly<Record<StuckAct, readonly string[]>> = {
  retry: ['parked'],
  park: ['waiting', 'delivering', 'paused', 'expired'],
  'hand-over': ['parked', 'expired'],
  handled: ['parked', 'expired'],
};
/** A record is at most 1536 KiB; the rest of it stays well below 128 KiB. */
const LARGEST_COPY_CHARACTERS = 1408 * 1024;

/** Chooses deliveries that have stopped, or are to, and does with them what a person decided. Every act leaves a step. */
export class Acting {
  constructor(private readonly parts: ActingParts) {}

  /**
   * @param before RFC 3339: nothing that was parked later
   * @throws {Refusal} SB-5032
   */
  async choose(
    { id }: Pick<Subscription, 'id'>,
    act: StuckAct,
    selection: ParkedSelection,
    authorization: string,
    before?: string,
  ): Promise<Chosen> {
    const { records, limits } = this.parts;
    const { events, reason, type, publisher } = selection;
    const named = events && new Set(events.map(identityOf));
    const asked = { subscription: id, state: STATES[act], ...(reason !== undefined && { reason }) };
    const deliveries: RecordedDelivery[] = [];
    for await (const delivery of records.all(asked, authorization)) {
      if (named !== undefined && !named.has(identityOf(delivery))) continue;
      if (type !== undefined && delivery.type !== type) continue;
      if (publisher !== undefined && delivery.sourceorg !== publisher) continue;
      if (before !== undefined && delivery.since > before) continue;
      if (deliveries.length === limits.deliveries) return { deliveries, more: true };
      deliveries.push(delivery);
    }
    return { deliveries, more: false };
  }

  /** Doing it again changes nothing more. @throws {EngineUnavailable} half done: the rest is still parked */
  async carryOut(act: StuckAct, { deliveries }: Chosen, said: Said): Promise<Acted> {
    const one = { retry: this.#retry, park: this.#park, 'hand-over': this.#handOver, handled: this.#handled }[act];
    let changed = 0;
    let gone = 0;
    for (let at = 0; at < deliveries.length; at += this.parts.limits.atOnce) {
      const some = deliveries.slice(at, at + this.parts.limits.atOnce);
      const outcomes = await Promise.all(some.map((delivery) => one.call(this, delivery, said)));
      changed += outcomes.filter(Boolean).length;
      gone += outcomes.filter((isDone) => !isDone).length;
    }
    return { changed, gone };
  }

  /**
   * Puts it into the waiting room first and held back, then the step, then lets it go: whatever breaks in between, it is
   * neither forgotten nor delivered before it is known who wanted it.
   */
  async #retry(delivery: RecordedDelivery, said: Said): Promise<boolean> {
    const entry = await this.#entryOf(delivery, said.by);
    if (entry === undefined) return false;
    const { waiting, steps } = this.parts;
    const key = waitingKey(entry);
    const held = { ...entry, nextattempt: new Date(Date.now() + HELD_MS).toISOString() };
    const revision = await this.#putUp(key, JSON.stringify(held));
    // It is there already: somebody has retried it, and the ledger is to hear of it yet.
    if (revision === undefined) return true;
    const id = derivedRecordId(['retried', delivery.subscription, delivery.source, delivery.id, delivery.since]);
    await steps.publish({ ...stepOf(delivery, said), id, kind: 'retried', state: 'waiting' });
    await waiting.update(key, JSON.stringify(entry), revision).catch(unlessThere);
    return true;
  }

  /** Over what only says that its stream is to pass it over, but not over what is put up already. */
  async #putUp(key: string, held: string): Promise<number | undefined> {
    const { waiting } = this.parts;
    const revision = await waiting.create(key, held).catch(unlessThere);
    if (revision !== undefined) return revision;
    const present = await waiting.get(key);
    if (present?.value === undefined || entryIn(present.value).over !== true) return undefined;
    return waiting.update(key, held, present.revision).catch(unlessThere);
  }

  /**
   * Stops what is still tried: the copy first, so that it outlives its stream, then the step, and only then the relay is
   * told. Whatever breaks in between, it is tried on at worst; an attempt that is under way is finished, and counts.
   */
  async #park(delivery: RecordedDelivery, said: Said): Promise<boolean> {
    const { parked, steps } = this.parts;
    const { subscription, source, id, since, stream, sequence } = delivery;
    const stored = await this.#storedOf(delivery);
    if (stream === undefined || sequence === undefined || stored === undefined) return false;
    const about = ['parked-by-person', subscription, source, id, since];
    const time = new Date().toISOString();
    const copy = Buffer.from(encodeStructured(stored.event)).toString('base64');
    await parked.publish({
      ...{ id: derivedRecordId([...about, 'copy']), time, subscription, org: delivery.org, source, eventid: id },
      ...{ type: delivery.type, journey: delivery.journey, stream, sequence, attempts: delivery.attempts },
      firstattempt: delivery.firstattempt ?? time,
      lastattempt: delivery.lastattempt ?? time,
      reason: BY_PERSON.reason,
      detail: BY_PERSON.detail,
      event: copy.length <= LARGEST_COPY_CHARACTERS ? copy : '',
    });
    await steps.publish({
      ...stepOf(delivery, said),
      id: derivedRecordId(about),
      kind: 'parked',
      state: 'parked',
      ...BY_PERSON,
    });
    await this.#withdraw(delivery, stored);
    return true;
  }

  /** Has the relay leave it alone: what waits is taken away, and what its stream has yet to come to is passed over there. */
  async #withdraw(delivery: RecordedDelivery, stored: Stored | undefined, again = true): Promise<void> {
    const { waiting } = this.parts;
    const { subscription, stream, sequence } = delivery;
    if (stream === undefined || sequence === undefined || stored === undefined) return;
    const key = waitingKey({ subscription, stream, sequence });
    const present = await waiting.get(key);
    const over: WaitingDelivery = {
      ...{ subscription, stream, sequence, cause: 'ahead', over: true, attempts: 0 },
      key: orderingKey(stored.event),
      stored: stored.time.toISOString(),
    };
    const write =
      present?.value === undefined
        ? waiting.create(key, JSON.stringify(over))
        : entryIn(present.value).cause === 'ahead'
          ? waiting.update(key, JSON.stringify(over), present.revision)
          : waiting.forget(key, present.revision);
    const done = await write.then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof RevisionConflict)) throw error;
        return false;
      },
    );
    // The relay was at it; what it makes of it then stands.
    if (!done && again) await this.#withdraw(delivery, stored, false);
  }

  async #storedOf(delivery: RecordedDelivery): Promise<Stored | undefined> {
    const { subscription, stream, sequence, since } = delivery;
    if (stream === undefined || sequence === undefined) return undefined;
    const stored = await this.parts.events.get(stream, sequence);
    if (stored !== undefined) return { event: stored.event, time: stored.time };
    const event = copied((await this.parts.parked.newest({ subscription, stream, sequence }))?.parked.event);
    return event && { event, time: new Date(String(event.attributes['recordedtime'] ?? since)) };
  }

  async #handOver(delivery: RecordedDelivery, said: Said): Promise<boolean> {
    await this.parts.steps.publish({
      ...stepOf(delivery, said),
      id: newRecordId(),
      kind: 'handed-over',
      state: delivery.state === 'expired' ? 'expired' : 'parked',
      ...(delivery.reason !== undefined && { reason: delivery.reason }),
    });
    return true;
  }

  async #handled(delivery: RecordedDelivery, said: Said): Promise<boolean> {
    const id = derivedRecordId([
      'handled-outside',
      delivery.subscription,
      delivery.source,
      delivery.id,
      delivery.since,
    ]);
    await this.parts.steps.publish({
      ...stepOf(delivery, said),
      id,
      kind: 'handled-outside',
      state: 'handled-outside',
    });
    // What is past its time is still tried.
    if (delivery.state === 'expired') await this.#withdraw(delivery, await this.#storedOf(delivery));
    return true;
  }

  /** Where the event is read from: its stream, or its parked copy; `undefined` when neither has it. */
  async #entryOf(delivery: RecordedDelivery, by: string): Promise<WaitingDelivery | undefined> {
    const { subscription, stream, sequence } = delivery;
    if (stream === undefined || sequence === undefined) return undefined;
    const [stored, copy] = await Promise.all([
      this.parts.events.get(stream, sequence),
      this.parts.parked.newest({ subscription, stream, sequence }),
    ]);
    const event = stored?.event ?? copied(copy?.parked.event);
    if (event === undefined) return undefined;
    const recorded = event.attributes['recordedtime'];
    return {
      subscription,
      stream,
      sequence,
      cause: 'unparked',
      key: orderingKey(event),
      stored: stored?.time.toISOString() ?? String(recorded ?? delivery.since),
      // It gets all its attempts anew.
      attempts: 0,
      by,
      event: {
        source: delivery.source,
        id: delivery.id,
        type: delivery.type,
        journey: delivery.journey,
        sourceorg: delivery.sourceorg,
      },
      ...(isUrgent(event) && { urgent: true as const }),
      ...(copy !== undefined && { parked: copy.position }),
    };
  }
}

/** An event and when it was stored. */
interface Stored {
  readonly event: CloudEvent;
  readonly time: Date;
}

/** What the step of a delivery that a person stopped says. */
const BY_PERSON = {
  reason: 'parked-by-person',
  detail: 'A person stopped its delivery; it waits for a decision.',
} as const;

function entryIn(value: Uint8Array): Partial<WaitingDelivery> {
  return JSON.parse(Buffer.from(value).toString()) as Partial<WaitingDelivery>;
}

function copied(copy: string | undefined): CloudEvent | undefined {
  return copy === undefined || copy === '' ? undefined : decodeStructured(Buffer.from(copy, 'base64'));
}

function stepOf(
  delivery: RecordedDelivery,
  { by, note, to, agreedby }: Said,
): Omit<Step, 'id' | 'kind' | 'state'> & {
  readonly org: string;
} {
  const { source, id: eventid, type, journey, sourceorg, subscription, channel, stream, sequence } = delivery;
  const agreed = agreedby === undefined ? [] : `Agreed to by ${agreedby}.`;
  const remark = [to === undefined ? [] : `To ${to}.`, note ?? [], agreed].flat().join(' ');
  return {
    time: new Date().toISOString(),
    source,
    eventid,
    type,
    journey,
    sourceorg,
    org: delivery.org,
    subscription,
    by,
    ...(channel !== undefined && { channel }),
    ...(stream !== undefined && { stream }),
    ...(sequence !== undefined && { sequence }),
    ...(remark !== '' && { note: remark }),
  };
}

function unlessThere(error: unknown): undefined {
  if (!(error instanceof RevisionConflict)) throw error;
  return undefined;
}
