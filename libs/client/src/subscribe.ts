import { setTimeout as wait } from 'node:timers/promises';

import type { Filter } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';
import { SignalboxError } from './problem.js';
import type { Pulled } from './pulled.js';
import type { Subscriptions } from './subscriptions.js';
import { pauseBefore } from './transport.js';

/** Deals with one event. The event is acknowledged only after the promise resolves; a rejection brings it again. */
export type EventHandler = (event: ReceivedEvent) => Promise<void> | void;

/** How to receive. Name an existing pull subscription, or say what to receive for as long as this call runs. */
export interface SubscribeOptions {
  /** Id of a pull subscription; it keeps its position when this call ends. */
  readonly subscription?: string;
  /** Types of a subscription that is made for this call and deleted at its end. */
  readonly types?: readonly string[];
  readonly filters?: readonly Filter[];
  /** Where a subscription made for this call begins: `now` (default) or a time. */
  readonly start?: string;
  /** Leaves a subscription made for this call in place at the end. */
  readonly keep?: boolean;
  /**
   * Whether replays are handed to the handler. Without it the call ends with `replay-refused` when one comes, before it is
   * acknowledged: what an event caused the first time must not happen twice unasked.
   */
  readonly acceptReplays?: boolean;
  /** Ends the call in good order: the event in hand is finished first. */
  readonly signal?: AbortSignal;
  /** Events a pull may bring; 1 commits after every event. Default 100. */
  readonly batchSize?: number;
  /** Milliseconds that one pull waits for events. Default 20,000. */
  readonly waitMs?: number;
  /** How often a handler is called for one event before the call gives up. Default 5. */
  readonly handlerAttempts?: number;
  /** Longest pause in milliseconds after trouble. Default 30,000. */
  readonly longestPauseMs?: number;
  /** Told when the subscription stands. */
  readonly onReady?: (subscriptionId: string) => void;
  /** Told of each trouble that is waited out, and of each failure of the handler. */
  readonly onTrouble?: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 200;
const DEFAULTS = { handlerAttempts: 5, longestPauseMs: 30_000 };

/**
 * Receives at least once, in the order of the subscription: pull, handle, then acknowledge. A handler must bear an
 * event that it has seen (`source` and `id` are its identity). Returns when `signal` fires; throws where waiting
 * cannot help (no grant, subscription gone) or a handler fails `handlerAttempts` times on one event.
 */
export async function subscribe(
  subscriptions: Subscriptions,
  handler: EventHandler,
  o: SubscribeOptions,
): Promise<void> {
  const made = o.subscription === undefined;
  const id = o.subscription ?? (await make(subscriptions, o));
  try {
    o.onReady?.(id);
    await receive(subscriptions, id, handler, o);
  } finally {
    if (made && o.keep !== true) await subscriptions.delete(id);
  }
}

async function make(subscriptions: Subscriptions, o: SubscribeOptions): Promise<string> {
  const made = await subscriptions.create({
    protocol: 'PULL',
    types: o.types ?? [],
    ...(o.filters !== undefined && { filters: o.filters }),
    ...(o.start !== undefined && { start: o.start }),
  });
  return made.id;
}

async function receive(
  subscriptions: Subscriptions,
  id: string,
  handler: EventHandler,
  o: SubscribeOptions,
): Promise<void> {
  while (!isStopped(o)) {
    const pulled = await patiently(o, () => pullOnce(subscriptions, id, o));
    if (pulled?.cursor === undefined) continue;
    for (const event of pulled.events) {
      // Stopping between two events leaves the batch unacknowledged: what was handled comes again, nothing is lost.
      if (isStopped(o)) return;
      if (event.marks.replay !== undefined && o.acceptReplays !== true) throw replayRefused();
      await handle(event, handler, o);
    }
    const { cursor } = pulled;
    await patiently({ ...o, signal: undefined }, () => subscriptions.acknowledge(id, cursor));
  }
}

async function pullOnce(subscriptions: Subscriptions, id: string, o: SubscribeOptions): Promise<Pulled> {
  return subscriptions.pull(id, {
    signal: o.signal,
    ...(o.batchSize !== undefined && { limit: o.batchSize }),
    ...(o.waitMs !== undefined && { waitMs: o.waitMs }),
  });
}

/** Repeats while the exchange is away; pauses grow to a bound. Undefined when the caller stopped it. */
async function patiently<T>(
  o: { readonly [K in keyof SubscribeOptions]: SubscribeOptions[K] | undefined },
  action: () => Promise<T>,
): Promise<T | undefined> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (isStopped(o)) return undefined;
      if (!(error instanceof SignalboxError) || !error.retryable) throw error;
      o.onTrouble?.(error);
      await pause(attempt, o, error.retryAfterMs);
    }
  }
}

async function handle(event: ReceivedEvent, handler: EventHandler, o: SubscribeOptions): Promise<void> {
  const most = o.handlerAttempts ?? DEFAULTS.handlerAttempts;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await handler(event);
      return;
    } catch (error) {
      o.onTrouble?.(error);
      if (attempt >= most || isStopped(o)) throw error;
      await pause(attempt, o, undefined);
    }
  }
}

function replayRefused(): SignalboxError {
  return new SignalboxError({
    code: 'replay-refused',
    title: 'A replay was refused',
    detail: 'An event came that is marked as a replay, and this receiver has not opted in (acceptReplays).',
    retryable: false,
  });
}

function isStopped(o: { readonly signal?: AbortSignal | undefined }): boolean {
  return o.signal?.aborted === true;
}

async function pause(
  attempt: number,
  o: { readonly longestPauseMs?: number | undefined; readonly signal?: AbortSignal | undefined },
  askedMs: number | undefined,
): Promise<void> {
  const longestPauseMs = o.longestPauseMs ?? DEFAULTS.longestPauseMs;
  const ms = pauseBefore(attempt, { firstPauseMs: FIRST_PAUSE_MS, longestPauseMs }, askedMs, Math.random());
  try {
    await wait(ms, undefined, o.signal === undefined ? {} : { signal: o.signal });
  } catch {
    // Woken by the caller's signal: the loop sees it and ends.
  }
}
