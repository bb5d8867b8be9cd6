import { boardRoom } from './board/room.js';
import { disclosuresRoom } from './disclosures/room.js';
import { eventRoom } from './event-page/room.js';
import { findRoom } from './find/room.js';
import { journeyRoom } from './journey-page/room.js';
import { intervalsRoom } from './intervals/room.js';
import { organisationsRoom } from './organisations/room.js';
import type { RoomParts } from './room-parts.js';
import type { Room } from './room.js';
import { stuckRoom, stuckWorkOf } from './stuck/room.js';
import { alertsRoom } from './watching/alerts/room.js';
import { catalogueRoom } from './catalogue/room.js';
import { deadlinesRoom } from './watching/deadlines/room.js';
import { outagesRoom } from './watching/outages/room.js';

/** Opens the rooms of the operations view, each by the function that its folder exports. */
export async function openRooms(given: Omit<RoomParts, 'stuck'>): Promise<readonly Room[]> {
  const parts: RoomParts = { ...given, stuck: stuckWorkOf(given) };
  const open: readonly ((parts: RoomParts) => Promise<Room>)[] = [
    boardRoom,
    findRoom,
    stuckRoom,
    journeyRoom,
    eventRoom,
    disclosuresRoom,
    deadlinesRoom,
    alertsRoom,
    outagesRoom,
    organisationsRoom,
    intervalsRoom,
    catalogueRoom,
  ];
  return Promise.all(open.map((room) => room(parts)));
}
