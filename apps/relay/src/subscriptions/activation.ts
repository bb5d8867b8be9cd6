import { setTimeout as delay } from 'node:timers/promises';

import type { Protocol, Registry, Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { RelayMetrics } from '../relay-metrics.js';
import type { Consent, Endpoint } from './handshake.js';

export interface ActivationParts {
  readonly registry: Registry;
  /** Asks the endpoint, in the way of its protocol. */
  readonly ask: (endpoint: Endpoint, signal: AbortSignal) => Promise<Consent>;
  /** Milliseconds before each further time that an endpoint is asked; their number bounds how often. */
  readonly delaysMs: readonly number[];
  /** Milliseconds until something that the engine did not take is tried again. */
  readonly redoMs: number;
  readonly log: Log;
  readonly metrics: RelayMetrics;
}

/** Protocols whose endpoints are asked. */
const ASKED: ReadonlySet<Protocol> = new Set(['HTTP', 'FHIR']);

/**
 * Turns `pending` subscriptions that are sent to an endpoint into `active` ones after their endpoint consented, or into `disabled` ones with
 * the reason why not. Follows the registry, so a changed sink is asked anew. Several relays may ask at once: each writes
 * only over the state that it asked about.
 */
export class Activation {
  readonly #asking = new Map<
    string,
    {
      readonly sink: string;
      readonly protocol: Protocol;
      readonly abort: AbortController;
      readonly over: Promise<void>;
    }
  >();
  #unsubscribe: (() => void) | undefined;

  constructor(private readonly parts: ActivationParts) {}

  start(): void {
    this.#unsubscribe = this.parts.registry.onChange('subscription', (key, value) =>
      this.#consider(key.slice(key.indexOf('.') + 1), value),
    );
    for (const subscription of this.parts.registry.subscriptions({ status: 'pending' }))
      this.#consider(subscription.id, subscription);
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    const asking = [...this.#asking.values()];
    for (const { abort } of asking) abort.abort(new Error('the relay stops'));
    await Promise.all(asking.map(({ over }) => over));
  }

  #consider(id: string, subscription: Subscription | undefined): void {
    const asked = subscription?.status === 'pending' ? ASKED.has(subscription.protocol) : false;
    const sink = asked ? subscription?.sink : undefined;
    const running = this.#asking.get(id);
    if (running?.sink === sink && running?.protocol === subscription?.protocol) return;
    running?.abort.abort(new Error('the subscription changed'));
    if (sink === undefined || subscription === undefined) return;
    const abort = new AbortController();
    const over = this.#activate(id, sink, abort.signal)
      .catch((error: unknown) => {
        if (!abort.signal.aborted)
          this.parts.log.error({ err: error, subscription: id }, 'a subscription could not be activated');
      })
      .finally(() => {
        if (this.#asking.get(id)?.abort === abort) this.#asking.delete(id);
      });
    this.#asking.set(id, { sink, protocol: subscription.protocol, abort, over });
  }

  async #activate(id: string, sink: string, signal: AbortSignal): Promise<void> {
    const consent = await this.#askPatiently({ subscription: id, sink }, signal);
    this.parts.metrics.handshakes.inc({ result: consent.kind });
    await this.#write(id, sink, consent, signal);
    this.parts.log.info({ subscription: id, state: consent.kind }, 'a pending subscription was decided on');
  }

  /** Tries until the engine takes it: a decision that is lost would leave the subscription pending for ever. */
  async #write(id: string, sink: string, consent: Consent, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.#decide(id, sink, consent);
        return;
      } catch (error) {
        if (this.parts.registry.subscription(id) === undefined) return;
        this.parts.log.warn(
          { err: error, subscription: id },
          'the engine did not take the state of a subscription; trying again',
        );
        await delay(this.parts.redoMs, undefined, { signal });
      }
    }
  }

  async #decide(id: string, sink: string, consent: Consent): Promise<void> {
    await this.parts.registry.changeSubscription(id, (current) => {
      if (current.status !== 'pending' || current.sink !== sink) return current;
      const { statusReason: _former, ...rest } = current;
      const updated = new Date().toISOString();
      return consent.kind === 'given'
        ? { ...rest, status: 'active', updated }
        : { ...rest, status: 'disabled', statusReason: consent.reason, updated };
    });
  }

  async #askPatiently(endpoint: Endpoint, signal: AbortSignal): Promise<Consent> {
    let consent = await this.parts.ask(endpoint, signal);
    for (const wait of this.parts.delaysMs) {
      if (consent.kind !== 'withheld') break;
      await delay(wait, undefined, { signal });
      consent = await this.parts.ask(endpoint, signal);
    }
    return consent;
  }
}
