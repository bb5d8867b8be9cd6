import { type CloudEvent, decodeNats, typeMatches } from '@signalbox/contracts';
import { AckPolicy, DeliverPolicy, type JetStreamManager, type JsMsg } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { EngineUnavailable } from './errors.js';
import { answered, headerPairs } from './messages.js';
import { streamOf, subjectFilters } from './topology.js';

/** A stretch of one family's stream, both ends included. */
export type Range = readonly [from: number, to: number];

/** Which headings are read. */
export interface HeadingOptions {
  readonly family: string;
  /** Type patterns; an event that matches none is passed over. */
  readonly types: readonly string[];
  /** In order and apart from each other. */
  readonly ranges: readonly Range[];
}

/** What is told of an event without its content. */
export interface EventHeading {
  /** Its attributes; `data` is absent. */
  readonly event: CloudEvent;
  readonly stream: string;
  readonly sequence: number;
  /** When the engine stored it. */
  readonly time: Date;
  /** Size of the content. */
  readonly bytes: number;
}

/** Ranges that are no further apart are read in one go: passing over a heading is cheaper than beginning anew. */
const NEAR = 1_000;
/** Headings fetched at once, how long one fetch may take, and after which silence the engine forgets their reader. */
const AT_ONCE = 1_000;
const WITHIN_MS = 5_000;
const FORGOTTEN_MS = 30_000;
/** Headers of a message that was sent without its body: the size of that body; and ours, which only fits with a body. */
const SIZE_HEADER = 'Nats-Msg-Size';
const DATA_KIND_HEADER = 'signalbox-data';
const NO_BODY = new Uint8Array(0);

/**
 * The events of some ranges in order, without their content: for counting and planning. What is no longer kept is left out.
 * @throws EngineUnavailable when the engine breaks off
 */
export async function* readHeadings(
  jsm: JetStreamManager,
  { family, types, ranges }: HeadingOptions,
): AsyncGenerator<EventHeading> {
  const filters = subjectFilters(family, types);
  if (filters.length === 0) return;
  for (const near of together(ranges)) {
    let at = 0;
    for await (const heading of between(jsm, streamOf(family), filters, [near[0]![0], near.at(-1)![1]])) {
      while (heading.sequence > (near[at]?.[1] ?? Infinity)) at += 1;
      const inside = heading.sequence >= (near[at]?.[0] ?? Infinity);
      if (inside && types.some((pattern) => typeMatches(pattern, String(heading.event.attributes.type)))) yield heading;
    }
  }
}

/** Ranges in groups of such that are near each other; empty ones are left out. */
export function together(ranges: readonly Range[]): Range[][] {
  const groups: Range[][] = [];
  for (const range of ranges) {
    if (range[0] > range[1]) continue;
    const last = groups.at(-1);
    if (last !== undefined && range[0] - last.at(-1)![1] <= NEAR) last.push(range);
    else groups.push([range]);
  }
  return groups;
}

async function* between(
  jsm: JetStreamManager,
  stream: string,
  filters: string[],
  [from, to]: Range,
): AsyncGenerator<EventHeading> {
  const reader = await answered(() =>
    jsm.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, from),
      filter_subjects: filters,
      headers_only: true,
      mem_storage: true,
      num_replicas: 1,
      inactive_threshold: nanos(FORGOTTEN_MS),
    }),
  );
  try {
    const consumer = await answered(() => jsm.jetstream().consumers.get(stream, reader.name));
    for (let left = reader.num_pending; left > 0;) {
      const wanted = Math.min(left, AT_ONCE, to - from + 1);
      const fetched = await answered(() => consumer.fetch({ max_messages: wanted, expires: WITHIN_MS }));
      let came = 0;
      for await (const message of fetched) {
        if (message.seq > to) return;
        came += 1;
        left = message.info.pending;
        yield headingOf(stream, message);
      }
      if (came === 0) throw new EngineUnavailable('The engine broke off a read of headings');
    }
  } finally {
    // The engine forgets it by itself as well.
    await jsm.consumers.delete(stream, reader.name).catch(() => false);
  }
}

function headingOf(stream: string, message: JsMsg): EventHeading {
  const headers = headerPairs(message.headers as Iterable<[string, string[]]> | undefined);
  const size = headers.find(([name]) => name === SIZE_HEADER)?.[1];
  const attributes = headers.filter(([name]) => name.toLowerCase() !== DATA_KIND_HEADER);
  return {
    event: decodeNats(attributes, NO_BODY),
    stream,
    sequence: message.seq,
    time: message.time,
    bytes: Number(size ?? 0),
  };
}
