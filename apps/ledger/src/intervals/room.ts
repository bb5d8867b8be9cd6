import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { Intervals, IntervalsController } from './intervals.controller.js';

/** How long the parts of pathways take. They are written by the reading of the organisations' room. */
export function intervalsRoom({ settings, database, registry }: RoomParts): Promise<Room> {
  const { smallNumber: smallest, intervalsLooked: most, boardKeepMs: keepMs } = settings;
  const nameOf = (ods: string) => registry.organisation(ods)?.name;
  return Promise.resolve({
    controllers: [IntervalsController],
    providers: [{ provide: Intervals, useValue: new Intervals({ database, smallest, most, keepMs, nameOf }) }],
  });
}
