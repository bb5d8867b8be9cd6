import { createHash, hash } from 'node:crypto';
import type { CloudEvent } from './event.js';

/** What the gateway sets on its way in: not part of what the sender said, so not part of what a repetition is compared by. */
const SET_BY_GATEWAY: ReadonlySet<string> = new Set(['sourceorg', 'partitionkey', 'recordedtime']);

/** Namespace of the journeys that Signalbox derives itself. Fixed for ever: a retry must give the same journey. */
const JOURNEY_NAMESPACE = Buffer.from('7b3f0b7e5c0e5d1f9a4464a0c3d1f2e8', 'hex');

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * The identity of an event, which is its source and id together: SHA-256 in hex. Fit for `Nats-Msg-Id` and `webhook-id`:
 * of one length, without a dot, and it tells nothing.
 */
export function eventIdentity({ attributes: { source, id } }: CloudEvent): string {
  return identityOf({ source: String(source), id: String(id) });
}

/** {@link eventIdentity} where no more of an event is at hand than its source and id. */
export function identityOf({ source, id }: { readonly source: string; readonly id: string }): string {
  return hash('sha256', identityText(source, id), 'hex');
}

/**
 * The digest by which a repetition is told from a conflict: SHA-256 over attributes, kind of content and bytes. It comes out
 * the same for an event as it was sent and as it is stored (what the gateway adds does not count), and for one event sent in
 * two content modes (an Integer and its text in a header are one value; text and the bytes of that text are one content).
 */
export function eventDigest(event: CloudEvent): Buffer {
  const journey = event.attributes['correlationid'] === undefined ? undefined : derivedJourney(event);
  const attributes = Object.entries(event.attributes)
    .filter(([name, value]) => !SET_BY_GATEWAY.has(name) && !(name === 'correlationid' && value === journey))
    .map(([name, value]) => [name, String(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const { data } = event;
  const kind = data.kind === 'text' ? 'binary' : data.kind;
  const digest = createHash('sha256').update(`${JSON.stringify(attributes)}\n${kind}\n`);
  return (data.kind === 'absent' ? digest : digest.update(data.bytes)).digest();
}

/**
 * The journey of an event: its `correlationid`, or else a UUID (version 5, RFC 9562) derived from its identity, so that a
 * retry belongs to the same journey. UUIDs are compared without regard to case, hence written in lower case.
 */
export function journeyOf(event: CloudEvent): string {
  const sent = event.attributes['correlationid'];
  if (sent === undefined || sent === '') return derivedJourney(event);
  const journey = String(sent);
  return UUID.test(journey) ? journey.toLowerCase() : journey;
}

/** The journey is asked for several times on an event's way in. */
const derived = new WeakMap<CloudEvent, string>();

function derivedJourney(event: CloudEvent): string {
  let journey = derived.get(event);
  if (journey === undefined) derived.set(event, (journey = deriveJourney(event)));
  return journey;
}

function deriveJourney({ attributes: { source, id } }: CloudEvent): string {
  const digest = hash('sha1', Buffer.concat([JOURNEY_NAMESPACE, Buffer.from(identityText(source, id))]), 'buffer');
  digest[6] = (digest[6]! & 0x0f) | 0x50;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  const hex = digest.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function identityText(source: unknown, id: unknown): string {
  return JSON.stringify([String(source), String(id)]);
}
