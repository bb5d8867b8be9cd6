import { type CloudEvent, decodeRecorded, encodeNats, eventIdentity, typeMatches } from '@signalbox/contracts';
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupCommit, Position } from './group-commit.js';
import { type EventHeading, type HeadingOptions, readHeadings } from './headings.js';
import { answered, headerPairs, readPage } from './messages.js';
import { familyOfType, streamOf, subjectFilters, subjectOf } from './topology.js';

/** An event as it lies in its stream. */
export interface StoredEvent {
  readonly event: CloudEvent;
  readonly stream: string;
  readonly sequence: number;
  /** When the engine stored it. */
  readonly time: Date;
  /** Id of a newer version of it that was accepted before it. */
  readonly late?: string;
  /** Its type says that such a late one is to be held for a person to decide. */
  readonly held?: true;
  /** Trace context of the acceptance (ours, not the sender's), for links. */
  readonly traceparent?: string;
}

export interface AppendOptions {
  /** ODS code of the publishing organisation, from its credential. */
  readonly sourceorg: string;
  /** Id of a newer version that was accepted before it. */
  readonly late?: string;
  /** A late one of its type is not delivered until a person decides. */
  readonly held?: boolean;
  /** W3C trace context of the acceptance. */
  readonly traceparent?: string;
}

export interface ReadOptions {
  readonly family: string;
  /** Type patterns; an event that matches none is passed over. */
  readonly types: readonly string[];
  /** Sequence after which to read. */
  readonly after: number;
  /** Most events to answer. */
  readonly limit: number;
  /** Milliseconds to wait for a first event when there is none; 0 = answer at once. */
  readonly waitMs?: number;
}

export interface ReadResult {
  readonly events: readonly StoredEvent[];
  /** Sequence up to which everything was looked at; the next read goes on after it. */
  readonly lastSequence: number;
}

/** What a stream still keeps. */
export interface Kept {
  /** Sequence of the oldest event; one more than `last` when nothing is kept. */
  readonly first: number;
  /** When the oldest was stored; absent when nothing is kept. */
  readonly since?: Date;
  /** Sequence of the newest event ever stored; 0 = none yet. */
  readonly last: number;
}

export { headerPairs } from './messages.js';

/** How often a waiting read looks again. A direct get costs the engine about as much as a message. */
const WAITING_READ_INTERVAL_MS = 200;
/** Status with which a direct get says that nothing lies at or after the position. */
/** The header that carries our own trace context beside the event; the sender's stays in `ce-traceparent`. */
export const TRACE_HEADER = 'traceparent';
/** The header that says, beside the event, that a newer version of it was accepted before it. */
const LATE_HEADER = 'signalbox-late';
const HELD_HEADER = 'signalbox-held';

/** The event streams: the only place where an accepted event lives. */
export class EventLog {
  constructor(
    private readonly jsm: JetStreamManager,
    private readonly commits: (stream: string) => GroupCommit,
  ) {}

  /**
   * Resolves once the event is fsynced in its family's stream.
   * @throws EngineUnavailable when the engine did not confirm (the event may or may not be there: repeat with the same identity)
   * @throws EngineFull when there is no room
   */
  append(event: CloudEvent, options: AppendOptions): Promise<Position> {
    const type = String(event.attributes.type);
    const family = familyOfType(type);
    if (family === undefined) throw new TypeError('an event was appended whose type names no family');
    const { headers, body } = encodeNats(event);
    return this.commits(streamOf(family)).append({
      id: eventIdentity(event),
      subject: subjectOf(type, options.sourceorg),
      headers: [
        ...headers,
        ...(options.traceparent === undefined ? [] : [[TRACE_HEADER, options.traceparent] as const]),
        ...(options.late === undefined ? [] : [[LATE_HEADER, encodeURIComponent(options.late)] as const]),
        ...(options.held === true ? [[HELD_HEADER, 'true'] as const] : []),
      ],
      body,
    });
  }

  /** The event at a position; `undefined` when its retention is over. */
  async get(stream: string, sequence: number): Promise<StoredEvent | undefined> {
    const message = await answered(() => this.jsm.direct.getMessage(stream, { seq: sequence }));
    return message === null ? undefined : storedEvent(stream, message);
  }

  /** Sequence of the newest event of a family; 0 = none yet. */
  async lastSequence(family: string): Promise<number> {
    return (await answered(() => this.jsm.streams.info(streamOf(family)))).state.last_seq;
  }

  /** Sequence before the first event stored at or after `time`: where a reader that wants everything since then starts. */
  async sequenceBefore(family: string, time: Date): Promise<number> {
    const stream = streamOf(family);
    const first = await answered(() => this.jsm.direct.getMessage(stream, { start_time: time }));
    return first === null ? this.lastSequence(family) : first.seq - 1;
  }

  /** How far back a family's stream reaches now. */
  async kept(family: string): Promise<Kept> {
    const { state } = await answered(() => this.jsm.streams.info(streamOf(family)));
    const { first_seq: first, last_seq: last, messages } = state;
    return { first: messages === 0 ? last + 1 : first, last, ...(messages > 0 && { since: new Date(state.first_ts) }) };
  }

  /**
   * The events of some ranges in order, without their content: for counting and planning, many times cheaper than
   * reading. What is no longer kept is left out.
   * @throws EngineUnavailable when the engine breaks off
   */
  headings(options: HeadingOptions): AsyncGenerator<EventHeading> {
    return readHeadings(this.jsm, options);
  }

  /** Reads on after a position without any state in the engine (direct get), the path of `pull` subscriptions. */
  async read(options: ReadOptions): Promise<ReadResult> {
    const deadline = Date.now() + (options.waitMs ?? 0);
    let after = options.after;
    for (;;) {
      const result = await this.#readNow({ ...options, after });
      const left = deadline - Date.now();
      if (result.events.length > 0 || left <= 0) return result;
      if (result.lastSequence === after) await delay(Math.min(WAITING_READ_INTERVAL_MS, left));
      after = result.lastSequence;
    }
  }

  async #readNow({ family, types, after, limit }: ReadOptions): Promise<ReadResult> {
    const filters = subjectFilters(family, types);
    if (filters.length === 0 || limit <= 0) return { events: [], lastSequence: after };
    const stream = streamOf(family);
    const events: StoredEvent[] = [];
    let lastSequence = after;
    const next_by_subj = filters.length === 1 ? filters[0]! : `events.${family}.>`;
    for (const message of await readPage(this.jsm, stream, { seq: after + 1, batch: limit, next_by_subj })) {
      lastSequence = message.seq;
      const stored = storedEvent(stream, message);
      if (types.some((pattern) => typeMatches(pattern, String(stored.event.attributes.type)))) events.push(stored);
    }
    return { events, lastSequence };
  }
}

function storedEvent(stream: string, message: StoredMsg): StoredEvent {
  return decodeStored({
    stream,
    sequence: message.seq,
    time: message.time,
    headers: headerPairs(message.header),
    body: message.data,
  });
}

/** One message of an event stream, however it was read, as the event that it carries. */
export function decodeStored(message: {
  readonly stream: string;
  readonly sequence: number;
  readonly time: Date;
  readonly headers: readonly [string, string][];
  readonly body: Uint8Array;
}): StoredEvent {
  const traceparent = message.headers.find(([name]) => name === TRACE_HEADER)?.[1];
  const late = message.headers.find(([name]) => name === LATE_HEADER)?.[1];
  return {
    event: decodeRecorded(message.headers, message.body),
    stream: message.stream,
    sequence: message.sequence,
    time: message.time,
    ...(traceparent !== undefined && { traceparent }),
    ...(late !== undefined && { late: decodeURIComponent(late) }),
    ...(message.headers.some(([name]) => name === HELD_HEADER) && { held: true as const }),
  };
}
