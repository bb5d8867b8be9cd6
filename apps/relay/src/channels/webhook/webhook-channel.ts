import { createHash } from 'node:crypto';

import { BATCH_MEDIA_TYPE, type CloudEvent, encodeBatch, encodeStructured } from '@signalbox/contracts';

import type { EgressClient } from '../../egress/client.js';
import type { Channel, Outcome, Target } from '../channel.js';
import { postOnce } from '../http-post.js';
import { headersOfMarks } from '../marks.js';

/**
 * Signed HTTP delivery: Standard Webhooks 1.0.0 signatures around a structured CloudEvent, as a CloudEvents 1.0.2
 * webhook (`WebHook-Request-Origin` on every delivery). Of an answer's body only an excerpt is
 * kept, and only of what is no success.
 */
export class WebhookChannel implements Channel {
  readonly scheme = 'HTTP';
  readonly span = 'POST webhook';

  constructor(
    private readonly egress: EgressClient,
    /** DNS name by which this exchange asks for consent (`WebHook-Request-Origin`). */
    private readonly origin: string,
  ) {}

  deliver(event: CloudEvent, target: Target, signal: AbortSignal): Promise<Outcome> {
    const body = encodeStructured(event);
    const contentType = 'application/cloudevents+json; charset=utf-8';
    return this.#post({ body, contentType, signed: target.sign(body) }, target, signal);
  }

  /**
   * Sends several events to one endpoint in one request (CloudEvents batch), which has an identity of its own: that of its
   * events in their order. What is told of the outcome is told of each.
   * @param deliveries at least one, all to the sink and with the marks of the first
   */
  deliverTogether(deliveries: readonly Delivery[], signal: AbortSignal): Promise<Outcome> {
    const events = deliveries.map(({ event }) => event);
    const { target } = deliveries[0]!;
    const body = encodeBatch(events);
    const contentType = `${BATCH_MEDIA_TYPE}; charset=utf-8`;
    const signed = target.sign(body, batchIdentity(deliveries));
    return this.#post({ body, contentType, signed }, target, signal);
  }

  #post(message: Message, { sink, subscription, marks, trace }: Target, signal: AbortSignal): Promise<Outcome> {
    const { body, contentType, signed } = message;
    const headers = {
      'content-type': contentType,
      'user-agent': 'Signalbox',
      'webhook-request-origin': this.origin,
      ...headersOfMarks(marks),
      ...trace,
      ...signed,
    };
    return postOnce(this.egress, { subscription, sink, headers, body }, signal);
  }
}

/** One event for one endpoint. */
export interface Delivery {
  readonly event: CloudEvent;
  readonly target: Target;
}

interface Message {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly signed: Readonly<Record<string, string>>;
}

/** The same events in the same order are the same batch; each of them is known by its own source and id inside. */
function batchIdentity(deliveries: readonly Delivery[]): string {
  const hash = createHash('sha256');
  for (const { target } of deliveries) hash.update(`${target.identity}\n`);
  return `batch_${hash.digest('base64url')}`;
}
