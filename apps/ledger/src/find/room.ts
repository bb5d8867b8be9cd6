import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { FindController, FindParts } from './find.controller.js';
import { JourneyList } from './journey-list.js';
import { Rate } from './rate.js';

/** The room that finds journeys. */
export function findRoom({ settings, database, journeys, catalogue, metrics }: RoomParts): Promise<Room> {
  const { pageSize: page, listLook: look, findRate } = settings;
  const closing = catalogue
    .types()
    .filter(({ closes }) => closes)
    .map(({ type }) => type);
  const lists = new JourneyList({ database, journeys, closing, limits: { page, look } });
  const parts = new FindParts(database, catalogue, new Rate(findRate), metrics, page);
  const providers = [
    { provide: JourneyList, useValue: lists },
    { provide: FindParts, useValue: parts },
  ];
  return Promise.resolve({ controllers: [FindController], providers });
}
