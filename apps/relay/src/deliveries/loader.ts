import { decodeStructured } from '@signalbox/contracts';
import {
  type Engine,
  type ParkedDelivery,
  type StoredEvent,
  type WaitingDelivery,
  waitingKey,
} from '@signalbox/messaging';
import type { Log } from '@signalbox/runtime';

import { type InHand, rememberedEvent } from './in-hand.js';
import type { WaitingRoom } from './waiting-room.js';

/** What was found of a delivery's event. */
export type Found =
  | { readonly kind: 'event'; readonly stored: StoredEvent }
  /** Neither its stream nor a parked copy has it; what is left is its identity. */
  | { readonly kind: 'gone'; readonly stored: StoredEvent }
  /** Somebody took it out of the waiting room, or it was over before: nothing is to be done. */
  | { readonly kind: 'withdrawn' };

export interface LoaderParts {
  readonly events: Pick<Engine['events'], 'get'>;
  readonly parked: Pick<Engine['parked'], 'get' | 'newest'>;
  readonly room: Pick<WaitingRoom, 'stands'>;
  readonly log: Log;
}

/** Fetches the event of a delivery from wherever it is kept, right before an attempt: what waits costs no memory. */
export class Loader {
  constructor(private readonly parts: LoaderParts) {}

  /** @throws EngineUnavailable */
  async load({ keeper }: InHand): Promise<Found> {
    if (keeper.kind === 'queue') return { kind: 'event', stored: keeper.stored };
    if (keeper.kind === 'source') return this.#ofSource(keeper.arrival);
    if (!keeper.seen && !(await this.parts.room.stands(waitingKey(keeper.entry)))) return { kind: 'withdrawn' };
    keeper.seen = true;
    return this.#ofEntry(keeper.entry);
  }

  async #ofSource(arrival: Extract<InHand['keeper'], { kind: 'source' }>['arrival']): Promise<Found> {
    const stored = await arrival.load();
    if (stored !== undefined) return { kind: 'event', stored };
    const { stream, sequence, storedAt } = arrival;
    return { kind: 'gone', stored: nameless({ stream, sequence, time: new Date(storedAt) }) };
  }

  async #ofEntry(entry: WaitingDelivery): Promise<Found> {
    const { stream, sequence } = entry;
    const time = new Date(entry.stored);
    const stored = await this.parts.events.get(stream, sequence);
    if (stored !== undefined) return { kind: 'event', stored };
    const parked =
      entry.parked === undefined
        ? (await this.parts.parked.newest(entry))?.parked
        : await this.parts.parked.get(entry.parked);
    if (parked !== undefined && parked.event !== '') return { kind: 'event', stored: copyOf(parked, time) };
    const remembered = rememberedEvent(entry) ?? (parked && identityOf(parked, time));
    if (remembered !== undefined) return { kind: 'gone', stored: remembered };
    this.parts.log.error(
      { stream, sequence, subscription: entry.subscription },
      'nothing is left of an event that waits',
    );
    return { kind: 'gone', stored: nameless({ stream, sequence, time }) };
  }
}

function copyOf(parked: ParkedDelivery, time: Date): StoredEvent {
  const { stream, sequence } = parked;
  return { event: decodeStructured(Buffer.from(parked.event, 'base64')), stream, sequence, time };
}

function identityOf({ stream, sequence, source, eventid, type, journey }: ParkedDelivery, time: Date): StoredEvent {
  const attributes = { specversion: '1.0', source, id: eventid, type, correlationid: journey };
  return { event: { attributes, data: { kind: 'absent' } }, stream, sequence, time };
}

/** A record of its end names at least its place. */
function nameless(place: Pick<StoredEvent, 'stream' | 'sequence' | 'time'>): StoredEvent {
  const unknown = `${place.stream}.${String(place.sequence)}`;
  const attributes = { specversion: '1.0', source: 'unknown', id: unknown, type: 'unknown', correlationid: unknown };
  return { event: { attributes, data: { kind: 'absent' } }, ...place };
}
