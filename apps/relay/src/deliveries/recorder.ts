import { encodeStructured, journeyOf } from '@signalbox/contracts';
import { derivedRecordId, type ParkedDelivery, type Step, type StoredEvent } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import type { SpanContext } from '@signalbox/runtime';

import type { Marks } from '../channels/channel.js';
import { type ReasonCode, REASONS } from './reasons.js';
import type { Settlement, StepFacts } from './settlement.js';

/** Where records become durable; the engine's step and parked logs. */
export interface RecordLogs {
  readonly steps: { publish(step: Step): Promise<void> };
  readonly parked: { publish(parked: ParkedDelivery): Promise<void> };
}

/** Which delivery, and which attempt of it, a record is about. */
export interface About {
  readonly stored: StoredEvent;
  readonly subscription: Subscription;
  readonly attempt: number;
  readonly firstAttempt: Date;
  /** When the attempt ended. */
  readonly at: Date;
  readonly trace: SpanContext | undefined;
  readonly marks: Marks;
  /** What tells the attempts of this delivery from those of the same event for another reason; empty for the first. */
  readonly round: string;
  /** Only the identity of the event is left. */
  readonly gone?: boolean;
}

/** A record of 1536 KiB is the most that the engine takes; the rest of a parked record stays well below 128 KiB. */
const LARGEST_COPY_CHARACTERS = 1408 * 1024;

/** Writes what happened to a delivery. Writing the same again stores nothing: every record's id follows from what it is about. */
export class Recorder {
  constructor(private readonly logs: RecordLogs) {}

  /**
   * Resolves when every record of a settlement is on disk; the parked copy first, so that no step names one that is not there.
   * @throws EngineUnavailable or EngineFull; some records may then be there already, which does no harm
   */
  async record(settlement: Settlement, about: About): Promise<void> {
    if (settlement.kind === 'parked') await this.logs.parked.publish(parkedDelivery(settlement.reason, about));
    // One after the other: a journey is told in the order in which it happened.
    for (const facts of settlement.steps) await this.logs.steps.publish(stepOf(facts, about));
  }
}

/** A step about one delivery. Ids, codes, counts and times only. */
export function stepOf(facts: StepFacts, about: About): Step {
  const { stored, subscription, attempt, at, trace, marks } = about;
  const { replay, late, corrects } = marks;
  const { reason, nextInMs, ...told } = facts;
  const tried = facts.kind === 'attempt' || facts.kind === 'delivered' || facts.kind === 'parked';
  return {
    id: recordId(facts.kind, about),
    time: at.toISOString(),
    ...identityOf(stored),
    sourceorg: String(stored.event.attributes['sourceorg'] ?? ''),
    org: subscription.ods,
    subscription: subscription.id,
    channel: subscription.protocol,
    ...told,
    ...(tried && { attempt }),
    ...(reason !== undefined && { reason, detail: REASONS[reason].sentence }),
    ...(nextInMs !== undefined && { nextattempt: new Date(at.getTime() + nextInMs).toISOString() }),
    ...(replay !== undefined && { replay }),
    ...(late !== undefined && { late }),
    ...(corrects !== undefined && { corrects }),
    ...(trace !== undefined && { traceid: trace.traceId, spanid: trace.spanId }),
    stream: stored.stream,
    sequence: stored.sequence,
  };
}

function parkedDelivery(reason: ReasonCode, about: About): ParkedDelivery {
  const { stored, subscription, attempt, firstAttempt, at } = about;
  const copy = about.gone === true ? '' : Buffer.from(encodeStructured(stored.event)).toString('base64');
  return {
    id: recordId('copy', about),
    time: at.toISOString(),
    subscription: subscription.id,
    org: subscription.ods,
    ...identityOf(stored),
    stream: stored.stream,
    sequence: stored.sequence,
    attempts: attempt,
    firstattempt: firstAttempt.toISOString(),
    lastattempt: at.toISOString(),
    reason,
    detail: `${REASONS[reason].sentence} ${REASONS[reason].advice}`,
    // Binary data near the size limit grows beyond a record when it is encoded twice; it stays readable in its stream until retention ends.
    event: copy.length <= LARGEST_COPY_CHARACTERS ? copy : '',
  };
}

function identityOf({ event }: StoredEvent): { source: string; eventid: string; type: string; journey: string } {
  const { source, id, type } = event.attributes;
  return { source: String(source), eventid: String(id), type: String(type), journey: journeyOf(event) };
}

/** A crash between record and acknowledgement repeats no record. */
function recordId(kind: string, { stored, subscription, attempt, round }: About): string {
  const about = [subscription.id, stored.stream, stored.sequence, attempt, kind];
  return derivedRecordId(round === '' ? about : [...about, round]);
}
