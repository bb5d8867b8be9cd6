/** Bounds of repeated delivery; every one is a setting. Times in milliseconds. */
export interface RetryPolicy {
  /** Wait after the first, second, … failed attempt; the last one repeats. At least one. */
  readonly delaysMs: readonly number[];
  /** Attempts after which a delivery is parked. */
  readonly maxAttempts: number;
  /** Age since the first attempt after which no further attempt begins. */
  readonly maxAgeMs: number;
  /** Share of a wait that is random, 0 to 1: 0.2 spreads over 90 % to 110 %. Keeps receivers from being hit all at once. */
  readonly jitter: number;
  /** Longest wait that a receiver can ask for. */
  readonly maxRetryAfterMs: number;
}

/** What the policy says after a failed attempt. */
export type RetryDecision =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly reason: 'attempts-exhausted' | 'too-old' };

/** One failed attempt, as the policy sees it. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds since the first attempt began. */
  readonly ageMs: number;
  /** Milliseconds that the receiver asked to wait. */
  readonly askedMs?: number;
}

/**
 * Decides whether and when a failed delivery is tried again: the schedule with jitter, never sooner than the receiver
 * asked (within the cap), never beyond count or age.
 * @param random - 0 to 1, as Math.random
 */
export function decideRetry(
  policy: RetryPolicy,
  failed: FailedAttempt,
  random: () => number = Math.random,
): RetryDecision {
  if (failed.attempt >= policy.maxAttempts) return { kind: 'give-up', reason: 'attempts-exhausted' };
  const scheduled = policy.delaysMs[Math.min(failed.attempt, policy.delaysMs.length) - 1] ?? 0;
  const asked = Math.min(failed.askedMs ?? 0, policy.maxRetryAfterMs);
  const spread = scheduled * (1 + policy.jitter * (random() - 0.5));
  const delayMs = Math.round(Math.max(spread, asked));
  if (failed.ageMs + delayMs > policy.maxAgeMs) return { kind: 'give-up', reason: 'too-old' };
  return { kind: 'again', delayMs };
}
