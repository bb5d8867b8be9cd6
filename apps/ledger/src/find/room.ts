import type { Room } from '../room.js';
import type { RoomParts } from '../rooms.js';
import { FindController, PageSize } from './find.controller.js';

/** The room that finds journeys. */
export function findRoom({ settings }: RoomParts): Promise<Room> {
  const providers = [{ provide: PageSize, useValue: new PageSize(settings.pageSize) }];
  return Promise.resolve({ controllers: [FindController], providers });
}
