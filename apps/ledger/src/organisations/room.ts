import { Kept } from '@signalbox/runtime';
import { FAMILIES, streamOf } from '@signalbox/messaging';
import { IntervalRecording } from '../intervals/recording.js';
import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { OrganisationDesk, type Retention } from './organisation-desk.js';
import { OrganisationsController } from './organisations.controller.js';
import { RightsHistory } from './rights-history.js';
import { Scoring } from './scoring.js';
import { secondReading } from './second-reading.js';
import { StageForms } from './stage-forms.js';
import { WhereController, WhereLimits } from './where.controller.js';
import { WhereDataGoes } from './where-data-goes.js';

const DAY_MS = 86_400_000;
/** Milliseconds that the retention of streams is remembered: it changes when the engine is set up anew. */
const REMEMBERED_MS = 60_000;
/** Looks in a row that may fail before health says so. */
const FAILURES = 3;

/** Organisations, where patient data goes, and the reading that they and the intervals stand on. */
export function organisationsRoom(parts: RoomParts): Promise<Room> {
  const { settings, database, registry, catalogue, engine, log, acting } = parts;
  const retention = retentionOf(parts);
  const history = new RightsHistory({ database, registry });
  const limits = { events: settings.scoresEvents, names: settings.scoresNames, days: settings.scoresDays };
  const readers = [
    new Scoring({ database, catalogue, registry, limits }),
    new IntervalRecording(database, settings.scoresEvents),
    history,
  ];
  const reading = secondReading(readers, {
    everyMs: settings.scoresEveryMs,
    onFailure: (err) => log.warn({ err }, 'what was read could not be summed; it is tried again'),
  });
  reading.start();
  const { scoresMinimum: minimum, impactEvents, grantWarningDays: warningDays } = settings;
  const desk = new OrganisationDesk({
    database,
    registry,
    catalogue,
    engine,
    retention,
    minimum,
    impactEvents,
    warningDays,
  });
  const where = new WhereDataGoes({ database, registry, catalogue, retention, smallest: settings.smallNumber });
  const { flowsPage, flowsExport, smallNumber, publicUrl } = settings;
  return Promise.resolve({
    controllers: [OrganisationsController, WhereController],
    providers: [
      { provide: OrganisationDesk, useValue: desk },
      { provide: StageForms, useValue: new StageForms({ desk, acting, registry }) },
      { provide: WhereDataGoes, useValue: where },
      { provide: WhereLimits, useValue: new WhereLimits(flowsPage, flowsExport, smallNumber, publicUrl) },
    ],
    health: [
      'scorecards',
      () =>
        reading.failures >= FAILURES
          ? { state: 'degraded', sentence: 'What was read cannot be summed for scorecards and intervals, for now.' }
          : { state: 'up', sentence: 'Scorecards and intervals follow what is read.' },
    ],
    close: async () => {
      history.close();
      await reading.close();
    },
  });
}

/** How long the streams keep what they hold, as the engine says; remembered for a while. */
function retentionOf({ engine }: RoomParts): () => Promise<Retention> {
  const remembered = new Kept<Retention>(REMEMBERED_MS);
  const ask = async (): Promise<Retention> => {
    const kept = await engine
      .retentions([...FAMILIES.map(streamOf), 'REJECTED'])
      .catch(() => new Map<string, number>());
    const days = (stream: string) => {
      const ms = kept.get(stream);
      return ms === undefined ? undefined : Math.round((ms / DAY_MS) * 10) / 10;
    };
    const refused = days('REJECTED');
    return {
      streams: FAMILIES.map((family) => {
        const own = days(streamOf(family));
        return { family, ...(own !== undefined && { days: own }) };
      }),
      ...(refused !== undefined && { refused }),
    };
  };
  return () => remembered.of('retention', ask);
}
