import type { DeliveryState, Finding } from '@signalbox/contracts';
import { hash, randomUUID } from 'node:crypto';
import type { Entry, GroupCommit } from './group-commit.js';

/** What can happen to an event after it was accepted, or instead. */
export type StepKind =
  | 'duplicate'
  | 'conflict'
  | 'attempt'
  | 'delivered'
  | 'acknowledged'
  | 'filtered'
  | 'suppressed'
  | 'paused'
  | 'parked'
  | 'expired'
  /** A person or a correction put it up for delivery again. */
  | 'retried'
  /** A person gave it to somebody else to look after. */
  | 'handed-over'
  /** The subscription went into or out of a condition that people should know of. */
  | 'warned'
  /** A clock ran out (`reason` names it; `org` is whose move it is); nothing about a delivery changes by it. */
  | 'overdue'
  /** A person asked whoever holds a journey (`org`) to look at it; nothing about a delivery changes by it. */
  | 'nudged'
  | 'handled-outside';

export type { DeliveryState };

/** One recorded fact about an event or a delivery. Holds no payload and no patient identifier. */
export interface Step {
  /** UUID; the same step published twice is recorded once. */
  readonly id: string;
  readonly kind: StepKind;
  /** RFC 3339. */
  readonly time: string;
  /** Identity of the event. */
  readonly source: string;
  readonly eventid: string;
  readonly type: string;
  readonly journey: string;
  readonly sourceorg: string;
  /** ODS code of the receiving organisation. */
  readonly org?: string;
  readonly subscription?: string;
  readonly channel?: string;
  /** State of the delivery after this step. */
  readonly state?: DeliveryState;
  /** Stable word for the cause. */
  readonly reason?: string;
  /** One sentence for people. */
  readonly detail?: string;
  readonly attempt?: number;
  /** Status that the endpoint answered. */
  readonly status?: number;
  /** What the endpoint said with it: an excerpt of words of a fixed vocabulary, so that no patient is named. */
  readonly answer?: string;
  readonly latencyms?: number;
  /** RFC 3339. */
  readonly nextattempt?: string;
  readonly findings?: readonly Finding[];
  /** Why this delivery was made outside the order of the stream: the id of a replay, the event that it corrects. */
  readonly replay?: string;
  readonly corrects?: string;
  /** That a newer version was known when it was delivered. */
  readonly late?: string;
  /** Who did it, `<ODS>:<application>`, and what they wrote: for steps that people cause. */
  readonly by?: string;
  readonly note?: string;
  readonly traceid?: string;
  readonly spanid?: string;
  /** Where the event lies. */
  readonly stream?: string;
  readonly sequence?: number;
}

/** A refused event: what was wrong, for its publisher. The payload is encrypted by the gateway and short-lived. */
export interface Rejection {
  readonly id: string;
  readonly time: string;
  readonly org: string;
  readonly application: string;
  readonly code: string;
  readonly findings: readonly Finding[];
  readonly source?: string;
  readonly eventid?: string;
  readonly type?: string;
  readonly journey?: string;
  /** The software that made it, where its content says so. */
  readonly product?: string;
  readonly version?: string;
  readonly traceid?: string;
  /** Encrypted bytes, base64. */
  readonly payload?: string;
}

/** A delivery that waits for a person's decision, with a copy of the event so that it outlives the stream's retention. */
export interface ParkedDelivery {
  readonly id: string;
  readonly time: string;
  readonly subscription: string;
  readonly org: string;
  readonly source: string;
  readonly eventid: string;
  readonly type: string;
  readonly journey: string;
  readonly stream: string;
  readonly sequence: number;
  readonly attempts: number;
  readonly firstattempt: string;
  readonly lastattempt: string;
  readonly reason: string;
  readonly detail: string;
  /** The structured CloudEvent, base64 of its exact bytes. */
  readonly event: string;
}

/** `STEPS`, `REJECTED` or `PARKED`: JSON records, published in atomic batches off the hot path. */
export class RecordLog<R extends { readonly id: string }> {
  constructor(
    private readonly commit: GroupCommit,
    private readonly subject: (record: R) => string,
  ) {}

  /** Resolves when the record is on disk. Publishing the same `id` again stores nothing. */
  async publish(record: R): Promise<void> {
    const entry: Entry = {
      id: record.id,
      subject: this.subject(record),
      headers: [],
      body: Buffer.from(JSON.stringify(record)),
    };
    await this.commit.append(entry);
  }

  /**
   * For records that must not hold up an answer: published behind the caller's back, repeated while the
   * engine is away. `onLost` is told when the process gives up, so that not even this ends in silence.
   */
  record(record: R, onLost: (error: unknown) => void, retries = 10): void {
    this.publish(record).catch((error: unknown) => {
      if (retries === 0) onLost(error);
      else setTimeout(() => this.record(record, onLost, retries - 1), RECORD_RETRY_MS).unref();
    });
  }
}

const RECORD_RETRY_MS = 1_000;

/** A fresh id for a step that can only happen once by its nature. */
export function newRecordId(): string {
  return randomUUID();
}

/** The id of a record that follows from what it is about, so that writing it again stores nothing: a UUID of version 8 (RFC 9562). */
export function derivedRecordId(about: readonly (string | number)[]): string {
  const bytes = hash('sha256', JSON.stringify(about), 'buffer');
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
