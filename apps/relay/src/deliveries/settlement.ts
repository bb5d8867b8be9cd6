import type { DeliveryState, StepKind } from '@signalbox/messaging';

import type { Outcome } from '../channels/channel.js';
import type { Eligibility } from '@signalbox/registry';
import type { ReasonCode } from './reasons.js';
import { decideRetry, type RetryPolicy } from './retry-policy.js';

/** What a step says about one delivery, beside which event and subscription it is about. */
export interface StepFacts {
  readonly kind: StepKind;
  readonly state: DeliveryState;
  readonly reason?: ReasonCode;
  readonly status?: number;
  readonly latencyms?: number;
  /** Excerpt of what the receiver said, without anything that was sent. */
  readonly answer?: string;
  /** Milliseconds from now to the next attempt. */
  readonly nextInMs?: number;
}

/**
 * How a delivery goes on, always with the steps that must be durable first:
 * - `done`: acknowledge, it is over;
 * - `again`: hand it out again after a wait;
 * - `parked`: keep a copy, then never hand it out again until a person decides.
 */
export type Settlement =
  | { readonly kind: 'done'; readonly steps: readonly StepFacts[] }
  | { readonly kind: 'again'; readonly delayMs: number; readonly steps: readonly StepFacts[] }
  | {
      readonly kind: 'parked';
      readonly reason: ReasonCode;
      readonly steps: readonly StepFacts[];
      readonly disable: boolean;
    };

/** Which attempt an outcome belongs to. */
export interface Attempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** Milliseconds since the first attempt began. */
  readonly ageMs: number;
}

/** An event that is not sent ends at once, with the reason. */
export function settleUnsent(eligibility: Exclude<Eligibility, { kind: 'deliver' }>): Settlement {
  return { kind: 'done', steps: [{ kind: eligibility.kind, state: eligibility.kind, reason: eligibility.reason }] };
}

/** A delivery that cannot even be tried. */
export function settleImpossible(reason: ReasonCode): Settlement {
  return { kind: 'parked', reason, steps: [{ kind: 'parked', state: 'parked', reason }], disable: false };
}

/** An event that left its stream before it was delivered, and of which there is no copy. */
export function settleGone(): Settlement {
  const reason = 'retention-over';
  return { kind: 'parked', reason, steps: [{ kind: 'expired', state: 'expired', reason }], disable: false };
}

/** An event of which a newer version was accepted, for a type whose policy is to hold such ones. */
export function settleStale(): Settlement {
  const reason = 'superseded';
  return { kind: 'parked', reason, steps: [{ kind: 'parked', state: 'parked', reason }], disable: false };
}

/**
 * Turns what a channel said into what happens next: the only place where that is decided.
 * @param random - 0 to 1, as Math.random
 */
export function settleOutcome(
  outcome: Outcome,
  at: Attempt,
  policy: RetryPolicy,
  random: () => number = Math.random,
): Settlement {
  const told = {
    latencyms: outcome.latencyMs,
    ...(outcome.status !== undefined && { status: outcome.status }),
    ...(outcome.answer !== undefined && { answer: outcome.answer }),
  };
  if (outcome.kind === 'delivered')
    return { kind: 'done', steps: [{ kind: 'delivered', state: 'delivered', ...told }] };
  if (outcome.kind === 'refused') return park(outcome.code, outcome.code, told, outcome.disable === true);
  const decision = decideRetry(
    policy,
    { ...at, ...(outcome.afterMs !== undefined && { askedMs: outcome.afterMs }) },
    random,
  );
  if (decision.kind === 'give-up') return park(outcome.reason, decision.reason, told, false);
  const { delayMs } = decision;
  const step: StepFacts = { kind: 'attempt', state: 'waiting', reason: outcome.reason, ...told, nextInMs: delayMs };
  return { kind: 'again', delayMs, steps: [step] };
}

function park(
  failure: ReasonCode,
  reason: ReasonCode,
  told: Pick<StepFacts, 'status' | 'latencyms' | 'answer'>,
  disable: boolean,
): Settlement {
  return {
    kind: 'parked',
    reason,
    disable,
    steps: [
      { kind: 'attempt', state: 'delivering', reason: failure, ...told },
      { kind: 'parked', state: 'parked', reason },
    ],
  };
}
