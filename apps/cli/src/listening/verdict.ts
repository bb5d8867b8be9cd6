/** What a local receiver answered: a status, or why there was none. */
export type LocalAnswer =
  | { readonly status: number; readonly retryAfterMs?: number | undefined }
  | { readonly status: undefined; readonly why: 'nobody listens there' | 'no answer in time' | 'it hung up' };

/**
 * What the exchange itself would make of the answer: `taken`; `again`, for a later attempt may succeed; `refused`, however
 * often it is sent (the exchange would park it); `gone`, nothing more is wanted.
 */
export type Verdict = 'taken' | 'again' | 'refused' | 'gone';

/** Client errors that are about this attempt and not about the event. */
const TRANSIENT = new Set([408, 425, 429]);

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** By the rules of the exchange's own webhooks. */
export function verdictOf({ status }: LocalAnswer): Verdict {
  if (status === undefined) return 'again';
  if (status >= 200 && status < 300) return 'taken';
  if (status === 410) return 'gone';
  return status >= 400 && status < 500 && !TRANSIENT.has(status) ? 'refused' : 'again';
}

/** Milliseconds before the next attempt: doubling from a second to half a minute; never shorter than what was asked for. */
export function pauseAfter(attempt: number, answer: LocalAnswer): number {
  const asked = answer.status === undefined ? undefined : answer.retryAfterMs;
  return Math.max(asked ?? 0, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
}

/** One answer in a line: the status or why there was none, how long it took, and what follows from it in words. */
export function answerLine(answer: LocalAnswer, latencyms: number, againMs: number | undefined): string {
  const told = answer.status === undefined ? answer.why : String(answer.status);
  return `<-- ${told}  ${latencyms} ms${consequence(verdictOf(answer), againMs)}`;
}

function consequence(verdict: Verdict, againMs: number | undefined): string {
  if (verdict === 'taken') return '';
  if (verdict === 'refused') return '  refused: the exchange would park this event';
  if (verdict === 'gone') return '  gone: the exchange would disable the subscription';
  return againMs === undefined ? '  failed, given up' : `  failed, again in ${againMs / 1000} s`;
}
