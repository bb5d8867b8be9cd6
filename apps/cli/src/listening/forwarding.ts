import { setTimeout as wait } from 'node:timers/promises';

import { headersOfMarks } from '@signalbox/client';
import type { ReceivedEvent } from '@signalbox/client';
import { identityOf, signWebhook } from '@signalbox/contracts';

import { pauseAfter, verdictOf } from './verdict.js';
import type { LocalAnswer, Verdict } from './verdict.js';

/** Where events are handed on, and how. */
export interface Target {
  readonly url: string;
  /** `whsec_…` */
  readonly secret: string;
  /** Attempts at one event before it is given up; `Infinity` for as long as it takes. */
  readonly attempts: number;
}

/** One attempt, as it ended. */
export interface RoundTrip {
  readonly attempt: number;
  readonly answer: LocalAnswer;
  readonly latencyms: number;
  /** Milliseconds to the next attempt; undefined where there is none. */
  readonly againMs: number | undefined;
}

/** How long the local receiver may take for one event, in milliseconds; the exchange's own webhooks allow about as much. */
const FORWARD_TIMEOUT_MS = 15_000;

/**
 * Posts an event as a webhook of the exchange would bring it, again and again while that can help: signed anew at each
 * attempt under one `webhook-id`, with its marks. Undefined where `signal` fired before the receiver had it.
 */
export async function forward(
  target: Target,
  event: ReceivedEvent,
  signal: AbortSignal,
  told: (trip: RoundTrip) => void,
): Promise<Verdict | undefined> {
  const body = event.structured();
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const started = performance.now();
    const answer = await post(target, event, body, signal);
    if (answer === undefined) return undefined;
    const latencyms = Math.round(performance.now() - started);
    const verdict = verdictOf(answer);
    const againMs = verdict === 'again' && attempt < target.attempts ? pauseAfter(attempt, answer) : undefined;
    told({ attempt, answer, latencyms, againMs });
    if (againMs === undefined) return verdict;
    await wait(againMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function post(
  { url, secret }: Target,
  event: ReceivedEvent,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<LocalAnswer | undefined> {
  const id = identityOf(event);
  try {
    const answer = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'content-type': 'application/cloudevents+json',
        ...headersOfMarks(event.marks),
        ...signWebhook({ id, body, secrets: [secret] }),
      },
      body: body as Uint8Array<ArrayBuffer>,
      signal: AbortSignal.any([signal, AbortSignal.timeout(FORWARD_TIMEOUT_MS)]),
    });
    await answer.body?.cancel();
    return { status: answer.status, retryAfterMs: secondsOf(answer.headers.get('retry-after')) };
  } catch (error) {
    if (signal.aborted) return undefined;
    return { status: undefined, why: whyNot(error) };
  }
}

function whyNot(error: unknown): 'nobody listens there' | 'no answer in time' | 'it hung up' {
  const { name, cause } = error as { name?: unknown; cause?: { code?: unknown } };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code === 'UND_ERR_SOCKET' || cause?.code === 'ECONNRESET' ? 'it hung up' : 'nobody listens there';
}

/** Milliseconds of a `Retry-After` in seconds; a local receiver hardly sends a date. */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : undefined;
}
