import type { Room } from '../room.js';
import type { RoomParts } from '../rooms.js';
import { Board } from './board.js';
import { BoardController, BoardSizes } from './board.controller.js';
import { EngineWatch } from './engine-watch.js';

/** The room of the board, the map and the engine. */
export function boardRoom({ settings, database, registry, catalogue, engine, metrics }: RoomParts): Promise<Room> {
  const { boardKeepMs: keepMs, boardDownMs: downMs, stuckPatienceMs: patienceMs } = settings;
  const { engineLookMs: lookMs, engineFullPercent: fullPercent, lagLimit } = settings;
  const limits = { keepMs, downMs, patienceMs };
  const board = new Board({ database, registry, catalogue, sources: {}, limits });
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
