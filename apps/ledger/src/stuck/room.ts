import { STUCK, type StuckReason } from '@signalbox/contracts';
import type { Metrics } from '@signalbox/runtime';
import type { Room } from '../room.js';
import type { RoomParts } from '../room-parts.js';
import { StuckActs } from './acts.js';
import { quietParties, type QuietParts } from './quiet-parties.js';
import { SecondPersons } from './second-persons.js';
import { StuckWork } from './stuck-work.js';
import { StuckController } from './stuck.controller.js';

/** What stands still, by group: one for all rooms, so that what it looked up is looked up once. */
export function stuckWorkOf(parts: StuckWorkNeeds): StuckWork {
  const { settings, database, registry, catalogue, why } = parts;
  return new StuckWork({
    ...{ database, registry, catalogue, why },
    silent: (viewer) => quietParties(parts, viewer),
    limits: {
      count: settings.stuckCount,
      groups: settings.stuckGroups,
      page: settings.stuckPage,
      refusedDays: settings.stuckRefusedDays,
      keepMs: settings.stuckKeepMs,
    },
  });
}

type StuckWorkNeeds = Pick<RoomParts, 'settings' | 'database' | keyof QuietParts>;

/** The room of what stands still: its screen, what people do about it, and its figures. */
export function stuckRoom(parts: RoomParts): Promise<Room> {
  const { settings, registry, acting, metrics, stuck: work } = parts;
  observe(metrics, work);
  const providers = [
    { provide: StuckWork, useValue: work },
    { provide: StuckActs, useValue: new StuckActs({ acting, registry, work }) },
    { provide: SecondPersons, useValue: new SecondPersons(acting, settings.stuckAskMs) },
  ];
  return Promise.resolve({ controllers: [StuckController], providers });
}

/** Counted as far as groups are: what has more says so on its page. */
function observe(metrics: Metrics, work: StuckWork): void {
  const totals = () => work.totals({ all: true }).catch(() => undefined);
  metrics.gauge('signalbox_stuck', 'What stands still, by reason', ['reason'], async (gauge) => {
    const found = await totals();
    if (found === undefined) return;
    gauge.reset();
    for (const reason of Object.keys(STUCK)) gauge.set({ reason }, found.get(reason as StuckReason) ?? 0);
  });
  metrics.gauge(
    'signalbox_stuck_unknown',
    'What stands still without a known reason; should be 0',
    [],
    async (gauge) => {
      const found = await totals();
      if (found !== undefined) gauge.set(found.get('unknown') ?? 0);
    },
  );
}
