import { derivedRecordId, type Step } from '@signalbox/messaging';
import type { OpenDelivery } from './looks.js';

/** What the ledger itself finds out about a delivery, in the words of its step. */
export const FINDINGS = {
  'deadline-missed': {
    kind: 'expired',
    detail: 'It was not delivered within the time that its type allows. It is tried on.',
  },
  'retention-over': {
    kind: 'expired',
    detail: 'It was not delivered while its stream kept the event; it cannot be sent from there any more.',
  },
  'sought-past': {
    kind: 'filtered',
    detail: 'The receiver moved the subscription on past this event.',
  },
  'other-type': {
    kind: 'filtered',
    detail: 'The subscription did not ask for this type when the event came up.',
  },
} as const satisfies Record<string, { readonly kind: 'expired' | 'filtered'; readonly detail: string }>;

/** Why the ledger ends a delivery. */
export type LedgerReason = keyof typeof FINDINGS;

/** The step by which the ledger ends a delivery. The same finding about the same state of a delivery has the same id. */
export function ledgerStep(reason: LedgerReason, delivery: OpenDelivery, now: Date): Step {
  const { kind, detail } = FINDINGS[reason];
  const { stream, sequence, subscription, org, source, id, type, journey, sourceorg, step } = delivery;
  return {
    id: derivedRecordId([reason, subscription, stream, sequence, step]),
    kind,
    state: kind,
    time: now.toISOString(),
    source,
    eventid: id,
    type,
    journey,
    sourceorg,
    org,
    subscription,
    reason,
    detail,
    stream,
    sequence,
  };
}
