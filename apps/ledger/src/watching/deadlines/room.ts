import { RedisLink } from '@signalbox/runtime';
import { Expiry } from '../../proof/expiry.js';
import { readerName } from '../../journeys/positions.js';
import type { Room } from '../../room.js';
import type { RoomParts } from '../../room-parts.js';
import { DueShelf } from './due-shelf.js';
import { observeOverdue } from './overdue-gauge.js';
import { Watch } from './watch.js';

/** Milliseconds between probes of a Redis that stopped answering. */
const PROBE_MS = 500;

/** Keeps the clocks from now on. */
export async function deadlinesRoom(parts: RoomParts): Promise<Room> {
  const { settings, database, engine, registry, catalogue, metrics, log } = parts;
  const link = new RedisLink({
    url: settings.redisUrl,
    timeoutMs: settings.redisTimeoutMs,
    probeMs: PROBE_MS,
    onError: (error) => log.debug({ err: error }, 'Redis cannot be reached'),
  });
  const publish = (step: Parameters<typeof engine.steps.publish>[0]) => engine.steps.publish(step);
  const watch = new Watch({
    ...{ database, engine, registry, catalogue, metrics, log },
    expiry: new Expiry({ queries: database, engine, registry, publish }),
    shelf: new DueShelf(link, await readerName(database), (error) =>
      log.debug({ err: error }, 'Redis does not serve deadlines'),
    ),
    limits: {
      everyMs: settings.deadlinesEveryMs,
      fillMs: settings.deadlinesFillMs,
      aheadMs: settings.deadlinesAheadMs,
      waiting: settings.deadlinesWaiting,
      batch: settings.deadlinesBatch,
    },
  });
  observeOverdue(metrics, database);
  link.onReady(() => watch.refill());
  await link.open();
  watch.start();
  return {
    controllers: [],
    providers: [],
    health: ['deadlines', () => watch.health()],
    close: async () => {
      await watch.close();
      link.close();
    },
  };
}
