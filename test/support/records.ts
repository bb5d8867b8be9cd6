import { connect, type NatsConnection } from '@nats-io/transport-node';
import { decodeNats, type CloudEvent } from '@signalbox/contracts';
import type { ParkedDelivery, Rejection, Step } from '@signalbox/messaging';

/** How to reach the engine with rights to read everything. */
export interface RecordsAccess {
  url: string;
  user: string;
  password: string;
}

/** An event as it lies in its stream. */
export interface RecordedEvent {
  stream: string;
  sequence: number;
  subject: string;
  event: CloudEvent;
}

/** Everything that the engine has kept, read without the code that wrote it. */
export interface Records {
  events: RecordedEvent[];
  steps: Step[];
  rejected: Rejection[];
  parked: ParkedDelivery[];
  /** What the key-value buckets hold now, as text. */
  kept: { subject: string; text: string }[];
  /** Messages of every other stream: numbers of notifications, deposits, inboxes of organisations. The body as text. */
  beside: { stream: string; sequence: number; subject: string; headers: [string, string][]; text: string }[];
  /** Every subject of every stream, the key-value stores too. */
  subjects: string[];
}

interface StoredMessage {
  sequence: number;
  subject: string;
  headers: [string, string][];
  body: Uint8Array;
}

interface StreamInfo {
  config: { allow_direct?: boolean };
  state: { first_seq: number; last_seq: number; subjects?: Record<string, number> };
}

/** Requests in flight at once while a stream is read. */
const READ_AHEAD = 64;

async function api<T>(connection: NatsConnection, call: string, body: object = {}): Promise<T> {
  const answer = await connection.request(`$JS.API.${call}`, JSON.stringify(body), { timeout: 10_000 });
  const parsed = answer.json<T & { error?: { description: string } }>();
  if (parsed.error) throw new Error(`${call}: ${parsed.error.description}`);
  return parsed;
}

async function readMessage(
  connection: NatsConnection,
  stream: string,
  seq: number,
): Promise<StoredMessage | undefined> {
  const answer = await connection.request(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify({ seq }), { timeout: 10_000 });
  const { headers } = answer;
  if (headers && headers.code === 404) return undefined;
  const pairs = [...(headers?.keys() ?? [])].flatMap((name) =>
    (headers?.values(name) ?? []).map((value): [string, string] => [name, value]),
  );
  return { sequence: seq, subject: headers?.get('Nats-Subject') ?? '', headers: pairs, body: answer.data };
}

/** What an inbox lies in is not read directly, as its messages go when they are acknowledged. */
async function askForMessage(
  connection: NatsConnection,
  stream: string,
  seq: number,
): Promise<StoredMessage | undefined> {
  const answer = await connection.request(`$JS.API.STREAM.MSG.GET.${stream}`, JSON.stringify({ seq }), {
    timeout: 10_000,
  });
  const { message } = answer.json<{ message?: { subject: string; hdrs?: string; data?: string } }>();
  if (message === undefined) return undefined;
  const lines = Buffer.from(message.hdrs ?? '', 'base64')
    .toString()
    .split('\r\n')
    .slice(1);
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()]];
  });
  return { sequence: seq, subject: message.subject, headers, body: Buffer.from(message.data ?? '', 'base64') };
}

async function readStream(connection: NatsConnection, stream: string): Promise<StoredMessage[]> {
  const { config, state } = await api<StreamInfo>(connection, `STREAM.INFO.${stream}`);
  const messages: StoredMessage[] = [];
  for (let from = Math.max(state.first_seq, 1); from <= state.last_seq; from += READ_AHEAD) {
    const count = Math.min(READ_AHEAD, state.last_seq - from + 1);
    const get = config.allow_direct === true ? readMessage : askForMessage;
    const read = await Promise.all(Array.from({ length: count }, (_, i) => get(connection, stream, from + i)));
    messages.push(...read.filter((message) => message !== undefined));
  }
  return messages;
}

function parsed<T>({ body }: StoredMessage): T {
  return JSON.parse(new TextDecoder().decode(body)) as T;
}

/** Reads every stream whole. For tests: it holds all of it in memory. */
export async function readRecords({ url, user, password }: RecordsAccess): Promise<Records> {
  const connection = await connect({ servers: url, user, pass: password, inboxPrefix: `_INBOX_${user}` });
  try {
    const { streams } = await api<{ streams: string[] | null }>(connection, 'STREAM.NAMES');
    const names = streams ?? [];
    const events: RecordedEvent[] = [];
    for (const stream of names.filter((name) => name.startsWith('EVENTS_'))) {
      for (const { sequence, subject, headers, body } of await readStream(connection, stream)) {
        events.push({ stream, sequence, subject, event: decodeNats(headers, body) });
      }
    }
    const kept: Records['kept'] = [];
    for (const bucket of names.filter((name) => name.startsWith('KV_'))) {
      for (const { subject, body } of await readStream(connection, bucket)) {
        kept.push({ subject, text: new TextDecoder().decode(body) });
      }
    }
    const beside: Records['beside'] = [];
    for (const stream of names.filter((name) => !/^(?:EVENTS_.*|KV_.*|STEPS|REJECTED|PARKED)$/.test(name))) {
      for (const { body, ...message } of await readStream(connection, stream)) {
        beside.push({ stream, ...message, text: new TextDecoder().decode(body) });
      }
    }
    const infos = await Promise.all(
      names.map((name) => api<StreamInfo>(connection, `STREAM.INFO.${name}`, { subjects_filter: '>' })),
    );
    return {
      events,
      steps: (await readStream(connection, 'STEPS')).map((message) => parsed<Step>(message)),
      rejected: (await readStream(connection, 'REJECTED')).map((message) => parsed<Rejection>(message)),
      parked: (await readStream(connection, 'PARKED')).map((message) => parsed<ParkedDelivery>(message)),
      kept,
      beside,
      subjects: infos.flatMap(({ state }) => Object.keys(state.subjects ?? {})),
    };
  } finally {
    await connection.close();
  }
}
