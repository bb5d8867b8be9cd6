import { setTimeout as wait } from 'node:timers/promises';

import { decodeStructured, DEFAULT_LIMITS } from '@signalbox/contracts';
import type { CloudEvent } from '@signalbox/contracts';

import { Acknowledging } from './acknowledging.js';
import { MessageReader } from './event-stream.js';
import type { Message } from './event-stream.js';
import type { ReceivedEvent } from './events.js';
import { marksOfMembers } from './marks.js';
import { errorOfTransport, isRecord, parsed, SignalboxError } from './problem.js';
import { receivedEvent } from './received.js';
import type { Transport } from './transport.js';
import { pauseBefore } from './transport.js';

/** How to read a stream. */
export interface StreamOptions {
  /** Ends the stream in good order. */
  readonly signal?: AbortSignal | undefined;
  /** `false` leaves acknowledging to the caller. Default: an event is acknowledged when the next one is asked for. */
  readonly acknowledge?: boolean;
  /** Milliseconds without a sign of life (the exchange sends one every few seconds) after which to connect anew. Default 45,000. */
  readonly silenceMs?: number;
  /** Connections in a row that open and bring nothing at all before giving up: a proxy holds streams back. Default 3. */
  readonly silentConnections?: number;
  /** Longest pause in milliseconds between two connections. Default 10,000. */
  readonly longestPauseMs?: number;
  /** Told each time that a connection stands. */
  readonly onConnected?: () => void;
  /** Told of each trouble that is waited out. */
  readonly onTrouble?: (error: unknown) => void;
}

/** An event of a stream and the position behind it. */
export interface Streamed {
  readonly event: ReceivedEvent;
  /** Acknowledges this event and all before it. */
  readonly cursor: string;
}

/** What a stream is read by. */
export interface StreamParts {
  readonly transport: Transport;
  readonly path: string;
  readonly acknowledge: (cursor: string) => Promise<void>;
}

const DEFAULTS = { silenceMs: 45_000, silentConnections: 3, longestPauseMs: 10_000 };
const FIRST_PAUSE_MS = 200;

/** One connection, as it ended. */
interface Ended {
  /** Nothing came at all, not even a sign of life. */
  readonly silent: boolean;
  readonly error: SignalboxError | undefined;
  readonly retryMs: number | undefined;
}

/**
 * The events of a subscription as they come (Server-Sent Events), over any number of connections: each goes on after what was
 * acknowledged. Ends when `signal` fires.
 *
 * @throws {@link SignalboxError} where connecting anew cannot help (no grant, no such subscription, not offered, another
 * reader), or where nothing ever comes through (`timed-out`).
 */
export async function* streamEvents(parts: StreamParts, o: StreamOptions): AsyncGenerator<Streamed, void, undefined> {
  const ending = new AbortController();
  const signal = o.signal === undefined ? ending.signal : AbortSignal.any([o.signal, ending.signal]);
  const acknowledging = o.acknowledge === false ? undefined : new Acknowledging(parts.acknowledge);
  let silent = 0;
  try {
    for (let attempt = 0; !isOver(signal); attempt += 1) {
      const ended: Ended = yield* connection(parts, o, signal, acknowledging);
      if (isOver(signal)) return;
      const { error } = ended;
      if (error !== undefined && !error.retryable) throw error;
      silent = ended.silent && error?.code === 'timed-out' ? silent + 1 : 0;
      if (error !== undefined && silent >= (o.silentConnections ?? DEFAULTS.silentConnections)) throw error;
      if (error !== undefined) o.onTrouble?.(error);
      if (!ended.silent) attempt = 0;
      await pause(attempt, o, ended, signal);
    }
  } finally {
    ending.abort();
    // Also where the loop was left: what was dealt with is acknowledged, and what failed comes again.
    await acknowledging?.settled().catch((error: unknown) => o.onTrouble?.(error));
  }
}

async function* connection(
  { transport, path }: StreamParts,
  o: StreamOptions,
  signal: AbortSignal,
  acknowledging: Acknowledging | undefined,
): AsyncGenerator<Streamed, Ended, undefined> {
  const reader = new MessageReader();
  let silent = true;
  try {
    // What was dealt with must be acknowledged first, or it would come again. Last-Event-ID is not sent: it would name what
    // came last, and so acknowledge an event that the caller still has in hand.
    await acknowledging?.settled();
    const answer = await transport.open(path, { accept: 'text/event-stream', 'cache-control': 'no-store' }, signal);
    if (!/^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? '')) throw notAStream();
    o.onConnected?.();
    for await (const chunk of chunksOf(answer, o.silenceMs ?? DEFAULTS.silenceMs)) {
      silent = false;
      for (const message of reader.push(chunk)) {
        if (message.name === END) throwIfFinal(message);
        if (message.name === END || message.id === '') continue;
        const streamed = streamedOf(message);
        yield streamed;
        // The caller came back for more: it is done with this one.
        acknowledging?.take(streamed.cursor);
      }
    }
    return { silent, error: undefined, retryMs: reader.retryMs };
  } catch (error) {
    const told = error instanceof SignalboxError ? error : errorOfTransport(error, 'The stream');
    return { silent, error: told, retryMs: reader.retryMs };
  }
}

/** Name of the last message of a stream that the exchange ends; every other message is an event, named by its type. */
const END = 'end';

/** The exchange says why it ends a stream. Most reasons mean: come back. */
function throwIfFinal({ data }: Message): void {
  const told = parsed(data);
  if (!isRecord(told) || told['reason'] !== 'taken-over') return;
  throw new SignalboxError({
    code: 'taken-over',
    title: 'Another reader has taken over',
    detail: 'The subscription is streamed to another reader now; only the newest one is served.',
    retryable: false,
  });
}

/** The body as it comes. @throws a TimeoutError after a silence. */
async function* chunksOf(answer: Response, silenceMs: number): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const read = await withinSilence(reader.read(), silenceMs);
      if (read.done) return;
      yield read.value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function withinSilence<T>(reading: Promise<T>, silenceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('silence', 'TimeoutError')), silenceMs);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}

function streamedOf(message: Message): Streamed {
  const event = decodeStructured(message.data, { ...DEFAULT_LIMITS, maxBodyBytes: Infinity });
  return { event: receivedEvent(asPublished(event), marksOfMembers(message.fields)), cursor: message.id };
}

/**
 * JSON that holds a CR between its tokens cannot stand in a stream, and travels as `data_base64`: the same bytes are JSON
 * again for whoever reads them.
 */
function asPublished(event: CloudEvent): CloudEvent {
  const { attributes, data } = event;
  const isJson = /[/+]json\s*(;|$)/i.test(String(attributes['datacontenttype'] ?? 'application/json'));
  if (data.kind !== 'binary' || !isJson || parsed(data.bytes) === undefined) return event;
  return { attributes, data: { kind: 'json', bytes: data.bytes } };
}

function notAStream(): SignalboxError {
  return new SignalboxError({
    code: 'not-understood',
    title: 'The answer was not understood',
    detail: 'The gateway answered something else than a stream of events. Does something stand between?',
    retryable: false,
  });
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function pause(attempt: number, o: StreamOptions, ended: Ended, signal: AbortSignal): Promise<void> {
  const longestPauseMs = o.longestPauseMs ?? DEFAULTS.longestPauseMs;
  const asked = ended.error?.retryAfterMs ?? ended.retryMs;
  const ms = pauseBefore(attempt, { firstPauseMs: FIRST_PAUSE_MS, longestPauseMs }, asked, Math.random());
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
