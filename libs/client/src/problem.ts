import { PROBLEMS } from '@signalbox/contracts';
import type { Finding, ProblemCode } from '@signalbox/contracts';

/**
 * What went wrong, in the one word that a program decides by:
 * - `refused`: the event or request was judged and turned down; sending it again unchanged is useless.
 * - `unauthenticated`: no token, a bad one, or a refused client assertion.
 * - `forbidden`: known, but without a grant.
 * - `not-found`: not there, or not yours (the two are answered alike).
 * - `conflict`: the same identity was accepted with other content.
 * - `unavailable`: nothing was taken; the same request with the same identity may be sent again.
 * - `failed`: everything else.
 */
export type ErrorKind =
  'refused' | 'unauthenticated' | 'forbidden' | 'not-found' | 'conflict' | 'unavailable' | 'failed';

/** Codes that this client adds to those of the exchange, for what never reached it. */
export type ClientCode = 'unreachable' | 'timed-out' | 'aborted' | 'not-understood' | 'taken-over' | 'replay-refused';

/** What a {@link SignalboxError} is made of. */
export interface ErrorDetails {
  readonly code: ProblemCode | ClientCode;
  readonly title: string;
  readonly detail: string;
  /** HTTP status of the answer; undefined where there was none. */
  readonly status?: number | undefined;
  readonly findings?: readonly Finding[];
  readonly traceid?: string | undefined;
  /** Whether the same request, unchanged, may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds that the other side asked to wait. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/** The one error of this client. Carries the problem details (RFC 9457) of the exchange; never a value that was sent. */
export class SignalboxError extends Error {
  override readonly name = 'SignalboxError';
  readonly code: ProblemCode | ClientCode;
  readonly title: string;
  readonly detail: string;
  readonly status: number | undefined;
  readonly findings: readonly Finding[];
  readonly traceid: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(details: ErrorDetails) {
    super(`${details.code}: ${details.detail}`, { cause: details.cause });
    this.code = details.code;
    this.title = details.title;
    this.detail = details.detail;
    this.status = details.status;
    this.findings = details.findings ?? [];
    this.traceid = details.traceid;
    this.retryable = details.retryable;
    this.retryAfterMs = details.retryAfterMs;
  }

  get kind(): ErrorKind {
    return kindOf(this.status, this.retryable);
  }
}

function kindOf(status: number | undefined, retryable: boolean): ErrorKind {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'not-found';
  if (status === 409) return 'conflict';
  if (retryable) return 'unavailable';
  return status !== undefined && status >= 400 && status < 500 ? 'refused' : 'failed';
}

/**
 * The error that an answer other than 2xx stands for. An answer that is not problem+json (a proxy's page,
 * an empty body) still becomes a {@link SignalboxError}, judged by its status alone.
 */
export function errorOfAnswer(status: number, headers: Headers, body: Uint8Array): SignalboxError {
  return errorOfProblem(status, parsed(body), retryAfterMs(headers.get('retry-after')));
}

/** The error that a problem+json object stands for; `problem` may be anything, for it comes from outside. */
export function errorOfProblem(status: number, problem: unknown, retryAfter?: number): SignalboxError {
  const told = isRecord(problem) ? problem : {};
  const code = isProblemCode(told['code']) ? told['code'] : undefined;
  const title = text(told['title']) ?? `The gateway answered ${status}`;
  return new SignalboxError({
    code: code ?? 'not-understood',
    title,
    detail: text(told['detail']) ?? title,
    status,
    findings: Array.isArray(told['findings']) ? told['findings'].filter(isFinding) : [],
    traceid: text(told['traceid']),
    retryable: code === undefined ? RETRYABLE_STATUS.has(status) : PROBLEMS[code].retryable,
    retryAfterMs: retryAfter,
  });
}

/** Answers of proxies and load balancers that say nothing about the request itself. */
const RETRYABLE_STATUS = new Set([429, 500, 502, 503, 504]);

/** The error for a request that got no answer. */
export function errorOfTransport(cause: unknown, what: string): SignalboxError {
  // By name, not by class: what aborts and times out may come from another realm.
  const name = isRecord(cause) ? cause['name'] : undefined;
  if (name === 'TimeoutError') {
    return new SignalboxError({
      code: 'timed-out',
      title: 'No answer in time',
      detail: `${what} did not answer within the time allowed (timeoutMs).`,
      retryable: true,
      cause,
    });
  }
  if (name === 'AbortError') {
    return new SignalboxError({
      code: 'aborted',
      title: 'Interrupted',
      detail: `${what} was interrupted by the caller.`,
      retryable: false,
      cause,
    });
  }
  return new SignalboxError({
    code: 'unreachable',
    title: 'Could not be reached',
    detail: `${what} could not be reached${reasonOf(cause)}.`,
    retryable: true,
    cause,
  });
}

/** Node hides the reason of a failed fetch one level down; only its stable code is told. */
function reasonOf(cause: unknown): string {
  const inner = isRecord(cause) ? cause['cause'] : undefined;
  const code = isRecord(inner) ? text(inner['code']) : undefined;
  return code === undefined ? '' : ` (${code})`;
}

/** Milliseconds to wait, from a `Retry-After` in seconds or as an HTTP date (RFC 9110, 10.2.3). */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** JSON of an answer, or undefined if it is none. */
export function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isProblemCode(value: unknown): value is ProblemCode {
  return typeof value === 'string' && Object.hasOwn(PROBLEMS, value);
}

function isFinding(value: unknown): value is Finding {
  return isRecord(value) && typeof value['path'] === 'string' && typeof value['rule'] === 'string';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
