import { describe, expect, it } from '@jest/globals';

import type { RetryPolicy } from './retry-policy.js';
import { settleImpossible, settleOutcome, settleUnsent } from './settlement.js';

const policy: RetryPolicy = {
  delaysMs: [5_000],
  maxAttempts: 3,
  maxAgeMs: 86_400_000,
  jitter: 0,
  maxRetryAfterMs: 60_000,
};
const first = { attempt: 1, ageMs: 0 };

describe('what follows from an outcome', () => {
  it('acknowledges a delivered event after one step', () => {
    expect(settleOutcome({ kind: 'delivered', status: 204, latencyMs: 12 }, first, policy)).toEqual({
      kind: 'done',
      steps: [{ kind: 'delivered', state: 'delivered', status: 204, latencyms: 12 }],
    });
  });

  it('hands a failed one out again after the wait, and says when in its step', () => {
    const outcome = {
      kind: 'retry',
      reason: 'endpoint-overloaded',
      status: 503,
      latencyMs: 3,
      afterMs: 9_000,
    } as const;
    expect(settleOutcome(outcome, first, policy)).toEqual({
      kind: 'again',
      delayMs: 9_000,
      steps: [
        {
          kind: 'attempt',
          state: 'waiting',
          reason: 'endpoint-overloaded',
          status: 503,
          latencyms: 3,
          nextInMs: 9_000,
        },
      ],
    });
  });

  it('leaves out the status of an endpoint that gave none', () => {
    const [step] = settleOutcome({ kind: 'retry', reason: 'endpoint-timeout', latencyMs: 15_000 }, first, policy).steps;
    expect(step).not.toHaveProperty('status');
  });

  it('parks a refused one at once, with the attempt and its reason', () => {
    expect(
      settleOutcome({ kind: 'refused', code: 'endpoint-refused', status: 400, latencyMs: 3 }, first, policy),
    ).toEqual({
      kind: 'parked',
      reason: 'endpoint-refused',
      disable: false,
      steps: [
        { kind: 'attempt', state: 'delivering', reason: 'endpoint-refused', status: 400, latencyms: 3 },
        { kind: 'parked', state: 'parked', reason: 'endpoint-refused' },
      ],
    });
  });

  it('switches the subscription off when its endpoint is gone', () => {
    const outcome = { kind: 'refused', code: 'endpoint-gone', status: 410, latencyMs: 3, disable: true } as const;
    expect(settleOutcome(outcome, first, policy)).toMatchObject({
      kind: 'parked',
      reason: 'endpoint-gone',
      disable: true,
    });
  });

  it('parks the last attempt under the policy’s reason and keeps the endpoint’s in the attempt', () => {
    const outcome = { kind: 'retry', reason: 'endpoint-timeout', latencyMs: 15_000 } as const;
    expect(settleOutcome(outcome, { attempt: 3, ageMs: 60_000 }, policy)).toEqual({
      kind: 'parked',
      reason: 'attempts-exhausted',
      disable: false,
      steps: [
        { kind: 'attempt', state: 'delivering', reason: 'endpoint-timeout', latencyms: 15_000 },
        { kind: 'parked', state: 'parked', reason: 'attempts-exhausted' },
      ],
    });
  });

  it('ends an event that is not sent with its state and reason', () => {
    expect(settleUnsent({ kind: 'suppressed', reason: 'no-grant' })).toEqual({
      kind: 'done',
      steps: [{ kind: 'suppressed', state: 'suppressed', reason: 'no-grant' }],
    });
  });

  it('parks what cannot be tried at all', () => {
    expect(settleImpossible('channel-unknown')).toMatchObject({
      kind: 'parked',
      reason: 'channel-unknown',
      disable: false,
    });
  });
});
