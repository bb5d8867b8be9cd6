import { describe, expect, it } from '@jest/globals';

import { decideRetry, type RetryPolicy } from './retry-policy.js';

const policy: RetryPolicy = {
  delaysMs: [5_000, 30_000, 120_000],
  maxAttempts: 6,
  maxAgeMs: 3_600_000,
  jitter: 0.2,
  maxRetryAfterMs: 600_000,
};
const middle = (): number => 0.5;

describe('the retry policy', () => {
  it.each([
    [1, 5_000],
    [2, 30_000],
    [3, 120_000],
    [4, 120_000],
    [5, 120_000],
  ])('waits after failed attempt %d for %d ms, the last wait repeating', (attempt, delayMs) => {
    expect(decideRetry(policy, { attempt, ageMs: 0 }, middle)).toEqual({ kind: 'again', delayMs });
  });

  it('spreads each wait evenly around its middle', () => {
    expect(decideRetry(policy, { attempt: 1, ageMs: 0 }, () => 0)).toEqual({ kind: 'again', delayMs: 4_500 });
    expect(decideRetry(policy, { attempt: 1, ageMs: 0 }, () => 0.999999)).toEqual({ kind: 'again', delayMs: 5_500 });
  });

  it('gives up after the last attempt that is allowed', () => {
    expect(decideRetry(policy, { attempt: 6, ageMs: 0 }, middle)).toEqual({
      kind: 'give-up',
      reason: 'attempts-exhausted',
    });
  });

  it('gives up when the next attempt would begin too late', () => {
    expect(decideRetry(policy, { attempt: 3, ageMs: 3_590_000 }, middle)).toEqual({
      kind: 'give-up',
      reason: 'too-old',
    });
  });

  it('never comes sooner than the receiver asked', () => {
    expect(decideRetry(policy, { attempt: 1, ageMs: 0, askedMs: 60_000 }, middle)).toEqual({
      kind: 'again',
      delayMs: 60_000,
    });
  });

  it('never comes sooner than its own schedule either', () => {
    expect(decideRetry(policy, { attempt: 3, ageMs: 0, askedMs: 1 }, middle)).toEqual({
      kind: 'again',
      delayMs: 120_000,
    });
  });

  it('does not let a receiver put it off beyond the cap', () => {
    expect(decideRetry(policy, { attempt: 1, ageMs: 0, askedMs: 1e12 }, middle)).toEqual({
      kind: 'again',
      delayMs: 600_000,
    });
  });

  it('ends for every schedule, whatever receivers ask', () => {
    let attempt = 1;
    let ageMs = 0;
    for (;;) {
      const decision = decideRetry(policy, { attempt, ageMs, askedMs: 1e12 }, Math.random);
      if (decision.kind === 'give-up') break;
      ageMs += decision.delayMs;
      attempt += 1;
      expect(attempt).toBeLessThanOrEqual(policy.maxAttempts);
    }
    expect(ageMs).toBeLessThanOrEqual(policy.maxAgeMs);
  });
});
