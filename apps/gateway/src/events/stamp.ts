import { createHmac, type KeyObject } from 'node:crypto';
import { holdsNhsNumber, type AttributeValue, type CloudEvent } from '@signalbox/contracts';

/** What the gateway knows about an event that its publisher does not. */
export interface Stamp {
  readonly sourceorg: string;
  /** NHS number of the patient; leaves this function only as a keyed hash. */
  readonly patient?: string | undefined;
  readonly pseudonymKey: KeyObject;
  readonly journey: string;
  readonly at: Date;
}

/** The event as it is recorded: content untouched, the exchange's own attributes set. */
export function stamp(event: CloudEvent, { sourceorg, patient, pseudonymKey, journey, at }: Stamp): CloudEvent {
  const orderedBy = patient === undefined ? `journey ${journey}` : `patient ${patient}`;
  return {
    attributes: {
      ...event.attributes,
      sourceorg,
      // As sent where it was sent: the digest of an event is the same before and after.
      correlationid: event.attributes['correlationid'] || journey,
      partitionkey: createHmac('sha256', pseudonymKey).update(orderedBy).digest('base64url').slice(0, 22),
      recordedtime: at.toISOString(),
    },
    data: event.data,
  };
}

/**
 * An attribute as it may stand in a record, a span or a log line: undefined when it holds an NHS number, which a
 * refused event can have anywhere.
 */
export function withoutIdentifier(value: AttributeValue | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = String(value);
  return holdsNhsNumber(text) ? undefined : text.slice(0, 256);
}
