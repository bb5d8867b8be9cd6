import { Kept } from '@signalbox/runtime';
import { Registry } from '@signalbox/registry';
import type { Room } from '../../room.js';
import type { RoomParts } from '../../room-parts.js';
import { EngineWatch } from '../../board/engine-watch.js';
import { behind } from '../../observed.js';
import { Alerts } from './alerts.js';
import { AlertsController, AlertsPage } from './alerts.controller.js';
import { Endpoints } from './endpoints.js';
import { OverdueGroups } from './overdue-groups.js';
import { AlertRounds } from './round.js';
import { loadRunbooks, Runbooks } from './runbooks.js';

/** Milliseconds for which it is remembered how much stands still for no known reason: to find that out is dear. */
const UNKNOWN_KEPT_MS = 30_000;
/** A round that is so many times later than it should be is missed. */
const MISSED = 6;

/** The room of alerts: the rounds that notice what needs a person, their page and their runbooks. */
export async function alertsRoom(parts: RoomParts): Promise<Room> {
  const { settings, engine, alerts, log } = parts;
  const endpoints = new Endpoints(engine, log);
  await endpoints.start();
  const rounds = roundsOf(parts, endpoints);
  rounds.start();
  const opened = Date.now();
  return {
    controllers: [AlertsController],
    providers: [
      { provide: Alerts, useValue: alerts },
      { provide: Registry, useValue: parts.registry },
      { provide: AlertsPage, useValue: new AlertsPage(settings.alertPage) },
      { provide: Runbooks, useValue: await loadRunbooks() },
    ],
    health: [
      'alerts',
      () =>
        Date.now() - Math.max(opened, rounds.last) > MISSED * settings.alertEveryMs + 30_000
          ? { state: 'degraded', sentence: 'Nobody has looked for what needs a person for a while: see the log.' }
          : { state: 'up', sentence: 'What needs a person is looked for.' },
    ],
    close: async () => {
      endpoints.close();
      await rounds.close();
    },
  };
}

function roundsOf(parts: RoomParts, endpoints: Endpoints): AlertRounds {
  const { settings, database, engine, registry, catalogue, ingest, alerts, silences, outages, stuck, log, metrics } =
    parts;
  const unknown = new Kept<number>(UNKNOWN_KEPT_MS);
  const { engineLookMs: lookMs, engineFullPercent: fullPercent, lagLimit } = settings;
  return new AlertRounds({
    ...{ alerts, log, metrics, everyMs: settings.alertEveryMs },
    before: async (now) => {
      await outages.tell(now.getTime());
      await silences.round(now).catch((error: unknown) => log.warn({ err: error }, 'silence cannot be judged now'));
    },
    abreast: async () => {
      const counts = [...(await behind(engine, database)).values()];
      return ingest.failing.size === 0 && counts.every((count) => count <= lagLimit);
    },
    sources: {
      ...{ database, engine, registry, catalogue, ingest, endpoints, silences, outages },
      overdue: new OverdueGroups(database),
      engineWatch: new EngineWatch(engine, { lookMs, fullPercent, lagLimit }),
      unknown: () => unknown.of('all', async () => (await stuck.totals({ all: true })).get('unknown') ?? 0),
      limits: {
        lag: lagLimit,
        refusals: settings.alertRefusals,
        refusedShare: settings.alertRefusedShare,
        gapMs: settings.alertGapMs,
        downMs: settings.alertDownMs,
        most: settings.alertLimit,
      },
    },
  });
}
