import { type EgressAnswer, type EgressClient, EgressFailure, EgressRefused } from '../egress/client.js';

/** What an endpoint said when it was asked whether events may be sent to it. */
export type Consent =
  | { readonly kind: 'given' }
  /** Asking again may help: it was away, or does not speak the handshake yet. */
  | { readonly kind: 'withheld'; readonly reason: string }
  /** Asking again cannot help until the sink is changed. */
  | { readonly kind: 'impossible'; readonly reason: string };

/** Whose endpoint is asked, and where it is. */
export interface Endpoint {
  /** Id of the subscription. */
  readonly subscription: string;
  readonly sink: string;
}

/**
 * Reads consent out of the answer to the `OPTIONS` request of CloudEvents HTTP webhook 1.0.2 section 4. Only the header
 * counts, never the status: many servers answer 200 to any OPTIONS.
 */
export function consentOf(answer: Pick<EgressAnswer, 'headers'>, origin: string): Consent {
  const header = answer.headers['webhook-allowed-origin'];
  const allowed = (Array.isArray(header) ? header : [header ?? ''])
    .flatMap((line) => line.split(','))
    .map((one) => one.trim().toLowerCase());
  if (allowed.includes('*') || allowed.includes(origin.toLowerCase())) return { kind: 'given' };
  const reason = allowed.some((one) => one !== '')
    ? 'handshake-refused: The endpoint allows another origin than this exchange in WebHook-Allowed-Origin.'
    : 'handshake-missing: The endpoint answered OPTIONS without WebHook-Allowed-Origin; it must allow this exchange or *.';
  return { kind: 'withheld', reason };
}

/**
 * Asks an endpoint for its consent, once.
 * @throws the signal's reason when aborted
 */
export async function askConsent(
  egress: EgressClient,
  { subscription, sink }: Endpoint,
  origin: string,
  signal: AbortSignal,
): Promise<Consent> {
  try {
    const headers = { 'webhook-request-origin': origin, 'user-agent': 'Signalbox' };
    return consentOf(await egress.send({ subscription, method: 'OPTIONS', url: sink, headers, signal }), origin);
  } catch (error) {
    if (error instanceof EgressRefused) return { kind: 'impossible', reason: `egress-refused: ${error.message}` };
    if (error instanceof EgressFailure) return { kind: 'withheld', reason: `handshake-unanswered: ${error.message}` };
    throw error;
  }
}
