import { setTimeout as delay } from 'node:timers/promises';

import {
  type Acknowledged,
  derivedRecordId,
  type DepositRecord,
  type Inboxes,
  type InboxLimits,
  type Step,
} from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

export interface AcknowledgementsParts {
  readonly inboxes: Inboxes;
  readonly registry: Registry;
  readonly steps: { publish(step: Step): Promise<void> };
  readonly limits: InboxLimits;
  /** Milliseconds between two looks at how far a reader is. */
  readonly everyMs: number;
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
  readonly log: Log;
}

interface Following {
  readonly abort: AbortController;
  readonly over: Promise<void>;
}

/**
 * Makes the inbox of each NATS subscription before its first event, and turns the reader's acknowledgements into steps, in
 * order (but what a relay had in hand that died comes later), also of what is left there after the subscription went over to
 * another channel. Every relay follows; the engine hands each deposit to one of them.
 */
export class Acknowledgements {
  readonly #following = new Map<string, Following>();
  /** Whose inbox, by subscription: a deleted one no longer says. */
  readonly #places = new Map<string, string>();
  #unsubscribe: (() => void) | undefined;
  #stopping = false;

  constructor(private readonly parts: AcknowledgementsParts) {}

  async start(): Promise<void> {
    const { registry, log } = this.parts;
    this.#unsubscribe = registry.onChange('subscription', (key, value) => {
      const id = key.slice(key.indexOf('.') + 1);
      if (value !== undefined) this.#consider(value);
      else void this.#end(id);
    });
    for (const subscription of registry.subscriptions({ protocol: 'NATS' })) this.#consider(subscription);
    const tenants = new Set(
      registry.applications().flatMap(({ ods, natskeys = [] }) => (natskeys.length > 0 ? [ods] : [])),
    );
    for (const ods of tenants) {
      await this.#takeUp(ods).catch((error: unknown) => {
        log.warn(
          { err: error, org: ods },
          'an inbox could not be looked through; its other subscriptions wait for the next start',
        );
      });
    }
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe?.();
    for (const { abort } of this.#following.values()) abort.abort(new Error('the relay stops'));
    await Promise.all([...this.#following.values()].map(({ over }) => over));
  }

  /** What an inbox holds of subscriptions that are served otherwise now, or were deleted while no relay ran. */
  async #takeUp(ods: string): Promise<void> {
    for (const id of await this.parts.inboxes.subscriptions(ods)) {
      const subscription = this.parts.registry.subscription(id);
      if (subscription?.ods === ods) this.#follow(subscription);
      else await this.parts.inboxes.remove({ ods, subscription: id });
    }
  }

  #consider(subscription: Subscription): void {
    if (subscription.protocol === 'NATS') this.#follow(subscription);
  }

  #follow({ id, ods }: Subscription): void {
    if (this.#stopping || this.#following.has(id)) return;
    const abort = new AbortController();
    const over = this.#run({ ods, subscription: id }, abort.signal).finally(() => this.#following.delete(id));
    this.#following.set(id, { abort, over });
    this.#places.set(id, ods);
  }

  async #end(id: string): Promise<void> {
    const ods = this.#places.get(id);
    if (ods === undefined) return;
    const following = this.#following.get(id);
    following?.abort.abort(new Error('the subscription was deleted'));
    await following?.over;
    this.#places.delete(id);
    await this.parts.inboxes.remove({ ods, subscription: id }).catch((error: unknown) => {
      this.parts.log.warn(
        { err: error, subscription: id },
        'the inbox of a deleted subscription stays until the next start',
      );
    });
  }

  async #run(place: { ods: string; subscription: string }, signal: AbortSignal): Promise<void> {
    const { inboxes, limits, everyMs, redoMs, log } = this.parts;
    const stopped = (): boolean => signal.aborted;
    while (!stopped()) {
      try {
        await inboxes.open(place, limits);
        for await (const acknowledged of inboxes.acknowledged(place, { everyMs, signal }))
          await this.#record(acknowledged);
      } catch (error) {
        if (!stopped())
          log.warn({ err: error, ...named(place) }, 'the acknowledgements of an inbox broke off; following them again');
      }
      await delay(redoMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The step first: a crash before it is forgotten writes the same step again, which stores nothing. */
  async #record({ record, over }: Acknowledged): Promise<void> {
    await this.parts.steps.publish(stepOf(record));
    await over();
  }
}

const named = ({ ods, subscription }: { ods: string; subscription: string }) => ({ org: ods, subscription });

function stepOf(record: DepositRecord): Step {
  const { ods, subscription, source, eventid, type, journey, sourceorg } = record;
  return {
    id: derivedRecordId(['acknowledged', record.id]),
    kind: 'acknowledged',
    state: 'acknowledged',
    time: new Date().toISOString(),
    source,
    eventid,
    type,
    journey,
    sourceorg,
    org: ods,
    subscription,
    channel: 'NATS',
  };
}
