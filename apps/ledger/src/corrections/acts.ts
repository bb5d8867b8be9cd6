import { isUrgent, journeyOf, orderingKey } from '@signalbox/contracts';
import { derivedRecordId, type Step, type StoredEvent, type WaitingDelivery } from '@signalbox/messaging';
import type { WorkReason } from './decision.js';
import type { OwedCorrection } from './looks.js';

/** What the ledger does about a correction, each with its sentence as it stands on the step. */
export const ACTS = {
  queued: {
    kind: 'retried',
    state: 'waiting',
    detail: 'It corrects or withdraws what this subscription received, so it is delivered whatever is asked for now.',
  },
  'receiver-ended': {
    kind: 'parked',
    state: 'parked',
    detail: 'The subscription that received what this corrects has ended or is switched off: tell its organisation.',
  },
  'no-grant': {
    kind: 'parked',
    state: 'parked',
    detail: 'The organisation received what this corrects and may not receive this type any more: tell it.',
  },
  'retention-over': {
    kind: 'expired',
    state: 'expired',
    detail: 'It was not delivered while its stream kept the event; it cannot be sent from there any more.',
  },
} as const satisfies Record<
  WorkReason | 'queued' | 'retention-over',
  Pick<Step, 'kind' | 'detail'> & { state: Step['state'] }
>;

/** What the ledger does about a correction. */
export type Act = keyof typeof ACTS;

/**
 * The step of an act. The same act in the same state of affairs has the same id.
 *
 * @param after sequence of the last step that counted for the delivery; 0 before the first
 */
export function stepOf(act: Act, owed: OwedCorrection, channel: string | undefined, after: number, now: Date): Step {
  const { identity, subscription, org, source, id, type, journey, sourceorg, corrects, stream, sequence } = owed;
  return {
    id: derivedRecordId(['correction', act, identity, subscription, after]),
    ...ACTS[act],
    time: now.toISOString(),
    source,
    eventid: id,
    type,
    journey,
    sourceorg,
    org,
    subscription,
    ...(channel !== undefined && { channel }),
    ...(act !== 'queued' && { reason: act }),
    corrects,
    stream,
    sequence,
  };
}

/** What the waiting room holds of a correction. */
export function waitingOf(owed: OwedCorrection, { event, time }: StoredEvent): WaitingDelivery {
  const { subscription, stream, sequence, corrects, source, id, type, sourceorg } = owed;
  const journey = journeyOf(event);
  return {
    subscription,
    stream,
    sequence,
    cause: 'correction',
    key: orderingKey(event),
    stored: time.toISOString(),
    ...(isUrgent(event) && { urgent: true as const }),
    event: { source, id, type, journey, sourceorg },
    attempts: 0,
    corrects,
  };
}
