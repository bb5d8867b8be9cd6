import { newSecret, Refusal } from '@signalbox/contracts';
import { activeSecrets, type Subscription } from '@signalbox/registry';

import { wrong } from '../subscriptions/protocols.js';

/** How a secret is exchanged for a new one. */
export interface Rotation {
  /** Milliseconds for which the former secret signs beside the new one; 0 = it stops at once. */
  readonly overlapMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The subscription with a new secret. While a former one still signs, another rotation would cut off the very secret that
 * the receiver verifies with, so it is refused, unless the caller says that none but the new one shall sign.
 *
 * @throws Refusal SB-4220
 */
export function rotated(subscription: Subscription, { overlapMs, now }: Rotation): Subscription {
  const active = activeSecrets(subscription, now);
  if (active.length === 0) throw new Refusal('SB-4220', 'Nothing is signed for this subscription');
  if (active.length > 1 && overlapMs > 0) {
    throw new Refusal('SB-4220', 'A former secret still signs', {
      findings: [
        wrong(
          '/overlapms',
          'rotation-under-way',
          `a rotation after ${subscription.oldsecretsuntil ?? 'the former one ended'}, or overlapms 0`,
          'Wait until the former secret has ended, or send overlapms 0 if no older secret may sign any more.',
        ),
      ],
    });
  }
  const { oldsecretsuntil: _former, ...rest } = subscription;
  const secret = newSecret();
  if (overlapMs === 0) return { ...rest, sinksecrets: [secret] };
  return {
    ...rest,
    sinksecrets: [secret, ...active],
    oldsecretsuntil: new Date(now + overlapMs).toISOString(),
  };
}
