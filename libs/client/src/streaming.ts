import { setTimeout as wait } from 'node:timers/promises';

import { decodeStructured, DEFAULT_LIMITS } from '@signalbox/contracts';

import { MessageReader } from './event-stream.js';
import type { Message } from './event-stream.js';
import type { ReceivedEvent } from './events.js';
import { marksOfMembers } from './marks.js';
import { errorOfTransport, SignalboxError } from './problem.js';
import { receivedEvent } from './received.js';
import type { Transport } from './transport.js';
import { pauseBefore } from './transport.js';

/** How to read a stream. */
export interface StreamOptions {
  /** Ends the stream in good order. */
  readonly signal?: AbortSignal | undefined;
  /** Where to go on: the cursor of the last event that was dealt with; the exchange takes it as acknowledged. */
  readonly after?: string;
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

const DEFAULTS = { silenceMs: 45_000, silentConnections: 3, longestPauseMs: 10_000 };
const FIRST_PAUSE_MS = 200;

/** One connection, as it ended. */
interface Ended {
  readonly silent: boolean;
  readonly error: SignalboxError | undefined;
  readonly retryMs: number | undefined;
}

/**
 * The events of a subscription as they come (Server-Sent Events), over any number of connections: each goes on after the
 * event that was dealt with last (`Last-Event-ID`). Ends when `signal` fires.
 *
 * @throws {@link SignalboxError} where connecting anew cannot help (no grant, no such subscription, not offered), or where
 * nothing ever comes through (`timed-out`).
 */
export async function* streamEvents(
  transport: Transport,
  path: string,
  o: StreamOptions,
  acknowledge: (cursor: string) => Promise<void>,
): AsyncGenerator<Streamed, void, undefined> {
  const position = { after: o.after };
  const ending = new AbortController();
  const signal = o.signal === undefined ? ending.signal : AbortSignal.any([o.signal, ending.signal]);
  let silent = 0;
  try {
    for (let attempt = 0; !isOver(signal); attempt += 1) {
      const ended: Ended = yield* connection(transport, path, o, signal, position, acknowledge);
      if (isOver(signal)) return;
      silent = ended.silent ? silent + 1 : 0;
      if (!ended.silent) attempt = 0;
      const { error } = ended;
      if (error !== undefined && !error.retryable) throw error;
      if (error?.code === 'timed-out' && silent >= (o.silentConnections ?? DEFAULTS.silentConnections)) throw error;
      if (error !== undefined) o.onTrouble?.(error);
      await pause(attempt, o, ended, signal);
    }
  } finally {
    ending.abort();
  }
}

async function* connection(
  transport: Transport,
  path: string,
  o: StreamOptions,
  signal: AbortSignal,
  position: { after: string | undefined },
  acknowledge: (cursor: string) => Promise<void>,
): AsyncGenerator<Streamed, Ended, undefined> {
  const reader = new MessageReader();
  let silent = true;
  try {
    const headers = {
      accept: 'text/event-stream',
      'cache-control': 'no-store',
      ...(position.after !== undefined && { 'last-event-id': position.after }),
    };
    const answer = await transport.open(path, headers, signal);
    if (!/^text\/event-stream\b/i.test(answer.headers.get('content-type') ?? '')) throw notAStream();
    o.onConnected?.();
    for await (const chunk of chunksOf(answer, o.silenceMs ?? DEFAULTS.silenceMs)) {
      silent = false;
      for (const message of reader.push(chunk)) {
        const streamed = streamedOf(message);
        if (streamed === undefined) continue;
        yield streamed;
        // The caller came back for more: it is done with this one.
        position.after = streamed.cursor;
        if (o.acknowledge !== false) await acknowledge(streamed.cursor);
      }
    }
    return { silent, error: undefined, retryMs: reader.retryMs };
  } catch (error) {
    const told = error instanceof SignalboxError ? error : errorOfTransport(error, 'The stream');
    return { silent, error: told, retryMs: reader.retryMs };
  }
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

/** An event with its position; undefined for messages that are none. An event is named by its type, which has parts. */
function streamedOf(message: Message): Streamed | undefined {
  if (message.name !== 'message' && message.name !== 'event' && !message.name.includes('.')) return undefined;
  const event = decodeStructured(message.data, { ...DEFAULT_LIMITS, maxBodyBytes: Infinity });
  return { event: receivedEvent(event, marksOfMembers(message.fields)), cursor: message.id };
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function notAStream(): SignalboxError {
  return new SignalboxError({
    code: 'not-understood',
    title: 'The answer was not understood',
    detail: 'The gateway answered something else than a stream of events. Does something stand between?',
    retryable: false,
  });
}

async function pause(attempt: number, o: StreamOptions, ended: Ended, signal: AbortSignal): Promise<void> {
  const longestPauseMs = o.longestPauseMs ?? DEFAULTS.longestPauseMs;
  const asked = ended.error?.retryAfterMs ?? ended.retryMs;
  const ms = pauseBefore(attempt, { firstPauseMs: FIRST_PAUSE_MS, longestPauseMs }, asked, Math.random());
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
