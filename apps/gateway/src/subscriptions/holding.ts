import { encodeStructured } from '@signalbox/contracts';
import { derivedRecordId, type ParkedDelivery, type Step, type StoredEvent } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { stepOf } from './subscription-step.js';

const REASON = 'superseded';
const DETAIL = 'A newer version was accepted before it, and its type holds such events for a person to decide.';

/**
 * Keeps a stale event for a person, as its type says, instead of handing it out: the copy first, so that no step names one
 * that is not there. Made again when it is come to again, and recorded once.
 */
export async function hold(
  { parked, steps }: HoldingLogs,
  subscription: Subscription,
  stored: StoredEvent,
): Promise<void> {
  const step = stepOf('parked', subscription, stored, stored.late === undefined ? {} : { late: stored.late });
  await parked.publish(copyOf(subscription, stored, step));
  await steps.publish({ ...step, reason: REASON, detail: DETAIL });
}

/** Where a held event is recorded. */
export interface HoldingLogs {
  readonly parked: { publish(parked: ParkedDelivery): Promise<void> };
  readonly steps: { publish(step: Step): Promise<void> };
}

function copyOf({ id, ods }: Subscription, { event, stream, sequence }: StoredEvent, step: Step): ParkedDelivery {
  const { source, eventid, type, journey, time } = step;
  return {
    id: derivedRecordId(['copy', id, stream, sequence]),
    time,
    subscription: id,
    org: ods,
    source,
    eventid,
    type,
    journey,
    stream,
    sequence,
    attempts: 0,
    firstattempt: time,
    lastattempt: time,
    reason: REASON,
    detail: DETAIL,
    event: encodeStructured(event).toString('base64'),
  };
}
