import type { IncomingMessage, ServerResponse } from 'node:http';

import { Refusal, WebhookFault } from '@signalbox/contracts';
import type { IncomingHeaders } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';
import { receiveWebhooks } from './received.js';
import type { EventHandler } from './subscribe.js';

/** How a receiver of webhooks is set up. */
export interface WebhookOptions {
  /** `whsec_…` secrets and `whpk_…` public keys, any of which may have signed: two while a secret is rotated. */
  readonly secrets: string | readonly string[];
  /**
   * Whether replays are handed to the handler. Without it they are refused with `422`, for what an event caused the first
   * time must not happen twice unasked; the exchange parks them with that reason.
   */
  readonly acceptReplays?: boolean;
  /** Whether tests are handed to the handler. Without it they are verified, read and answered, and go no further. */
  readonly handleTests?: boolean;
  /** Exchange that may send here (host name, as it calls itself), or `*`: the default, since every delivery is signed. */
  readonly allowedOrigin?: string;
  /** Told of what could not be read and of what the handler threw; the exchange learns no more than the kind of it. */
  readonly onTrouble?: (error: unknown) => void;
}

/** A request as any framework has it. `body` holds the bytes as they came, before any parsing. */
export interface WebhookRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHeaders;
  readonly body: Uint8Array;
}

/** What to answer. */
export interface WebhookAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A receiver of webhooks that no framework is needed for. */
export type WebhookReceiver = (request: WebhookRequest) => Promise<WebhookAnswer>;

/** Bytes that {@link webhookListener} reads at most: a batch of a hundred events of a mebibyte each would be more. */
const DEFAULT_MAX_BODY_BYTES = 8 * 1024 * 1024;

/**
 * Verifies, reads and hands over what the exchange sends: one event, or a batch one by one in its order. The answer is
 * `2xx` only after every handler has resolved; a rejection answers `500`, and the whole request comes again, so that a
 * handler must bear an event that it has seen (`source` and `id` are its identity). Consents to the handshake of
 * CloudEvents (`OPTIONS`).
 */
export function webhookReceiver(handler: EventHandler, o: WebhookOptions): WebhookReceiver {
  return async (request) => {
    if (request.method === 'OPTIONS') return consent(o.allowedOrigin ?? '*');
    if (request.method !== undefined && request.method !== 'POST') return problem(METHOD);
    let events: ReceivedEvent[];
    try {
      events = receiveWebhooks(request.headers, request.body, o.secrets);
    } catch (error) {
      o.onTrouble?.(error);
      return problem(problemOf(error));
    }
    return handOver(events, handler, o);
  };
}

/** {@link webhookReceiver} as a listener of `node:http`. */
export function webhookListener(
  handler: EventHandler,
  o: WebhookOptions & { readonly maxBodyBytes?: number },
): (request: IncomingMessage, response: ServerResponse) => void {
  const receive = webhookReceiver(handler, o);
  const most = o.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES;
  return (request, response) => {
    const { method, headers } = request;
    bodyOf(request, most)
      .then(async (body) => (body === undefined ? problem(TOO_LARGE) : receive({ method, headers, body })))
      .then((answer) => response.writeHead(answer.status, answer.headers).end(answer.body))
      // The other side went away in the middle of its request: there is nobody to answer.
      .catch((error: unknown) => o.onTrouble?.(error));
  };
}

async function handOver(
  events: readonly ReceivedEvent[],
  handler: EventHandler,
  o: WebhookOptions,
): Promise<WebhookAnswer> {
  // A request has its marks once, for every event in it.
  const { replay, test } = events[0]?.marks ?? {};
  if (replay !== undefined && o.acceptReplays !== true) return problem(REPLAY);
  if (test !== undefined && o.handleTests !== true) return text(TESTED);
  try {
    for (const event of events) await handler(event);
    return { status: 204, headers: {}, body: '' };
  } catch (error) {
    o.onTrouble?.(error);
    return problem(FAILED);
  }
}

/** What the exchange is told: the kind of trouble, never what was in the event or in an error. */
interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

const METHOD: Problem = { status: 405, title: 'The method is not offered here', detail: 'Webhooks are sent by POST.' };
const TOO_LARGE: Problem = {
  status: 413,
  title: 'The request is too large',
  detail: 'The body is larger than maxBodyBytes of this receiver.',
};
const REPLAY: Problem = {
  status: 422,
  title: 'Replays are not accepted here',
  detail:
    'The delivery is marked as a replay, and this receiver has not opted in (acceptReplays). Opt in, then retry the parked delivery.',
};
const UNSIGNED: Problem = {
  status: 401,
  title: 'The signature does not fit',
  detail: 'None of the secrets of this receiver signed these bytes at about this time.',
};
const UNREADABLE: Problem = {
  status: 400,
  title: 'The body is not a CloudEvent',
  detail: 'It could not be read as one event or as a batch of them.',
};
const FAILED: Problem = {
  status: 500,
  title: 'The receiver failed',
  detail: 'The log of the receiver says why. The event may be sent again.',
};
const TESTED = 'Signature and event are right. The test was not handed to the handler (handleTests is not set).';

function problemOf(error: unknown): Problem {
  if (error instanceof WebhookFault) return error.reason === 'key-malformed' ? FAILED : UNSIGNED;
  return error instanceof Refusal ? UNREADABLE : FAILED;
}

function problem({ status, title, detail }: Problem): WebhookAnswer {
  // What is told first is what is kept of it (an excerpt); without a type it is about:blank (RFC 9457, 4.2.1).
  const body = JSON.stringify({ title, status, detail });
  return { status, headers: { 'content-type': 'application/problem+json' }, body };
}

function text(body: string): WebhookAnswer {
  return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** Consent of a receiver (CloudEvents HTTP webhook 1.0.2, section 4.2): it is these headers, not the status. */
function consent(origin: string): WebhookAnswer {
  const headers = { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*', allow: 'POST, OPTIONS' };
  return { status: 200, headers, body: '' };
}

/** The bytes of a body; undefined where they are too many. What is too much is read to its end, so that the answer arrives. */
async function bodyOf(request: IncomingMessage, most: number): Promise<Uint8Array | undefined> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= most) chunks.push(chunk as Buffer);
    else chunks = [];
  }
  return size > most ? undefined : Buffer.concat(chunks);
}
