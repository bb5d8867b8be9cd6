import {
  type CloudEvent,
  notificationBundle,
  type NotificationContent,
  type NotificationType,
  type NotifiedEvent,
  Refusal,
  type SubscriptionStatus,
} from '@signalbox/contracts';

import type { EgressClient } from '../../egress/client.js';
import type { Channel, Outcome, Target } from '../channel.js';
import { postOnce } from '../http-post.js';
import { headersOfMarks } from '../marks.js';
import type { Numbering } from './numbering.js';

export interface FhirChannelParts {
  readonly egress: EgressClient;
  readonly numbering: Numbering;
  /** FHIR base of this exchange, without a slash at its end. */
  readonly base: string;
  /** Canonical of the topic of a subscription. */
  readonly topicOf: (subscription: string) => string | undefined;
}

/** Where a message of a FHIR subscription goes: the part of a target that handshakes and heartbeats have too. */
export type FhirEndpoint = Pick<Target, 'sink' | 'subscription' | 'config'> &
  Partial<Pick<Target, 'headers' | 'trace'>>;

/** A notification that carries no event. */
type Signal = Extract<NotificationType, 'handshake' | 'heartbeat'>;

const DEFAULT_PAYLOAD = 'application/fhir+json';
const CONTENTS: readonly NotificationContent[] = ['empty', 'id-only', 'full-resource'];

/**
 * Notifications of FHIR R4 topic-based Subscriptions by rest-hook (Subscriptions R5 Backport 1.1.0): one event in each. The
 * endpoint is whoever its receiver says by the headers that it set; nothing is signed, as the guide knows no signatures.
 */
export class FhirChannel implements Channel {
  readonly scheme = 'FHIR';
  readonly span = 'POST notification';
  /** Numbers go up, so one after the other. */
  readonly concurrency = 1;
  readonly #notified = new Map<string, number>();

  constructor(private readonly parts: FhirChannelParts) {}

  async deliver(event: CloudEvent, target: Target, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    // A test must not use up a number, and the guide has a message for just this.
    if (target.marks.test !== undefined) return this.signal('handshake', target, signal, headersOfMarks(target.marks));
    const started = performance.now();
    let notified: NotifiedEvent;
    try {
      notified = await this.#numbered(event, target);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: 'retry', reason: 'not-numbered', latencyMs: Math.round(performance.now() - started) };
    }
    signal.throwIfAborted();
    const body = await this.#bundle('event-notification', target, [notified]);
    const marks = headersOfMarks(target.marks);
    return this.#post(target, { body, headers: marks }, signal);
  }

  /** Sends a message without an event: whether the endpoint takes notifications, or that the subscription still stands. */
  async signal(
    type: Signal,
    endpoint: FhirEndpoint,
    signal: AbortSignal,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    return this.#post(endpoint, { body: await this.#bundle(type, endpoint, []), headers }, signal);
  }

  /** Milliseconds since 1970 at which a subscription was last sent something; 0 = not by this relay. */
  lastNotified(subscription: string): number {
    return this.#notified.get(subscription) ?? 0;
  }

  async #numbered(event: CloudEvent, { subscription, identity, place }: Target): Promise<NotifiedEvent> {
    const time = String(event.attributes['recordedtime'] ?? event.attributes['time'] ?? new Date().toISOString());
    const { stream = '', sequence = 0 } = place ?? {};
    const number = await this.parts.numbering.numberOf(subscription, { identity, stream, sequence, time });
    return { number, time, event };
  }

  async #bundle(type: NotificationType, endpoint: FhirEndpoint, events: readonly NotifiedEvent[]): Promise<Buffer> {
    const { base, numbering, topicOf } = this.parts;
    const { subscription, config } = endpoint;
    const status: SubscriptionStatus = type === 'handshake' ? 'requested' : 'active';
    const eventsSinceStart = await numbering.lastOf(subscription);
    const facts = { base, subscription, topic: topicOf(subscription) ?? '', status, type, eventsSinceStart };
    const content = CONTENTS.find((one) => one === config['content']) ?? 'empty';
    return notificationBundle(facts, events, content, new Date().toISOString());
  }

  async #post(
    { sink, subscription, config, headers: own = {}, trace = {} }: FhirEndpoint,
    message: Pick<Parameters<typeof postOnce>[1], 'body' | 'headers'>,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const headers = {
      ...own,
      'content-type': String(config['payload'] ?? DEFAULT_PAYLOAD),
      'user-agent': 'Signalbox',
      ...message.headers,
      ...trace,
    };
    const started = performance.now();
    this.#notified.set(subscription, Date.now());
    // The receiver may want less patience than the exchange has.
    const seconds = Number(config['timeoutseconds'] ?? 0);
    const patience = seconds > 0 ? AbortSignal.timeout(seconds * 1000) : undefined;
    const ended = patience === undefined ? signal : AbortSignal.any([signal, patience]);
    try {
      return await postOnce(this.parts.egress, { sink, subscription, headers, body: message.body }, ended);
    } catch (error) {
      if (signal.aborted || patience?.aborted !== true) throw error;
      return { kind: 'retry', reason: 'endpoint-timeout', latencyMs: Math.round(performance.now() - started) };
    }
  }
}
