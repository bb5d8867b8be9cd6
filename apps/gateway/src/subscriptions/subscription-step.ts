import { journeyOf } from '@signalbox/contracts';
import {
  derivedRecordId,
  type DeliveryState,
  type Step,
  type StepKind,
  type StoredEvent,
  type WaitingDelivery,
} from '@signalbox/messaging';
import { INELIGIBLE, type IneligibleReason, type Subscription } from '@signalbox/registry';

type PullStep = Extract<StepKind, 'delivered' | 'acknowledged' | 'filtered' | 'suppressed' | 'parked'>;

/** What a receiver that fetches is told beside an event, and its steps tell too. */
export type PullMarks = Pick<Step, 'late' | 'corrects'>;

/** What a step says besides which event and subscription it is about. */
interface Told extends PullMarks {
  readonly reason?: IneligibleReason;
}

/** The step of one event for one pull subscription. The same fact has the same id, however often it is established. */
export function stepOf(kind: PullStep, subscription: Subscription, stored: StoredEvent, told: Told = {}): Step {
  const { attributes } = stored.event;
  const { reason, ...marks } = told;
  return {
    ...deliveryOf(kind, subscription, stored),
    source: String(attributes['source']),
    eventid: String(attributes['id']),
    type: String(attributes['type']),
    journey: journeyOf(stored.event),
    sourceorg: String(attributes['sourceorg']),
    ...marks,
    ...(reason !== undefined && { reason, detail: INELIGIBLE[reason] }),
  };
}

/** The end of a delivery whose event is no longer kept, as far as it is known what it was. */
export function expiredStepOf(subscription: Subscription, waiting: WaitingDelivery): Step {
  const { source = '', id = '', type = '', journey = '', sourceorg = '' } = waiting.event ?? {};
  return {
    ...deliveryOf('expired', subscription, waiting),
    source,
    eventid: id,
    type,
    journey,
    sourceorg,
    reason: 'retention-over',
    detail: 'The event was no longer kept when it was due.',
  };
}

function deliveryOf<K extends StepKind & DeliveryState>(
  kind: K,
  { id, ods }: Subscription,
  { stream, sequence }: { readonly stream: string; readonly sequence: number },
) {
  return {
    id: derivedRecordId([kind, id, stream, sequence]),
    kind,
    state: kind,
    time: new Date().toISOString(),
    org: ods,
    subscription: id,
    channel: 'pull',
    stream,
    sequence,
  };
}
