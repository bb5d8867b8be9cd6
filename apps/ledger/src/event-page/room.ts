import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { EventController } from './event.controller.js';
import { KnownNames } from './known-names.js';
import { Payloads } from './payloads.js';

/** How the content of events is read for {@link eventRoom} and for whoever broke the glass. */
export function payloadsOf({ database, engine, catalogue, settings }: RoomParts): Payloads {
  const limits = { nodes: settings.payloadNodes, items: settings.payloadItems };
  return new Payloads({ database, events: engine.events, names: new KnownNames(catalogue), limits });
}

/** The room that shows one event. */
export function eventRoom(parts: RoomParts): Promise<Room> {
  const providers = [{ provide: Payloads, useValue: payloadsOf(parts) }];
  return Promise.resolve({ controllers: [EventController], providers });
}
