import { Refusal } from '@signalbox/contracts';
import type { Subscription } from '@signalbox/registry';
import { wrong } from './protocols.js';

/** A subscription that can be fetched now, by pulling or by a stream. @throws {Refusal} SB-4220 */
export function fetchable(subscription: Subscription): Subscription {
  const { protocol, status } = subscription;
  if (protocol !== 'PULL') {
    throw new Refusal('SB-4220', 'Only a subscription of protocol PULL is fetched', {
      findings: [
        wrong('/protocol', 'protocol', 'PULL', 'Switch it with PATCH {"protocol":"PULL"}; its position is kept.'),
      ],
    });
  }
  if (status !== 'active') {
    const fix = 'Let it go on with POST /subscriptions/{id}/resume.';
    throw new Refusal('SB-4220', `The subscription is ${status}`, {
      findings: [wrong('/status', 'status', 'active', fix)],
    });
  }
  return subscription;
}
