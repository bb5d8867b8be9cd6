import { createHash } from 'node:crypto';
import { journeyOf } from '@signalbox/contracts';
import type { Step, StepKind, StoredEvent } from '@signalbox/messaging';
import { INELIGIBLE, type IneligibleReason, type Subscription } from '@signalbox/registry';

type PullStep = Extract<StepKind, 'delivered' | 'acknowledged' | 'filtered' | 'suppressed'>;

/** The step of one event for one pull subscription. The same fact has the same id, however often it is established. */
export function stepOf(
  kind: PullStep,
  subscription: Subscription,
  stored: StoredEvent,
  reason?: IneligibleReason,
): Step {
  const { attributes } = stored.event;
  return {
    id: stepId(kind, subscription.id, `${stored.stream} ${String(stored.sequence)}`),
    kind,
    state: kind,
    time: new Date().toISOString(),
    source: String(attributes['source']),
    eventid: String(attributes['id']),
    type: String(attributes['type']),
    journey: journeyOf(stored.event),
    sourceorg: String(attributes['sourceorg']),
    org: subscription.ods,
    subscription: subscription.id,
    channel: 'pull',
    stream: stored.stream,
    sequence: stored.sequence,
    ...(reason !== undefined && { reason, detail: INELIGIBLE[reason] }),
  };
}

/** A UUID (version 8, RFC 9562) made of what the step is about. */
export function stepId(kind: string, subscription: string, about: string): string {
  const hash = createHash('sha256').update(`${kind}\n${subscription}\n${about}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
