import { setTimeout as wait } from 'node:timers/promises';

import { exchange, withSlash } from './exchange.js';
import type { Answer } from './exchange.js';
import { errorOfAnswer, errorOfTransport, parsed, SignalboxError } from './problem.js';
import type { TokenSource } from './token.js';

/** Bounds of every request; all in milliseconds. */
export interface Patience {
  /** How long a request that is refused for the moment, or gets no answer, is sent again. A killed engine leader takes about 5 s. */
  readonly retryForMs: number;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
  /** Longest pause before the second attempt; later pauses double, each with full jitter. */
  readonly firstPauseMs: number;
  /** Longest pause between two attempts, unless the other side asks for a longer one. */
  readonly longestPauseMs: number;
}

export const DEFAULT_PATIENCE: Patience = {
  retryForMs: 15_000,
  timeoutMs: 10_000,
  firstPauseMs: 100,
  longestPauseMs: 2_000,
};

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Media type wanted, where the call answers in several. */
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: Uint8Array;
  /**
   * Whether sending it twice does no harm. Publishing is idempotent by source and id. A request that is not is sent
   * again only where the other side said that nothing was done (429, 503).
   */
  readonly idempotent: boolean;
  /** Added to the time that one attempt may take: a long poll waits on purpose. */
  readonly extraMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Sends requests with a token, and sends them again, with the same bytes, while that can help. */
export class Transport {
  constructor(
    readonly gateway: string,
    private readonly tokens: TokenSource,
    private readonly patience: Patience,
    /** Told before each pause, so that nobody wonders what is being waited for. */
    private readonly onRetry: ((error: SignalboxError, pauseMs: number) => void) | undefined,
  ) {}

  /** @throws {@link SignalboxError} for every answer other than 2xx, once patience is spent. */
  async send(request: Request): Promise<Answer> {
    const deadline = performance.now() + this.patience.retryForMs;
    let refetched = false;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.attempt(request);
      if (!(outcome instanceof SignalboxError)) return outcome;
      if (outcome.status === 401 && !refetched && this.tokens.renewable) {
        // The token may have expired on the way, or the gateway's signing key changed: one fresh token, once.
        refetched = true;
        this.tokens.forget();
        continue;
      }
      if (!worthRepeating(outcome, request)) throw outcome;
      const pause = pauseBefore(attempt, this.patience, outcome.retryAfterMs, Math.random());
      if (performance.now() + pause > deadline) throw outcome;
      this.onRetry?.(outcome, pause);
      await pausing(pause, request.signal, outcome);
    }
  }

  /** The answer's JSON. */
  async sendForJson(request: Request): Promise<unknown> {
    const answer = await this.send(request);
    return parsed(answer.body);
  }

  /**
   * Opens an answer that goes on for as long as either side likes: only the wait for its head is bounded. Asks once.
   *
   * @throws {@link SignalboxError} where there was no answer, or one other than 2xx.
   */
  async open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    try {
      const answer = await this.head(path, headers, signal);
      if (answer.status !== 401 || !this.tokens.renewable) return await orError(answer);
      // As in send: the token may have expired on the way.
      this.tokens.forget();
      await answer.body?.cancel();
      return await orError(await this.head(path, headers, signal));
    } catch (error) {
      throw error instanceof SignalboxError ? error : errorOfTransport(error, 'The gateway');
    }
  }

  private async head(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
    const late = new AbortController();
    const { timeoutMs } = this.patience;
    const timer = setTimeout(() => late.abort(new DOMException('no answer in time', 'TimeoutError')), timeoutMs);
    try {
      const token = await this.tokens.token(signal);
      return await fetch(new URL(path, withSlash(this.gateway)), {
        redirect: 'manual',
        headers: { ...headers, authorization: `Bearer ${token}` },
        signal: AbortSignal.any([signal, late.signal]),
      });
    } finally {
      clearTimeout(timer);
    }
  }

  private async attempt(request: Request): Promise<Answer | SignalboxError> {
    try {
      const token = await this.tokens.token(request.signal);
      const answer = await exchange(new URL(request.path, withSlash(this.gateway)), {
        method: request.method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: request.accept ?? 'application/json, application/cloudevents-batch+json, application/problem+json',
          ...(request.contentType !== undefined && { 'content-type': request.contentType }),
        },
        body: request.body,
        timeoutMs: this.patience.timeoutMs + (request.extraMs ?? 0),
        signal: request.signal,
      });
      return answer.status < 300 ? answer : errorOfAnswer(answer.status, answer.headers, answer.body);
    } catch (error) {
      return error instanceof SignalboxError ? error : errorOfTransport(error, 'The gateway');
    }
  }
}

async function orError(answer: Response): Promise<Response> {
  if (answer.status < 300) return answer;
  throw errorOfAnswer(answer.status, answer.headers, await answer.bytes());
}

function worthRepeating(error: SignalboxError, request: Request): boolean {
  if (!error.retryable) return false;
  return request.idempotent || error.status === 429 || error.status === 503;
}

/**
 * Milliseconds before the next attempt: exponential with full jitter, so that many clients do not return at once;
 * never shorter than what the other side asked for.
 */
export function pauseBefore(
  attempt: number,
  patience: Pick<Patience, 'firstPauseMs' | 'longestPauseMs'>,
  askedMs: number | undefined,
  random: number,
): number {
  const most = Math.min(patience.longestPauseMs, patience.firstPauseMs * 2 ** attempt);
  return Math.max(askedMs ?? 0, Math.round(most * random));
}

async function pausing(ms: number, signal: AbortSignal | undefined, last: SignalboxError): Promise<void> {
  try {
    await wait(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw errorOfTransport(error, `Waiting to send again (${last.code})`);
  }
}
