import { type Engine, FAMILIES, streamOf } from '@signalbox/messaging';
import type { Metrics } from '@signalbox/runtime';
import type { Database } from './store/database.js';

/** The streams that the ledger reads. */
export const READ_STREAMS: readonly string[] = [...FAMILIES.map(streamOf), 'STEPS', 'REJECTED'];

/** Messages of each stream that are not in the database yet, and can still be read. */
export async function behind(engine: Pick<Engine, 'newestKept'>, database: Database): Promise<Map<string, number>> {
  const rows = await database.query<{ stream: string; sequence: number }>('select stream, sequence from positions');
  const positions = new Map(rows.map((row) => [row.stream, row.sequence]));
  const counts = await Promise.all(
    READ_STREAMS.map(async (stream): Promise<[string, number]> => {
      // What its stream has let go will never be read: a new database would wait for it for ever.
      const last = await engine.newestKept(stream);
      return [stream, Math.max(0, last - (positions.get(stream) ?? 0))];
    }),
  );
  return new Map(counts);
}

/** Gauges that are looked up when they are asked for. A source that is away leaves its last values. */
export function observe(metrics: Metrics, engine: Pick<Engine, 'newestKept'>, database: Database): void {
  metrics.gauge(
    'signalbox_ledger_lag',
    'Messages of each stream that are not in the database yet',
    ['stream'],
    async (gauge) => {
      for (const [stream, count] of await behind(engine, database).catch(() => [])) gauge.set({ stream }, count);
    },
  );
  metrics.gauge(
    'signalbox_ledger_open_deliveries',
    'Deliveries that have not ended, by state',
    ['state'],
    async (gauge) => {
      const open = `('waiting', 'delivering', 'paused', 'parked')`;
      const rows = await database
        .query<{ state: string; count: number }>(
          `select state, count(*)::int as count from deliveries where entitled and state in ${open} group by state`,
        )
        .catch(() => undefined);
      if (rows === undefined) return;
      gauge.reset();
      for (const { state, count } of rows) gauge.set({ state }, count);
    },
  );
  metrics.gauge(
    'signalbox_ledger_oldest_waiting_seconds',
    'Age of the delivery that has waited longest without being parked',
    [],
    async (gauge) => {
      const rows = await database
        .query<{ age: number | null }>(
          `select extract(epoch from now() - min(since))::float8 as age from deliveries where entitled and state in ('waiting', 'delivering')`,
        )
        .catch(() => undefined);
      if (rows !== undefined) gauge.set(rows[0]?.age ?? 0);
    },
  );
}
