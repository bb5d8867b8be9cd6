import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { alertEntry } from '../watching/alerts/kinds.js';
import { Board, type BoardSources } from './board.js';
import { BoardController, BoardSizes } from './board.controller.js';
import { EngineWatch } from './engine-watch.js';

/** Alerts that the board names; the others are on their own page. */
const ALERT_LINES = 10;
/** Groups of stuck work that the board names, the oldest first. */
const STUCK_LINES = 10;

/** The room of the board, the map and the engine. */
export function boardRoom(parts: RoomParts): Promise<Room> {
  const { settings, database, registry, catalogue, engine, metrics } = parts;
  const { boardKeepMs: keepMs, boardDownMs: downMs, stuckPatienceMs: patienceMs } = settings;
  const { engineLookMs: lookMs, engineFullPercent: fullPercent, lagLimit } = settings;
  const limits = { keepMs, downMs, patienceMs };
  const board = new Board({ database, registry, catalogue, sources: sourcesOf(parts), limits });
  const watch = new EngineWatch(engine, { lookMs, fullPercent, lagLimit });
  watch.observe(metrics);
  return Promise.resolve({
    controllers: [BoardController],
    providers: [
      { provide: Board, useValue: board },
      { provide: EngineWatch, useValue: watch },
      { provide: BoardSizes, useValue: new BoardSizes(settings.boardPairs, settings.mapPairs) },
    ],
  });
}

function sourcesOf(parts: RoomParts): BoardSources {
  const { watch, alerts, silences, outages, stuck } = parts;
  return {
    dueNext: (viewer, limit) => watch.dueNext(viewer, limit),
    alerts: async (viewer) =>
      (await alerts.open(viewer, ALERT_LINES)).map(({ kind, severity, org, about, raised: since }) => {
        const { title, leads } = alertEntry(kind);
        return { kind, title, severity, org, since, link: leads(org, about) };
      }),
    silent: async (viewer) => new Set((await silences.silent(viewer)).map(({ publisher }) => publisher)),
    outage: (ods) => outages.sinceOf(ods) !== undefined,
    stuck: async (viewer) => {
      const { groups } = await stuck.groups(viewer);
      const named = groups.slice(0, STUCK_LINES).map(({ cells: _cells, ...group }) => group);
      return { groups: named, totals: await stuck.totals(viewer) };
    },
  };
}
