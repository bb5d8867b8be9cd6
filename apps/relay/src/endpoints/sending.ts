import { formatTraceparent, type Span } from '@signalbox/runtime';

import type { Channel, Outcome } from '../channels/channel.js';
import { type Aim, targetOf } from '../channels/target.js';
import type { ReasonCode } from '../deliveries/reasons.js';

/** One event on its way to one endpoint. */
export type Sending = Omit<Aim, 'traceparent'>;

/**
 * Sends an event once through a channel, signed, with the context of its span, which then tells what came of it.
 * @throws WebhookFault when there is nothing to sign with; the signal's reason when it was aborted
 */
export async function sendOnce(channel: Channel, sending: Sending, span: Span, signal: AbortSignal): Promise<Outcome> {
  const target = targetOf({ ...sending, traceparent: formatTraceparent(span.spanContext()) });
  const outcome = await channel.deliver(sending.event, target, signal);
  if (outcome.status !== undefined) span.setAttribute('http.response.status_code', outcome.status);
  const reason = failureReason(outcome);
  if (reason !== undefined) span.setAttribute('error.type', reason);
  return outcome;
}

/** Why it was not delivered; `undefined` when it was. */
export function failureReason(outcome: Outcome): ReasonCode | undefined {
  if (outcome.kind === 'delivered') return undefined;
  return outcome.kind === 'retry' ? outcome.reason : outcome.code;
}
