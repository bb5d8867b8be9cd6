import {
  type Catalogue,
  type CloudEvent,
  eventDigest,
  eventIdentity,
  judge,
  journeyOf,
  jsonContent,
  meaningOf,
  type Judgement,
} from '@signalbox/contracts';
import type { StoredEvent } from '@signalbox/messaging';
import { defined, type Delivery } from './delivery.js';
import { type EventFact, instant, journeyKey, textAttribute } from './facts.js';
import { PATIENT, type PseudonymPair, type Pseudonyms } from './pseudonyms.js';

/** All that the ledger takes from one accepted event. */
export interface EventReading {
  readonly fact: EventFact;
  readonly identifiers: readonly PseudonymPair[];
  readonly deliveries: readonly Delivery[];
}

/** What reading an event needs to know of the exchange. */
export interface EventReader {
  readonly catalogue: Catalogue;
  readonly pseudonyms: Pseudonyms;
  /** The deliveries that the event will come up for. */
  readonly foresee: (event: EventFact) => readonly Delivery[];
}

/**
 * Reads an event as it lies in its stream. Its content is looked at for findings and business identifiers only;
 * identifiers are hashed here and now, and nothing of the content is kept.
 */
export function readEvent(stored: StoredEvent, reader: EventReader): EventReading {
  const { event } = stored;
  const judgement = judge(event, reader.catalogue);
  const identifiers = [...judgement.identifiers];
  if (judgement.patient !== undefined) identifiers.push({ name: PATIENT, value: judgement.patient });
  const fact = factOf(stored, judgement);
  const pairs = identifiers.map((identifier) => reader.pseudonyms.of(identifier));
  return {
    fact,
    identifiers: [...new Map(pairs.map((pair) => [pair.pseudonym, pair])).values()],
    deliveries: reader.foresee(fact),
  };
}

function factOf(stored: StoredEvent, { findings, software, type: known }: Judgement): EventFact {
  const { event, late } = stored;
  const text = (name: string) => textAttribute(event, name);
  const type = text('type') ?? '';
  return {
    stream: stored.stream,
    sequence: stored.sequence,
    identity: eventIdentity(event),
    source: text('source') ?? '',
    id: text('id') ?? '',
    type,
    family: stored.stream.replace(/^EVENTS_/, '').toLowerCase(),
    journey: journeyKey(journeyOf(event)),
    sourceorg: text('sourceorg') ?? '',
    recorded: instant(text('recordedtime')) ?? stored.time.toISOString(),
    size: sizeOf(event),
    digest: eventDigest(event).toString('hex'),
    findings,
    ...defined({
      targetorg: text('targetorg'),
      urgency: text('urgency'),
      causationid: text('causationid'),
      supersedes: text('supersedes'),
      sent: instant(text('time')),
      contenttype: text('datacontenttype'),
      meaning: known && meaningOf(known, contentOf(event)),
      product: software?.name,
      version: software?.version,
      late,
    }),
  };
}

/** The parsed content; nothing for what is no JSON, of which the findings tell. */
function contentOf({ data }: CloudEvent): unknown {
  try {
    return jsonContent(data);
  } catch {
    return undefined;
  }
}

function sizeOf(event: CloudEvent): number {
  return event.data.kind === 'absent' ? 0 : event.data.bytes.byteLength;
}
