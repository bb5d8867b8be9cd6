import type { EgressAnswer } from '../../egress/client.js';
import type { EgressFailure, EgressFailureKind } from '../../egress/failure.js';
import type { ReasonCode } from '../../deliveries/reasons.js';
import type { Outcome } from '../channel.js';
import { answerExcerpt } from './answer-excerpt.js';
import { retryAfterMs } from './retry-after.js';

const FAILURES: Readonly<Record<EgressFailureKind, ReasonCode>> = {
  timeout: 'endpoint-timeout',
  unreachable: 'endpoint-unreachable',
  disconnected: 'endpoint-disconnected',
  tls: 'endpoint-insecure',
  protocol: 'endpoint-not-http',
};

/** Statuses that ask for less or for later, each with the wait that the receiver names. */
const OVERLOADED = new Set([429, 502, 503, 504]);
/** Client errors that are about this attempt and not about the event: the request was too slow or too early. */
const TRANSIENT = new Set([408, 425]);

/**
 * What an HTTP answer to a webhook means (Standard Webhooks 1.0.0, CloudEvents HTTP webhook 1.0.2).
 * Only the status and `Retry-After` are looked at; an excerpt of what was said goes with what was no success.
 * @param now - milliseconds since the epoch, for a `Retry-After` that is a date
 */
export function outcomeOfAnswer(answer: EgressAnswer, now: number): Outcome {
  const { status, latencyMs } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', status, latencyMs };
  const excerpt = answerExcerpt(answer);
  const told = { status, latencyMs, ...(excerpt !== undefined && { answer: excerpt }) };
  if (status === 410) return { kind: 'refused', code: 'endpoint-gone', disable: true, ...told };
  const reason = retryReason(status);
  if (reason === undefined) return { kind: 'refused', code: 'endpoint-refused', ...told };
  const afterMs = retryAfterMs(answer.headers['retry-after'], now);
  return { kind: 'retry', reason, ...told, ...(afterMs !== undefined && { afterMs }) };
}

function retryReason(status: number): ReasonCode | undefined {
  if (OVERLOADED.has(status)) return 'endpoint-overloaded';
  // A redirect is not followed, yet it often is a maintenance page that goes away by itself.
  if (status >= 300 && status < 400) return 'endpoint-redirected';
  if (TRANSIENT.has(status)) return 'endpoint-error';
  return status >= 400 && status < 500 ? undefined : 'endpoint-error';
}

/** What it means that no answer came. Whether the receiver has the event is then unknown, so it is sent again under the same identity. */
export function outcomeOfFailure(failure: EgressFailure): Outcome {
  return { kind: 'retry', reason: FAILURES[failure.kind], latencyMs: failure.latencyMs };
}
