import { Announcing } from '@signalbox/registry';
import { Acting } from '../people/acting.js';
import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { JourneyActsController } from './acts.controller.js';
import { JourneyController } from './journey.controller.js';
import { JourneyDesk } from './journey-desk.js';
import { Nudging } from './nudging.js';

/** The room that shows one journey, and where people do something about it. */
export function journeyRoom(parts: RoomParts): Promise<Room> {
  const { database, engine, catalogue, settings } = parts;
  const nudging = new Nudging({
    database,
    steps: engine.steps,
    announcing: new Announcing({ events: engine.events, catalogue }),
    everyMs: settings.nudgeEveryMinutes * 60_000,
    ...(settings.publicUrl !== undefined && { publicUrl: settings.publicUrl }),
  });
  return Promise.resolve({
    controllers: [JourneyController, JourneyActsController],
    providers: [
      { provide: JourneyDesk, useValue: new JourneyDesk(parts) },
      { provide: Nudging, useValue: nudging },
      { provide: Acting, useValue: parts.acting },
    ],
  });
}
