import type { Room } from '../../room.js';
import type { RoomParts } from '../../room-parts.js';
import { OutagesController, OutagesDesk } from './outages.controller.js';

/** The room of outages: who is out, and what was in flight. */
export function outagesRoom({ settings, database, registry, catalogue, acting, outages }: RoomParts): Promise<Room> {
  const limits = { list: settings.outageList, page: settings.outagePage };
  const desk = new OutagesDesk(outages, database, registry, catalogue, acting, limits);
  return Promise.resolve({ controllers: [OutagesController], providers: [{ provide: OutagesDesk, useValue: desk }] });
}
