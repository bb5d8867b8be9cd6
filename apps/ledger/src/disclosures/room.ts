import { Announcing, isPersonId } from '@signalbox/registry';
import { payloadsOf } from '../event-page/room.js';
import { Payloads } from '../event-page/payloads.js';
import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { DisclosuresController } from './disclosures.controller.js';
import { Disclosures } from './disclosures.js';
import { DisclosureRecord } from './record.js';
import { ValuesController } from './values.controller.js';

/** The room in which values are shown, and where it is seen who saw them. */
export async function disclosuresRoom(parts: RoomParts): Promise<Room> {
  const { database, engine, catalogue, settings, answers } = parts;
  const record = new DisclosureRecord({ database, bucket: await engine.kv('DISCLOSURES') });
  // A new database knows of no disclosure; the engine does.
  await record.catchUp();
  const disclosures = new Disclosures({
    database,
    record,
    announcing: new Announcing({ events: engine.events, catalogue }),
    lastsMs: settings.disclosureMinutes * 60_000,
    needsFactors: settings.disclosureFactors,
    limits: {
      page: settings.disclosuresPage,
      checked: settings.disclosuresChecked,
      anHour: settings.disclosuresAnHour,
    },
  });
  answers.withEveryPage(async (known) =>
    isPersonId(known.application) ? { disclosing: await disclosures.allRunning(known) } : {},
  );
  return {
    controllers: [ValuesController, DisclosuresController],
    providers: [
      { provide: Disclosures, useValue: disclosures },
      { provide: Payloads, useValue: payloadsOf(parts) },
    ],
  };
}
