import type { Subscription } from '@signalbox/registry';

import { REASONS } from '../../deliveries/reasons.js';
import type { Consent } from '../../subscriptions/handshake.js';
import type { Outcome } from '../channel.js';
import type { FhirChannel } from './fhir-channel.js';

/**
 * Asks the endpoint of a FHIR subscription whether it takes notifications: any success of a handshake message is a yes.
 * @throws the signal's reason when aborted
 */
export async function askByHandshake(
  channel: FhirChannel,
  subscription: Subscription,
  signal: AbortSignal,
): Promise<Consent> {
  const { id, sink = '', config, sinkheaders = [] } = subscription;
  const endpoint = { subscription: id, sink, config, headers: Object.fromEntries(sinkheaders) };
  return consentOfOutcome(await channel.signal('handshake', endpoint, signal));
}

/** What the outcome of a handshake means. */
export function consentOfOutcome(outcome: Outcome): Consent {
  if (outcome.kind === 'delivered') return { kind: 'given' };
  if (outcome.kind === 'retry') {
    return { kind: 'withheld', reason: `handshake-unanswered: ${REASONS[outcome.reason].sentence}` };
  }
  const { code } = outcome;
  if (code === 'egress-refused') return { kind: 'impossible', reason: `egress-refused: ${REASONS[code].sentence}` };
  return { kind: 'withheld', reason: `handshake-refused: ${REASONS[code].sentence}` };
}
