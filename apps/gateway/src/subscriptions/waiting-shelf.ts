import { decodeStructured } from '@signalbox/contracts';
import {
  EngineUnavailable,
  waitingKey,
  type EventLog,
  type KeyValue,
  type ParkedLog,
  type StoredEvent,
  type WaitingDelivery,
} from '@signalbox/messaging';
import type { Positions } from './cursor.js';

/** A place in a family's stream. */
export type Place = readonly [family: string, sequence: number];

/** A delivery that is due beside the stream, with the family of its event. */
export interface Shelved extends WaitingDelivery {
  readonly family: string;
}

/**
 * What is due for a fetched subscription outside the order of its streams: corrections of what it received, and what the
 * relay had in hand when the subscription was still delivered to. The relay serves the same bucket for everybody else.
 */
export class WaitingShelf {
  readonly #families: ReadonlyMap<string, string>;

  /** @param streams by family, the name of its stream. */
  constructor(
    private readonly kv: KeyValue,
    private readonly events: Pick<EventLog, 'get'>,
    private readonly parked: Pick<ParkedLog, 'get'>,
    streams: ReadonlyMap<string, string>,
  ) {
    this.#families = new Map([...streams].map(([family, stream]) => [stream, family]));
  }

  /**
   * What is due for a subscription, the earliest first. What lies ahead of its position is left out: its stream comes to it,
   * save for corrections, which are on the shelf just because it would pass them over.
   * @throws {EngineUnavailable}
   */
  async due(subscription: string, upTo: Positions): Promise<Shelved[]> {
    const keys = await this.#keys(subscription);
    const entries = await Promise.all(keys.map((key) => reached(this.kv.get(key))));
    const shelved = entries
      .flatMap((entry) => (entry?.value ? [this.#shelved(entry.value)] : []))
      .filter((one) => one.cause === 'correction' || one.sequence <= (upTo[one.family] ?? 0));
    const over = shelved.filter((one) => one.over);
    await Promise.all(over.map((one) => reached(this.kv.forget(waitingKey(one)))));
    return shelved.filter((one) => !one.over).sort(byTime);
  }

  /** The event of a delivery: from its stream, else from the copy that was made when it was parked. */
  async event({ stream, sequence, parked, stored }: WaitingDelivery): Promise<StoredEvent | undefined> {
    const kept = await this.events.get(stream, sequence);
    if (kept !== undefined || parked === undefined) return kept;
    const copy = (await this.parked.get(parked))?.event;
    if (copy === undefined || copy === '') return undefined;
    return { event: decodeStructured(Buffer.from(copy, 'base64')), stream, sequence, time: new Date(stored) };
  }

  #keys(subscription: string): Promise<string[]> {
    return reached(this.kv.keys(`${subscription}.>`));
  }

  /** Takes deliveries off, after their end was recorded. Those that are not there do no harm. */
  async taken(subscription: string, places: readonly Place[]): Promise<void> {
    if (places.length === 0) return;
    const present = new Set(await this.#keys(subscription));
    const streams = new Map([...this.#families].map(([stream, family]) => [family, stream]));
    const keys = places.map(([family, sequence]) =>
      waitingKey({ subscription, stream: streams.get(family) ?? family, sequence }),
    );
    await Promise.all(keys.filter((key) => present.has(key)).map((key) => reached(this.kv.forget(key))));
  }

  #shelved(value: Uint8Array): Shelved {
    const entry = JSON.parse(Buffer.from(value).toString('utf8')) as WaitingDelivery;
    return { ...entry, family: this.#families.get(entry.stream) ?? entry.stream };
  }
}

function byTime(one: Shelved, other: Shelved): number {
  return Date.parse(one.stored) - Date.parse(other.stored) || one.sequence - other.sequence;
}

async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw new EngineUnavailable('What waits for a subscription cannot be read now', error);
  }
}
