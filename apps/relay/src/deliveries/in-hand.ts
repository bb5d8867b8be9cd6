import { isUrgent, journeyOf, orderingKey } from '@signalbox/contracts';
import type { DeliveryItem, StoredEvent, WaitingCause, WaitingDelivery } from '@signalbox/messaging';

import type { Marks } from '../channels/channel.js';
import type { Arrival } from './arrival.js';
import { type Placed, placeOf } from './key-order.js';
import type { Lane } from './lane.js';
import type { About } from './recorder.js';
import type { Settlement } from './settlement.js';

/** Where a delivery is kept while it is in hand: the engine holds it, the waiting room does, or a source such as a replay. */
export type Keeper =
  | { readonly kind: 'queue'; readonly lane: Lane; readonly stored: StoredEvent }
  | {
      readonly kind: 'room';
      readonly entry: WaitingDelivery;
      /** This relay wrote the entry itself, or has seen that it stands. */
      seen: boolean;
      /** Its stream came to it: the queue will not hand it out any more. */
      reached: boolean;
    }
  | { readonly kind: 'source'; readonly arrival: Arrival };

/** A decision that stands, whatever becomes of the connection to the engine. */
export interface Decided {
  readonly settlement: Settlement;
  readonly about: About;
  recorded: boolean;
}

/** One delivery in hand. */
export interface InHand extends Placed {
  readonly marks: Marks;
  keeper: Keeper;
  attempts: number;
  firstAttempt: Date | undefined;
  /** On its way into the waiting room. */
  moving: boolean;
}

export function fromQueue(item: DeliveryItem, lane: Lane): InHand {
  const { stored, stream, sequence, storedAt } = item;
  const { late } = stored;
  return {
    stream,
    sequence,
    storedAt,
    place: placeOf(item),
    key: orderingKey(stored.event),
    urgent: isUrgent(stored.event),
    marks: late === undefined ? {} : { late },
    keeper: { kind: 'queue', lane, stored },
    attempts: lane.attemptsOf(item),
    firstAttempt: undefined,
    moving: false,
  };
}

export function fromRoom(entry: WaitingDelivery): InHand {
  const { stream, sequence, replay, late, corrects } = entry;
  return {
    stream,
    sequence,
    storedAt: Date.parse(entry.stored),
    place: placeOf(entry),
    key: entry.key,
    urgent: entry.urgent === true,
    marks: {
      ...(replay !== undefined && { replay }),
      ...(late !== undefined && { late }),
      ...(corrects !== undefined && { corrects }),
    },
    keeper: { kind: 'room', entry, seen: false, reached: false },
    attempts: entry.attempts,
    firstAttempt: entry.firstattempt === undefined ? undefined : new Date(entry.firstattempt),
    moving: false,
  };
}

export function fromSource(arrival: Arrival): InHand {
  const { stream, sequence, storedAt, key, urgent, marks, attempts, firstAttempt } = arrival;
  return {
    stream,
    sequence,
    storedAt,
    place: placeOf(arrival, marks.replay ?? 'source'),
    key,
    urgent,
    marks,
    keeper: { kind: 'source', arrival },
    attempts,
    firstAttempt,
    moving: false,
  };
}

/** Milliseconds since 1970 before which an entry is not due; 0 = at once. */
export function dueAt({ nextattempt }: WaitingDelivery): number {
  return nextattempt === undefined ? 0 : Date.parse(nextattempt);
}

/** How a delivery stands in the waiting room. A cause that says more than that it waits stays. */
export function entryOf(
  hand: InHand,
  subscription: string,
  cause: WaitingCause,
  stored: StoredEvent | undefined,
  nextAttempt?: Date,
): WaitingDelivery {
  const before = hand.keeper.kind === 'room' ? hand.keeper.entry : undefined;
  const lasting = before?.cause === 'unparked' || before?.cause === 'correction' || before?.cause === 'ahead';
  const event = stored === undefined ? before?.event : identityOf(stored);
  return {
    ...before,
    subscription,
    stream: hand.stream,
    sequence: hand.sequence,
    cause: lasting ? before.cause : cause,
    key: hand.key,
    stored: new Date(hand.storedAt).toISOString(),
    attempts: hand.attempts,
    ...(hand.urgent && { urgent: true as const }),
    ...(event !== undefined && { event }),
    ...(hand.firstAttempt !== undefined && { firstattempt: hand.firstAttempt.toISOString() }),
    ...(nextAttempt !== undefined && { nextattempt: nextAttempt.toISOString() }),
    ...(hand.marks.replay !== undefined && { replay: hand.marks.replay }),
    ...(hand.marks.late !== undefined && { late: hand.marks.late }),
    ...(hand.marks.corrects !== undefined && { corrects: hand.marks.corrects }),
  };
}

function identityOf({ event }: StoredEvent): NonNullable<WaitingDelivery['event']> {
  const { source, id, type, sourceorg } = event.attributes;
  return {
    source: String(source),
    id: String(id),
    type: String(type),
    journey: journeyOf(event),
    sourceorg: String(sourceorg ?? ''),
  };
}

/**
 * An event of which only its identity is left, for the record of its end. `undefined` when not even that is known.
 */
export function rememberedEvent(entry: WaitingDelivery): StoredEvent | undefined {
  if (entry.event === undefined) return undefined;
  const { source, id, type, journey, sourceorg } = entry.event;
  return {
    event: {
      attributes: { specversion: '1.0', source, id, type, correlationid: journey, sourceorg },
      data: { kind: 'absent' },
    },
    stream: entry.stream,
    sequence: entry.sequence,
    time: new Date(entry.stored),
  };
}

/**
 * What tells the attempts of one delivery apart from those of the same event for another reason, so that each has records
 * of its own: the replay, the correction, or which copy was put up again.
 */
export function roundOf({ marks, keeper }: InHand): string {
  if (marks.replay !== undefined) return marks.replay;
  if (keeper.kind !== 'room') return '';
  const { cause, parked } = keeper.entry;
  if (cause === 'correction') return 'correction';
  return cause === 'unparked' ? `unparked ${String(parked ?? '')}` : '';
}
