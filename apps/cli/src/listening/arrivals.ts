import type { Client, ReceivedEvent, SignalboxError } from '@signalbox/client';

import { isClientError } from '../exit-codes.js';

/** An event and what acknowledges it, with all before it. */
export interface Arrival {
  readonly event: ReceivedEvent;
  readonly cursor: string;
}

/** How arrivals are read, and who is told of what. */
export interface ArrivalOptions {
  readonly signal: AbortSignal;
  /** Told each time that a way of reading stands. */
  readonly onReading: (way: 'stream' | 'pull') => void;
  readonly onTrouble: (error: unknown) => void;
}

/** Milliseconds that one pull waits for an event. */
const PULL_WAIT_MS = 20_000;
/** Milliseconds between two pulls when one failed. */
const PAUSE_MS = 2_000;

/**
 * Events of a pull subscription as they come, by its stream; where no stream comes through (a proxy holds it back, the
 * gateway offers none), by pulling. Nothing is acknowledged here.
 */
export async function* arrivals(
  client: Client,
  subscription: string,
  o: ArrivalOptions,
): AsyncGenerator<Arrival, void, undefined> {
  try {
    yield* client.subscriptions.stream(subscription, {
      acknowledge: false,
      signal: o.signal,
      onConnected: () => o.onReading('stream'),
      onTrouble: o.onTrouble,
    });
  } catch (error) {
    if (!isClientError(error) || !maySucceedByPulling(error)) throw error;
    o.onTrouble(error);
    yield* pulled(client, subscription, o);
  }
}

/** Trouble of the stream as such, rather than of the subscription or of who asks. */
function maySucceedByPulling({ code }: SignalboxError): boolean {
  return code === 'timed-out' || code === 'not-understood' || code === 'SB-4050' || code === 'SB-4040';
}

async function* pulled(
  client: Client,
  subscription: string,
  o: ArrivalOptions,
): AsyncGenerator<Arrival, void, undefined> {
  const { setTimeout: wait } = await import('node:timers/promises');
  o.onReading('pull');
  while (!isOver(o)) {
    try {
      // One at a time: each has a cursor of its own, so that each can be acknowledged alone.
      const found = await client.subscriptions.pull(subscription, { limit: 1, waitMs: PULL_WAIT_MS, signal: o.signal });
      const [event] = found.events;
      if (event !== undefined && found.cursor !== undefined) yield { event, cursor: found.cursor };
    } catch (error) {
      if (isOver(o)) return;
      if (!isClientError(error) || !error.retryable) throw error;
      o.onTrouble(error);
      await wait(PAUSE_MS, undefined, { signal: o.signal }).catch(() => undefined);
    }
  }
}

function isOver({ signal }: ArrivalOptions): boolean {
  return signal.aborted;
}
