import type { Room } from '../room.js';
import type { RoomParts } from '../rooms.js';
import { JourneyController, Names } from './journey.controller.js';

/** The room that shows one journey. */
export function journeyRoom({ registry }: RoomParts): Promise<Room> {
  const names = new Names((ods) => registry.organisation(ods)?.name);
  return Promise.resolve({ controllers: [JourneyController], providers: [{ provide: Names, useValue: names }] });
}
