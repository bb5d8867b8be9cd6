/**
 * Notifications of FHIR R4 topic-based Subscriptions, as the Subscriptions R5 Backport guide (1.1.0) has them: a Bundle of
 * type history whose first entry is the status of the subscription as a Parameters resource. Numbers are strings there, and
 * every entry has a request and a response, for a Bundle of this type must have both.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { CloudEvent } from '../event.js';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';
const NOTIFICATION_PROFILE = `${BACKPORT}/backport-subscription-notification-r4`;
const STATUS_PROFILE = `${BACKPORT}/backport-subscription-status-r4`;

/** Extension of the guide by its short name. */
export const backportExtension = (name: string): string => `${BACKPORT}/backport-${name}`;

/** How much of an event a notification carries. */
export type NotificationContent = 'empty' | 'id-only' | 'full-resource';

export type NotificationType = 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event';

/** What a FHIR Subscription says of itself. */
export type SubscriptionStatus = 'requested' | 'active' | 'error' | 'off';

/** The status of a subscription at one moment. */
export interface StatusFacts {
  /** FHIR base of the exchange, without a slash at its end. */
  readonly base: string;
  /** Id of the subscription. */
  readonly subscription: string;
  /** Canonical of its topic. */
  readonly topic: string;
  readonly status: SubscriptionStatus;
  readonly type: NotificationType;
  /** Number of its newest event; 0 = none yet. */
  readonly eventsSinceStart: number;
  /** Why its status is error, in words. */
  readonly error?: string;
}

/** One event of a subscription under its number. */
export interface NotifiedEvent {
  readonly number: number;
  /** RFC 3339: when it became known. */
  readonly time: string;
  /** Absent when it may not or can no longer be shown: then only its number is told. */
  readonly event?: CloudEvent;
}

/** The Parameters resource that tells the status of a subscription. */
function statusParameters(facts: StatusFacts, events: readonly object[] = [], withTopic = true): object {
  const { base, subscription, topic, status, type, eventsSinceStart, error } = facts;
  return {
    resourceType: 'Parameters',
    id: randomUUID(),
    meta: { profile: [STATUS_PROFILE] },
    parameter: [
      { name: 'subscription', valueReference: { reference: `${base}/Subscription/${subscription}` } },
      ...(withTopic ? [{ name: 'topic', valueCanonical: topic }] : []),
      { name: 'status', valueCode: status },
      { name: 'type', valueCode: type },
      { name: 'events-since-subscription-start', valueString: String(eventsSinceStart) },
      ...events,
      ...(error === undefined ? [] : [{ name: 'error', valueCodeableConcept: { text: error } }]),
    ],
  };
}

/**
 * A notification, or the answer to `$events`, as it is sent. The content of an event stands in it byte for byte as its
 * publisher sent it.
 * @param now RFC 3339
 */
export function notificationBundle(
  facts: StatusFacts,
  events: readonly NotifiedEvent[],
  content: NotificationContent,
  now: string,
): Buffer {
  const { base, subscription } = facts;
  const told = events.map((one) => notificationEvent(facts, one, content));
  const status = statusParameters(facts, told, content !== 'empty');
  const head = {
    resourceType: 'Bundle',
    id: randomUUID(),
    meta: { profile: [NOTIFICATION_PROFILE] },
    type: 'history',
    timestamp: now,
  };
  const first = {
    fullUrl: `urn:uuid:${(status as { id: string }).id}`,
    resource: status,
    request: { method: 'GET', url: `${base}/Subscription/${subscription}/$status` },
    response: { status: '200' },
  };
  const entries = content === 'empty' ? [] : events.flatMap((one) => contentEntry(facts, one, content));
  const parts = [Buffer.from(JSON.stringify(first)), ...entries];
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(head).slice(0, -1)},"entry":[`),
    ...parts.flatMap((part, at) => (at === 0 ? [part] : [Buffer.from(','), part])),
    Buffer.from(']}'),
  ]);
}

/** The answer to `$status`: the status of some subscriptions. @param now RFC 3339 */
export function statusBundle(all: readonly StatusFacts[], now: string): object {
  return {
    resourceType: 'Bundle',
    id: randomUUID(),
    type: 'searchset',
    timestamp: now,
    total: all.length,
    entry: all.map((facts) => {
      const resource = statusParameters(facts);
      return { fullUrl: `urn:uuid:${(resource as { id: string }).id}`, resource, search: { mode: 'match' } };
    }),
  };
}

function notificationEvent(facts: StatusFacts, one: NotifiedEvent, content: NotificationContent): object {
  const focus = content === 'empty' ? undefined : addressOf(facts, one, content);
  return {
    name: 'notification-event',
    part: [
      { name: 'event-number', valueString: String(one.number) },
      { name: 'timestamp', valueInstant: one.time },
      ...(focus === undefined ? [] : [{ name: 'focus', valueReference: { reference: focus } }]),
    ],
  };
}

function contentEntry(facts: StatusFacts, one: NotifiedEvent, content: NotificationContent): Buffer[] {
  const fullUrl = addressOf(facts, one, content);
  if (fullUrl === undefined) return [];
  const rest = { request: { method: 'POST', url: 'Bundle' }, response: { status: '201' } };
  const bytes = content === 'full-resource' ? resourceOf(one) : undefined;
  if (bytes === undefined) return [Buffer.from(JSON.stringify({ fullUrl, ...rest }))];
  const head = Buffer.from(`{"fullUrl":${JSON.stringify(fullUrl)},"resource":`);
  return [Buffer.concat([head, bytes, Buffer.from(`,${JSON.stringify(rest).slice(1)}`)])];
}

/** Where the content of an event is: inside the notification, at the exchange, or where its publisher said. */
function addressOf(facts: StatusFacts, one: NotifiedEvent, content: NotificationContent): string | undefined {
  if (one.event === undefined) return undefined;
  const { dataref } = one.event.attributes;
  if (one.event.data.kind === 'absent' && dataref !== undefined) return String(dataref);
  if (content === 'full-resource' && resourceOf(one) !== undefined) return `urn:uuid:${uuidOf(facts, one)}`;
  return `${facts.base}/Bundle/${facts.subscription}.${String(one.number)}`;
}

function resourceOf({ event }: NotifiedEvent): Uint8Array | undefined {
  return event?.data.kind === 'json' ? event.data.bytes : undefined;
}

/** The same for the same event of the same subscription (version 8, RFC 9562). */
function uuidOf({ subscription }: StatusFacts, { number }: NotifiedEvent): string {
  const hash = createHash('sha256')
    .update(`${subscription}.${String(number)}`)
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
