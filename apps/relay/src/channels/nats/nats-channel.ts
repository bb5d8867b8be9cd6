import { setTimeout as delay } from 'node:timers/promises';

import { refusalOf, type CloudEvent } from '@signalbox/contracts';
import { EngineFull, type Inboxes, type InboxLimits } from '@signalbox/messaging';

import type { Channel, Marks, Outcome, Target } from '../channel.js';
import { headersOfMarks } from '../marks.js';

export interface NatsChannelParts {
  readonly inboxes: Pick<Inboxes, 'deposit'>;
  /** ODS code of a subscription's organisation, while that organisation speaks NATS. */
  readonly account: (subscription: string) => string | undefined;
  readonly limits: InboxLimits;
  /** Milliseconds for one attempt. */
  readonly timeoutMs: number;
  /** Milliseconds to leave a full inbox alone. */
  readonly fullMs: number;
}

/**
 * Puts events into the inbox that an organisation reads with any client of NATS: binary mode of the CloudEvents binding, the
 * marks as `signalbox-*` headers. Delivered means that the event is on disk in the inbox; that its reader has acknowledged
 * it is recorded when it does. A full inbox drops nothing: its events wait where they are.
 */
export class NatsChannel implements Channel {
  readonly scheme = 'NATS';
  readonly span = 'send inbox';
  readonly sinkless = true;

  constructor(private readonly parts: NatsChannelParts) {}

  async deliver(event: CloudEvent, target: Target, signal: AbortSignal): Promise<Outcome> {
    signal.throwIfAborted();
    const started = performance.now();
    const latencyMs = () => Math.round(performance.now() - started);
    const { subscription, marks, trace } = target;
    const ods = this.parts.account(subscription);
    if (ods === undefined) return { kind: 'refused', code: 'endpoint-gone', disable: true, latencyMs: latencyMs() };
    const headers = { ...headersOfMarks(marks), ...trace };
    const identity = identityOf(target.identity, marks);
    try {
      const deposit = { ods, subscription, event, identity, headers };
      await this.#within(this.parts.inboxes.deposit(deposit, this.parts.limits), signal);
      return { kind: 'delivered', latencyMs: latencyMs() };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return this.#outcomeOf(error, latencyMs());
    }
  }

  /** An attempt that is given up may still arrive: the inbox then knows the next one by its identity. */
  async #within(deposited: Promise<void>, signal: AbortSignal): Promise<void> {
    deposited.catch(() => undefined);
    const over = new AbortController();
    const stopped = AbortSignal.any([signal, over.signal]);
    const late = delay(this.parts.timeoutMs, undefined, { signal: stopped }).then(() => {
      throw new Late();
    });
    try {
      await Promise.race([deposited, late]);
    } finally {
      over.abort();
      late.catch(() => undefined);
    }
  }

  #outcomeOf(error: unknown, latencyMs: number): Outcome {
    if (error instanceof Late) return { kind: 'retry', reason: 'endpoint-timeout', latencyMs };
    if (error instanceof EngineFull)
      return { kind: 'retry', reason: 'endpoint-overloaded', afterMs: this.parts.fullMs, latencyMs };
    // Too large, or not to be had under this name: no later attempt changes it.
    return refusalOf(error).status < 500
      ? { kind: 'refused', code: 'endpoint-refused', latencyMs }
      : { kind: 'retry', reason: 'endpoint-unreachable', latencyMs };
  }
}

class Late extends Error {}

/** A replay, a correction and a test are deliveries of their own, although the event is the same. */
function identityOf(identity: string, { replay, corrects, test }: Marks): string {
  return [identity, replay, corrects, test].filter((part) => part !== undefined).join(' ');
}
