import type { Catalogue } from '@signalbox/contracts';
import { type Engine, streamOf } from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';

import type { GatewaySettings } from '../settings.js';
import type { CursorStore } from '../subscriptions/cursor-store.js';
import { type Held, HealthDesk } from './health.js';
import { Testing } from './testing.js';

interface Wiring {
  readonly engine: Engine;
  readonly registry: Registry;
  readonly catalogue: Catalogue;
  readonly cursors: CursorStore;
}

/** Puts together what receivers keep their subscriptions well with. */
export async function careOf(settings: GatewaySettings, { engine, registry, catalogue, cursors }: Wiring) {
  const [health, waitingRoom] = await Promise.all([engine.kv('HEALTH'), engine.kv('WAITING')]);
  const { events, families } = engine;
  return {
    healthDesk: new HealthDesk({
      families,
      events,
      cursors,
      registry,
      health,
      waitingRoom,
      held: (subscription) => heldOf(engine, subscription),
      fetchLagMs: settings.fetchLagMs,
    }),
    testing: new Testing({ engine, catalogue, timeoutMs: settings.testTimeoutMs, everyMs: settings.testEveryMs }),
    secretOverlapMs: settings.secretOverlapMs,
  };
}

/** Over all families, as the engine itself counts. */
async function heldOf(engine: Engine, subscription: Subscription): Promise<Held> {
  const standings = await Promise.all(
    engine.families.map(async (family) =>
      engine.deliveryStanding(subscription, family, await engine.lastSequence(streamOf(family))),
    ),
  );
  return {
    waiting: standings.reduce((sum, one) => sum + (one?.waiting ?? 0), 0),
    unsettled: standings.reduce((sum, one) => sum + (one?.unsettled ?? 0), 0),
  };
}
