import { type CloudEvent, encodeStructured } from '@signalbox/contracts';

import { type EgressClient, EgressFailure, EgressRefused } from '../../egress/client.js';
import type { Channel, Outcome, Target } from '../channel.js';
import { headersOfMarks } from '../marks.js';
import { outcomeOfAnswer, outcomeOfFailure } from './classify.js';

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

  async deliver(event: CloudEvent, target: Target, signal: AbortSignal): Promise<Outcome> {
    const body = encodeStructured(event);
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Signalbox',
      'webhook-request-origin': this.origin,
      ...headersOfMarks(target.marks),
      ...target.trace,
      ...target.sign(body),
    };
    const started = performance.now();
    try {
      const { subscription, sink } = target;
      const answer = await this.egress.send({ subscription, method: 'POST', url: sink, headers, body, signal });
      return outcomeOfAnswer(answer, Date.now(), { events: [event], sink });
    } catch (error) {
      if (error instanceof EgressFailure) return outcomeOfFailure(error);
      if (error instanceof EgressRefused) {
        return { kind: 'refused', code: 'egress-refused', latencyMs: Math.round(performance.now() - started) };
      }
      throw error;
    }
  }
}
