import type { ConsumerInfo, JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { queueName } from './delivery-queue.js';
import { answered } from './messages.js';
import { type Cluster, monitored, positive } from './monitors.js';

/** A copy of a stream on one server of a cluster. */
export interface StreamCopy {
  readonly server: string;
  readonly leads: boolean;
  /** Whether it has everything that the leader has. */
  readonly current: boolean;
  readonly offline: boolean;
  /** Messages that it has yet to take over. */
  readonly lag: number;
}

/** Somebody who reads a stream from a place that survives. */
export interface StreamReader {
  readonly name: string;
  /** `delivery` reads for one subscription, `ledger` for a ledger's database. */
  readonly kind: 'delivery' | 'ledger' | 'other';
  /** Messages that it was not handed yet, that it was handed and has not settled, and of these again. */
  readonly pending: number;
  readonly unsettled: number;
  readonly redelivered: number;
}

/** One stream as the engine describes it. Times are RFC 3339 in UTC. */
export interface StreamCondition {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  /** Most bytes that it may take; absent when only the disk bounds it. */
  readonly limit?: number;
  /** Of the oldest and the newest message; absent while there is none. */
  readonly first?: string;
  readonly last?: string;
  /** How many copies were asked for. */
  readonly replicas: number;
  /** Empty on a server of its own, where the only copy is the stream. */
  readonly copies: readonly StreamCopy[];
  /** Its readers; those furthest behind come first, {@link MOST_READERS} of them. */
  readonly readers: readonly StreamReader[];
  /** Over all readers of the stream, by kind. */
  readonly behind: Readonly<Record<StreamReader['kind'], { readonly readers: number } & Backlog>>;
}

interface Backlog {
  readonly pending: number;
  readonly unsettled: number;
  readonly redelivered: number;
}

/** How the engine is, as far as it tells. */
export interface EngineCondition {
  readonly version: string;
  readonly server: string;
  /** Name and members of the cluster; absent on a server of its own. */
  readonly cluster?: Cluster;
  /** Bytes of all streams on the disk with the least room left, and most that they may take, where it is known. */
  readonly storage: { readonly used: number; readonly limit?: number };
  readonly streams: readonly StreamCondition[];
  /** Streams of the house that are not there. */
  readonly missing: readonly string[];
}

/** Consumers by which the client library reads something once, such as the keys of a bucket: the server drops them. */
const PASSING = 'oc_';
/** Readers of one stream that are told one by one. */
export const MOST_READERS = 20;
/** Readers of one stream that are asked about: as many as a stream may have, at four a page of the engine. */
const MOST_ASKED = 2_048;

/** What asking needs. */
export interface ConditionParts {
  readonly jsm: JetStreamManager;
  readonly info: { readonly version: string; readonly server: string; readonly cluster?: string | undefined };
  readonly monitorUrl?: string | undefined;
  /** The streams that must be there. */
  readonly expected: readonly string[];
}

/** Asks the engine how it is. @throws EngineUnavailable */
export async function conditionOf({ jsm, info, monitorUrl, expected }: ConditionParts): Promise<EngineCondition> {
  const account = await answered(() => jsm.getAccountInfo());
  const told = monitorUrl === undefined ? undefined : await monitored(monitorUrl);
  const infos = await answered(() => collected(jsm.streams.list(), MOST_ASKED));
  const streams = await Promise.all(infos.map((stream) => streamCondition(jsm, stream)));
  const here = new Set(streams.map(({ name }) => name));
  const limit = told?.limit ?? positive(account.limits.max_storage);
  const cluster = told?.cluster ?? (info.cluster === undefined ? undefined : { name: info.cluster, members: [] });
  return {
    version: info.version,
    server: info.server,
    ...(cluster !== undefined && { cluster }),
    storage: { used: told?.used ?? account.storage, ...(limit !== undefined && { limit }) },
    streams: streams.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    missing: expected.filter((name) => !here.has(name)),
  };
}

async function streamCondition(
  jsm: JetStreamManager,
  { config, state, cluster }: StreamInfo,
): Promise<StreamCondition> {
  const readers =
    state.consumer_count === 0 ? [] : await answered(() => collected(jsm.consumers.list(config.name), MOST_ASKED));
  const all = readers.filter(({ name }) => !name.startsWith(PASSING)).map(readerOf);
  const furthest = all.toSorted((one, other) => other.pending + other.unsettled - one.pending - one.unsettled);
  const limit = positive(config.max_bytes);
  return {
    name: config.name,
    messages: state.messages,
    bytes: state.bytes,
    ...(limit !== undefined && { limit }),
    ...(state.messages > 0 && { first: instant(state.first_ts), last: instant(state.last_ts) }),
    replicas: config.num_replicas,
    copies: config.num_replicas > 1 ? copiesOf(cluster) : [],
    readers: furthest.slice(0, MOST_READERS),
    behind: {
      delivery: sumOf(all.filter(({ kind }) => kind === 'delivery')),
      ledger: sumOf(all.filter(({ kind }) => kind === 'ledger')),
      other: sumOf(all.filter(({ kind }) => kind === 'other')),
    },
  };
}

function readerOf({ name, num_pending, num_ack_pending, num_redelivered }: ConsumerInfo): StreamReader {
  const kind = name.startsWith(queueName('')) ? 'delivery' : name.startsWith('ledger_') ? 'ledger' : 'other';
  return { name, kind, pending: num_pending, unsettled: num_ack_pending, redelivered: num_redelivered };
}

function sumOf(readers: readonly StreamReader[]): { readers: number } & Backlog {
  const sum = (of: (reader: StreamReader) => number) => readers.reduce((total, reader) => total + of(reader), 0);
  return {
    readers: readers.length,
    pending: sum(({ pending }) => pending),
    unsettled: sum(({ unsettled }) => unsettled),
    redelivered: sum(({ redelivered }) => redelivered),
  };
}

/** The engine leaves out what is false or nothing. */
interface Peer {
  readonly name: string;
  readonly current: boolean;
  readonly offline?: boolean;
  readonly lag?: number;
}

function copiesOf(cluster: StreamInfo['cluster']): StreamCopy[] {
  const leader = cluster?.leader;
  const led =
    leader === undefined || leader === ''
      ? []
      : [{ server: leader, leads: true, current: true, offline: false, lag: 0 }];
  const replicas: readonly Peer[] = cluster?.replicas ?? [];
  const others = replicas.map(({ name, current, offline, lag }) => ({
    server: name,
    leads: false,
    current,
    offline: offline === true,
    lag: lag ?? 0,
  }));
  return [...led, ...others];
}

async function collected<T>(lister: AsyncIterable<T>, most: number): Promise<T[]> {
  const found: T[] = [];
  for await (const item of lister) {
    found.push(item);
    if (found.length >= most) break;
  }
  return found;
}

function instant(text: string): string {
  return new Date(text).toISOString();
}
