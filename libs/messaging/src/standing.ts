import { type ConsumerInfo, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { queueName } from './delivery-queue.js';
import { answered, headerPairs } from './messages.js';
import type { JournalItem } from './journal.js';
import { streamOf, subjectFilters } from './topology.js';

/** What the engine itself says that a stream holds. */
export interface StreamCounts {
  /** Sequence of the oldest message that is still kept, and of the newest; `first` is above `last` when there is none. */
  readonly first: number;
  readonly last: number;
  readonly messages: number;
  /** Messages by subject. */
  readonly subjects: ReadonlyMap<string, number>;
}

/** How a subscription's consumer stands in one family. */
export interface QueueStanding {
  /** Every event up to here was handed out and settled, or is not for the consumer. */
  readonly settled: number;
  /** Events that it has yet to hand out, and that were handed out and not settled. */
  readonly waiting: number;
  readonly unsettled: number;
  /** Whether it hands out just these types, from this sequence on; while it does not, the relay has yet to follow a change. */
  readonly current: boolean;
}

/** What of a subscription its consumers are made by. */
export interface QueueOf {
  readonly id: string;
  readonly types: readonly string[];
  /** By family: the first sequence that it receives. */
  readonly start: Readonly<Record<string, number>>;
}

const CONSUMER_NOT_FOUND = 10014;

/** @throws EngineUnavailable */
export async function countsOf(jsm: JetStreamManager, stream: string): Promise<StreamCounts> {
  const { state } = await answered(() => jsm.streams.info(stream, { subjects_filter: '>' }));
  const { first_seq: first, last_seq: last, messages, subjects = {} } = state;
  // A stream that never held anything begins at 0, which is no sequence.
  return { first: Math.max(first, 1), last, messages, subjects: new Map(Object.entries(subjects)) };
}

/** One message of any stream, by direct get; `undefined` when there is none at the sequence. @throws EngineUnavailable */
export async function messageAt(
  jsm: JetStreamManager,
  stream: string,
  sequence: number,
): Promise<JournalItem | undefined> {
  const message = await answered(() => jsm.direct.getMessage(stream, { seq: sequence }));
  if (message === null) return undefined;
  const { subject, time, header, data: body } = message;
  return { stream, sequence, subject, time, headers: headerPairs(header), body };
}

/**
 * `undefined` while the subscription has no consumer in the family.
 * @param last sequence of the stream's newest message, asked for before: what was stored since is not claimed to be settled
 * @throws EngineUnavailable
 */
export async function standingOf(
  jsm: JetStreamManager,
  subscription: QueueOf,
  family: string,
  last: number,
): Promise<QueueStanding | undefined> {
  const info = await answered(() => consumerOf(jsm, streamOf(family), queueName(subscription.id)));
  if (info === undefined) return undefined;
  const { num_pending: waiting, num_ack_pending: unsettled, ack_floor: floor } = info;
  return {
    settled: waiting === 0 && unsettled === 0 ? Math.max(last, floor.stream_seq) : floor.stream_seq,
    waiting,
    unsettled,
    current: isCurrent(info, subjectFilters(family, subscription.types), subscription.start[family]),
  };
}

async function consumerOf(jsm: JetStreamManager, stream: string, name: string): Promise<ConsumerInfo | undefined> {
  try {
    return await jsm.consumers.info(stream, name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === CONSUMER_NOT_FOUND) return undefined;
    throw error;
  }
}

function isCurrent({ config }: ConsumerInfo, filters: readonly string[], start: number | undefined): boolean {
  const given = config.filter_subjects ?? [config.filter_subject ?? ''];
  const same = [...given].sort().join(' ') === [...filters].sort().join(' ');
  return same && (start === undefined || config.opt_start_seq === undefined || config.opt_start_seq === start);
}
