import type { Room } from '../room.js';
import type { RoomParts } from '../rooms.js';
import { BoardController } from './board.controller.js';

/** The room of the board. */
export function boardRoom(_parts: RoomParts): Promise<Room> {
  return Promise.resolve({ controllers: [BoardController], providers: [] });
}
