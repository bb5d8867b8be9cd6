import type { Engine } from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { RelayMetrics } from '../relay-metrics.js';
import type { Attempts } from './attempts.js';
import { Courier, type CourierLimits } from './courier.js';
import { REASONS } from './reasons.js';
import type { Recorder } from './recorder.js';

/** Bounds of all queues together with those of each. */
export interface DeliveriesLimits extends CourierLimits {
  /** Events of one subscription and family that may be handed out and not settled, those waiting for a retry included. */
  readonly maxUnsettled: number;
  /** Events fetched ahead. */
  readonly prefetch: number;
  /** Milliseconds for what is under way when a courier stops. */
  readonly graceMs: number;
  /** Milliseconds between two looks at the backlog of every queue. */
  readonly backlogEveryMs: number;
}

export interface DeliveriesParts {
  readonly engine: Pick<Engine, 'deliveries' | 'removeDeliveries' | 'families' | 'events'>;
  readonly registry: Registry;
  readonly attempts: Attempts;
  readonly recorder: Recorder;
  readonly limits: DeliveriesLimits;
  readonly log: Log;
  readonly metrics: RelayMetrics;
}

interface Carried {
  readonly courier: Courier;
  readonly id: string;
  readonly family: string;
  /** The types for which the queue was opened: its filters stand in the engine. */
  readonly types: string;
}

/** Keeps one courier for each active subscription that is delivered to, and each family, and follows every change of the registry. */
export class Deliveries {
  readonly #carried = new Map<string, Carried>();
  readonly #deleted = new Set<string>();
  #work: Promise<void> = Promise.resolve();
  #unsubscribe: (() => void) | undefined;
  #sampler: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(private readonly parts: DeliveriesParts) {}

  async start(): Promise<void> {
    this.#unsubscribe = this.parts.registry.onChange('subscription', (key, value) => {
      if (value === undefined) this.#deleted.add(key.slice(key.indexOf('.') + 1));
      void this.#reconcile();
    });
    this.#sampler = setInterval(() => void this.#sampleBacklog(), this.parts.limits.backlogEveryMs);
    this.#sampler.unref();
    await this.#reconcile();
  }

  /** Resolves when everything under way is finished or handed back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unsubscribe?.();
    clearInterval(this.#sampler);
    await this.#work;
    await Promise.all([...this.#carried].map(async ([key]) => this.#stopCourier(key)));
  }

  get queues(): number {
    return this.#carried.size;
  }

  /** Changes are worked through one after the other; each pass looks at the registry as it is then. */
  #reconcile(): Promise<void> {
    this.#work = this.#work.then(async () => {
      if (this.#stopping) return;
      try {
        await this.#pass();
      } catch (error) {
        this.parts.log.error(
          { err: error },
          'the changes of subscriptions were not followed to the end; trying again at the next change',
        );
      }
    });
    return this.#work;
  }

  async #pass(): Promise<void> {
    const wanted = new Map<string, { subscription: Subscription; family: string }>();
    for (const subscription of this.parts.registry.subscriptions({ status: 'active' })) {
      if (subscription.protocol === 'PULL') continue;
      for (const family of this.parts.engine.families)
        wanted.set(`${subscription.id} ${family}`, { subscription, family });
    }
    const retyped: Carried[] = [];
    const stops: Promise<void>[] = [];
    for (const [key, carried] of this.#carried) {
      const now = wanted.get(key)?.subscription;
      if (now !== undefined && typesOf(now) !== carried.types) retyped.push(carried);
      if (now === undefined || typesOf(now) !== carried.types) stops.push(this.#stopCourier(key));
    }
    await Promise.all(stops);
    for (const { id, family } of retyped) await this.#forgetUnwanted(id, family);
    for (const [key, { subscription, family }] of wanted) {
      if (!this.#carried.has(key)) this.#startCourier(key, subscription, family);
    }
    await this.#forgetDeleted();
    this.parts.metrics.queues.set(this.#carried.size);
  }

  #startCourier(key: string, subscription: Subscription, family: string): void {
    const { engine, registry, attempts, recorder, limits, log, metrics } = this.parts;
    const { id } = subscription;
    const courier = new Courier({
      attempts,
      recorder,
      limits,
      log,
      metrics,
      subscription: () => registry.subscription(id),
      open: async () =>
        engine.deliveries({
          id,
          family,
          types: subscription.types,
          // The registry keeps the first sequence to deliver; the engine asks for the one after which to begin.
          startSequence: (subscription.start[family] ?? (await engine.events.lastSequence(family)) + 1) - 1,
          ackWaitMs: limits.ackWaitMs,
          maxAckPending: limits.maxUnsettled,
          prefetch: limits.prefetch,
        }),
      disable: async (gone) => this.#disable(gone),
    });
    this.#carried.set(key, { courier, id, family, types: typesOf(subscription) });
    courier.start();
  }

  async #stopCourier(key: string): Promise<void> {
    const carried = this.#carried.get(key);
    await carried?.courier.stop(this.parts.limits.graceMs);
    this.#carried.delete(key);
  }

  /** A family that is no longer asked for gives up its place, so that asking again later begins then. */
  async #forgetUnwanted(id: string, family: string): Promise<void> {
    const types = this.parts.registry.subscription(id)?.types ?? [];
    const asksForFamily = types.some((pattern) => pattern === '*' || coversFamily(pattern, family));
    if (!asksForFamily) await this.parts.engine.removeDeliveries(id, family);
  }

  async #forgetDeleted(): Promise<void> {
    for (const id of this.#deleted) {
      this.#deleted.delete(id);
      if (this.parts.registry.subscription(id) !== undefined) continue;
      for (const family of this.parts.engine.families) {
        await this.parts.engine.removeDeliveries(id, family).catch((error: unknown) => {
          this.parts.log.warn(
            { err: error, subscription: id, family },
            'the place of a deleted subscription could not be removed',
          );
        });
      }
    }
  }

  /** Only what was answered by this very sink: a subscriber may have set another in the meantime. */
  async #disable(gone: Subscription): Promise<void> {
    await this.parts.registry.changeSubscription(gone.id, (current) =>
      current.status === 'active' && current.sink === gone.sink
        ? {
            ...current,
            status: 'disabled',
            statusReason: `endpoint-gone: ${REASONS['endpoint-gone'].sentence}`,
            updated: new Date().toISOString(),
          }
        : current,
    );
    this.parts.log.warn(
      { subscription: gone.id, org: gone.ods, reason: 'endpoint-gone' },
      'a subscription was switched off by its endpoint',
    );
  }

  async #sampleBacklog(): Promise<void> {
    const sums = new Map(this.parts.engine.families.map((family) => [family, { waiting: 0, unsettled: 0 }]));
    for (const { courier, family } of this.#carried.values()) {
      const backlog = await courier.backlog().catch(() => undefined);
      const sum = sums.get(family);
      if (backlog === undefined || sum === undefined) continue;
      sum.waiting += backlog.waiting;
      sum.unsettled += backlog.unsettled;
    }
    for (const [family, { waiting, unsettled }] of sums) {
      this.parts.metrics.backlog.set({ family, state: 'waiting' }, waiting);
      this.parts.metrics.backlog.set({ family, state: 'unsettled' }, unsettled);
    }
  }
}

const typesOf = (subscription: Subscription): string => JSON.stringify([...subscription.types].sort());

/** Whether a pattern can match a type of the family: `org.signalbox.result.*`, `org.signalbox.*`, or a type of it. */
function coversFamily(pattern: string, family: string): boolean {
  const prefix = `org.signalbox.${family}.`;
  const open = pattern.endsWith('.*') ? pattern.slice(0, -1) : `${pattern}.`;
  return prefix.startsWith(open) || open.startsWith(prefix);
}
