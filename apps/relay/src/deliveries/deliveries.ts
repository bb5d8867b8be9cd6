import { setTimeout as delay } from 'node:timers/promises';

import type { Engine } from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';
import type { Log } from '@signalbox/runtime';

import type { Governor } from '../endpoints/governor.js';
import type { HealthBoard } from '../endpoints/health-board.js';
import type { RelayMetrics } from '../relay-metrics.js';
import type { Sharing } from '../sharing/sharing.js';
import type { Source } from './arrival.js';
import type { Attempts } from './attempts.js';
import { Courier, type CourierLimits } from './courier.js';
import { Loader } from './loader.js';
import { REASONS } from './reasons.js';
import type { Recorder } from './recorder.js';
import type { WaitingRoom } from './waiting-room.js';

/** Bounds of all queues together with those of each. */
export interface DeliveriesLimits extends CourierLimits {
  /** Events fetched ahead. */
  readonly prefetch: number;
  /** Milliseconds for what is under way when a courier stops. */
  readonly graceMs: number;
  /** Milliseconds between two looks at the backlog of every queue. */
  readonly backlogEveryMs: number;
}

export interface DeliveriesParts {
  readonly engine: Pick<
    Engine,
    'deliveries' | 'removeDeliveries' | 'deliveryHolders' | 'families' | 'events' | 'parked'
  >;
  readonly registry: Registry;
  readonly attempts: Attempts;
  readonly recorder: Recorder;
  readonly room: WaitingRoom;
  readonly sharing: Pick<Sharing, 'relays' | 'isMine' | 'holds' | 'claim' | 'release' | 'mayDrive'>;
  readonly board: Pick<HealthBoard, 'observe' | 'release' | 'forget' | 'told'>;
  /** For one endpoint, with the attempts at once that its channel bears. */
  readonly governor: (limit: number) => Governor;
  /** Attempts at once that the channel of a protocol bears; Infinity when it does not matter. */
  readonly channelLimit: (protocol: string) => number;
  /** What offers deliveries beside the queues: replays. */
  readonly sources: (subscription: string) => readonly Source[];
  readonly limits: DeliveriesLimits;
  readonly log: Log;
  readonly metrics: RelayMetrics;
}

interface Carried {
  readonly courier: Courier;
  readonly id: string;
  /** What the queues were opened for: types and beginnings stand in the engine. */
  readonly asked: string;
  readonly types: readonly string[];
}

/** Claims made or given up at once. */
const AT_ONCE = 32;

/** Keeps one courier for each active subscription that this relay drives, and follows every change of registry and relays. */
export class Deliveries {
  readonly #carried = new Map<string, Carried>();
  readonly #deleted = new Set<string>();
  readonly #loader: Loader;
  readonly #stopped = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #due = false;
  #begun = false;
  #unsubscribe: (() => void) | undefined;
  #sampler: NodeJS.Timeout | undefined;

  constructor(private readonly parts: DeliveriesParts) {
    const { engine, room, log } = parts;
    this.#loader = new Loader({ events: engine.events, parked: engine.parked, room, log });
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.parts.registry.onChange('subscription', (key, value) => {
      if (value === undefined) this.#deleted.add(key.slice(key.indexOf('.') + 1));
      this.follow();
    });
    this.#sampler = setInterval(() => void this.#sampleBacklog(), this.parts.limits.backlogEveryMs);
    this.#sampler.unref();
    await this.#findDeleted();
    this.#begun = true;
    this.follow();
    await this.#work;
  }

  /** Resolves when everything under way is finished or handed back, and nothing is claimed any more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#unsubscribe?.();
    clearInterval(this.#sampler);
    await this.#work;
    await this.#each([...this.#carried.keys()], async (id) => this.#giveUp(id));
  }

  /** Something changed in the registry or among the relays. Changes are worked through one after the other. */
  follow(): void {
    if (this.#due || !this.#begun) return;
    this.#due = true;
    this.#work = this.#work.then(async () => {
      this.#due = false;
      if (this.#stopped.signal.aborted) return;
      try {
        await this.#pass();
      } catch (error) {
        this.parts.log.warn({ err: error }, 'the changes of subscriptions were not followed to the end; trying again');
        void this.#later();
      }
    });
  }

  /** Others may take over: what is under way is cut short. */
  interrupt(): void {
    for (const { courier } of this.#carried.values()) courier.interrupt();
  }

  async #later(): Promise<void> {
    await delay(this.parts.limits.redoMs, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
    this.follow();
  }

  async #pass(): Promise<void> {
    const { registry, sharing } = this.parts;
    const wanted = new Map<string, Subscription>();
    for (const subscription of registry.subscriptions({ status: 'active' })) {
      if (subscription.protocol !== 'PULL') wanted.set(subscription.id, subscription);
    }
    const changed = [...this.#carried.values()].filter(({ id, asked }) => {
      const now = wanted.get(id);
      return now === undefined || !sharing.isMine(id) || !sharing.holds(id) || askedBy(now) !== asked;
    });
    await this.#each(changed, async (carried) => this.#let(carried, wanted.get(carried.id)));
    const free = [...wanted.values()].filter(({ id }) => !this.#carried.has(id) && sharing.isMine(id));
    await this.#each(free, async (subscription) => {
      if (await sharing.claim(subscription.id)) this.#startCourier(subscription);
    });
    await this.#forgetDeleted();
    this.parts.metrics.queues.set(this.#carried.size);
    this.parts.metrics.relays.set(sharing.relays.length);
  }

  /** Stops a courier whose subscription changed, ended or goes to another relay. */
  async #let(carried: Carried, now: Subscription | undefined): Promise<void> {
    const { id, types } = carried;
    await carried.courier.stop(this.parts.limits.graceMs);
    this.#carried.delete(id);
    if (now !== undefined && JSON.stringify(now.types) !== JSON.stringify(types)) await this.#forgetUnwanted(id);
    if (now === undefined || !this.parts.sharing.isMine(id)) await this.#release(id);
  }

  async #giveUp(id: string): Promise<void> {
    await this.#carried.get(id)?.courier.stop(this.parts.limits.graceMs);
    this.#carried.delete(id);
    await this.#release(id);
  }

  async #release(id: string): Promise<void> {
    this.parts.board.release(id);
    await this.parts.sharing.release(id).catch((error: unknown) => {
      // The claim of a relay that is gone stands in nobody's way for long.
      this.parts.log.warn({ err: error, subscription: id }, 'a claim could not be given up');
    });
  }

  #startCourier(subscription: Subscription): void {
    const { engine, registry, sharing, board, limits } = this.parts;
    const { id, types, start, sought } = subscription;
    const channelLimit = this.parts.channelLimit(subscription.protocol);
    const courier = new Courier({
      ...this.parts,
      id,
      families: engine.families,
      types,
      events: engine.events,
      loader: this.#loader,
      channelLimit,
      governor: () => this.parts.governor(Math.min(channelLimit, limits.concurrency)),
      subscription: () => registry.subscription(id),
      mayDrive: () => sharing.mayDrive && sharing.holds(id),
      open: async (family) =>
        engine.deliveries({
          id,
          family,
          types,
          // The registry keeps the first sequence to deliver; the engine asks for the one after which to begin.
          startSequence: (start[family] ?? (await engine.events.lastSequence(family)) + 1) - 1,
          restart: start[family] !== undefined,
          sought,
          ackWaitMs: limits.ackWaitMs,
          maxAckPending: limits.maxUnsettled,
          prefetch: limits.prefetch,
        }),
      disable: async (gone) => this.#disable(gone),
      observe: (seen, governor, about) => board.observe(seen, governor, about),
      sources: this.parts.sources(id),
    });
    this.#carried.set(id, { courier, id, asked: askedBy(subscription), types });
    courier.start();
  }

  /** A family that is no longer asked for gives up its place, so that asking again later begins then. */
  async #forgetUnwanted(id: string): Promise<void> {
    const types = this.parts.registry.subscription(id)?.types ?? [];
    for (const family of this.parts.engine.families) {
      const asksForFamily = types.some((pattern) => pattern === '*' || coversFamily(pattern, family));
      if (!asksForFamily) await this.parts.engine.removeDeliveries(id, family);
    }
  }

  /** What was deleted while no relay ran has left its places, what waited for it and its health behind. */
  async #findDeleted(): Promise<void> {
    const { engine, registry, room, board, log } = this.parts;
    try {
      const places = await Promise.all(engine.families.map(async (family) => engine.deliveryHolders(family)));
      for (const id of [...places.flat(), ...room.subscriptions, ...(await board.told())]) {
        if (registry.wasDeleted(id)) this.#deleted.add(id);
      }
    } catch (error) {
      // It does no harm until then.
      log.warn({ err: error }, 'what deleted subscriptions left behind is looked for at the next start');
    }
  }

  async #forgetDeleted(): Promise<void> {
    for (const id of this.#deleted) {
      this.#deleted.delete(id);
      if (this.parts.registry.subscription(id) !== undefined) continue;
      await this.#clear(id).catch((error: unknown) => {
        this.parts.log.warn(
          { err: error, subscription: id },
          'what a deleted subscription had in the engine could not be removed',
        );
      });
    }
  }

  /** Each relay that lives does this; what is gone already is gone. */
  async #clear(id: string): Promise<void> {
    const { engine, room, board } = this.parts;
    for (const family of engine.families) await engine.removeDeliveries(id, family);
    await room.clear(id);
    await board.forget(id);
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
    const { engine, registry, room, board, metrics } = this.parts;
    const sums = new Map(engine.families.map((family) => [family, { waiting: 0, unsettled: 0 }]));
    let aside = 0;
    for (const { id, courier } of this.#carried.values()) {
      const backlog = await courier.backlog().catch(() => undefined);
      aside += room.count(id);
      if (backlog === undefined) continue;
      const own = { waiting: room.count(id), unsettled: 0 };
      for (const [family, { waiting, unsettled }] of backlog) {
        const sum = sums.get(family);
        if (sum === undefined) continue;
        sum.waiting += waiting;
        sum.unsettled += unsettled;
        own.waiting += waiting;
        own.unsettled += unsettled;
      }
      courier.governor.backlog({ ...own, oldestMs: courier.oldestMs }, Date.now());
      const subscription = registry.subscription(id);
      if (subscription !== undefined) board.observe(subscription, courier.governor);
    }
    for (const [family, { waiting, unsettled }] of sums) {
      metrics.backlog.set({ family, state: 'waiting' }, waiting);
      metrics.backlog.set({ family, state: 'unsettled' }, unsettled);
    }
    metrics.aside.set(aside);
  }

  /** A thousand claims at once are too many for the engine, one after the other take too long. */
  async #each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
    const left = all.values();
    const failures: unknown[] = [];
    const worker = async (): Promise<void> => {
      for (const one of left) await work(one).catch((error: unknown) => failures.push(error));
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, all.length) }, worker));
    if (failures.length > 0) throw failures[0];
  }
}

/** What a queue stands for in the engine, and which channel serves it; other changes need no new courier. */
function askedBy({ types, start, sought, protocol }: Subscription): string {
  return JSON.stringify([[...types].sort(), Object.entries(start).sort(), sought, protocol]);
}

/** Whether a pattern can match a type of the family: `org.signalbox.result.*`, `org.signalbox.*`, or a type of it. */
function coversFamily(pattern: string, family: string): boolean {
  const prefix = `org.signalbox.${family}.`;
  const open = pattern.endsWith('.*') ? pattern.slice(0, -1) : `${pattern}.`;
  return prefix.startsWith(open) || open.startsWith(prefix);
}
