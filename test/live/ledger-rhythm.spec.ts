import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Learner } from '../../apps/ledger/src/watching/rhythm/learner.js';
import { HOUR_MS, hoursIn } from '../../apps/ledger/src/watching/rhythm/rhythm.js';
import type { Database } from '../../apps/ledger/src/store/database.js';
import { type LedgerDatabase, openLedgerDatabase } from './fixtures/ledger-database.js';

const MINUTE = 60_000;
const MONDAY = Date.parse('2026-01-05T08:00:00Z');
const TYPE = 'org.signalbox.result.reported.v1';
const STREAM = 'EVENTS_RESULT';

describe('the rhythm of a publisher, learnt from what the ledger has read', () => {
  let opened: LedgerDatabase;
  let database: Database;
  let sequence = 0;

  beforeAll(async () => {
    opened = await openLedgerDatabase();
    ({ database } = opened);
  });
  afterAll(() => opened.stop());

  /** A learner that knows nothing but what stands in the database. */
  const learner = (outages: readonly (readonly [publisher: string, from: number, to: number])[] = []) =>
    new Learner({
      database,
      hourOf: hoursIn('Europe/London'),
      terms: { factor: 1.5, leastMs: MINUTE, quantile: 0.98, gaps: 20, spanMs: HOUR_MS, hours: 2 },
      halfLifeMs: 28 * 24 * HOUR_MS,
      batch: 7,
      wasOut: (publisher, _type, from, to) =>
        outages.some(([who, began, ended]) => who === publisher && began < to && ended > from),
    });

  /** Events of a publisher as the ledger writes them. */
  async function read(publisher: string, times: readonly number[]): Promise<void> {
    const rows = times.map((time) => ({
      ...{ stream: STREAM, sequence: ++sequence, identity: String(sequence), source: 's', id: String(sequence) },
      ...{ type: TYPE, family: 'result', journey: 'j', sourceorg: publisher, recorded: new Date(time).toISOString() },
      ...{ size: 1, digest: '', findings: [] },
    }));
    await database.query('insert into events select * from json_populate_recordset(null::events, $1::json)', [
      JSON.stringify(rows),
    ]);
    const position =
      'insert into positions (stream, sequence, reader) values ($1, $2, $3) on conflict (stream) do update set sequence = excluded.sequence';
    await database.query(position, [STREAM, sequence, 'test']);
  }
  const every = (minutes: number, count: number, from = MONDAY) =>
    Array.from({ length: count }, (_, at) => from + at * minutes * MINUTE);
  const pulse = async (publisher: string) => {
    const [row] = await database.query<{ gaps: number; last: Date; silentat: Date | null; usualms: number | null }>(
      'select gaps, last, silentat, usualms from pulses where publisher = $1',
      [publisher],
    );
    return row!;
  };

  it('says nothing while little is known, and then from when on a silence is alarming', async () => {
    await read('X9L3B', every(5, 10));
    expect(await learner().learn(STREAM)).toEqual({ upTo: sequence, recorded: new Date(MONDAY + 45 * MINUTE) });
    expect(await pulse('X9L3B')).toMatchObject({ gaps: 9, silentat: null });
    await read('X9L3B', every(5, 20, MONDAY + 50 * MINUTE));
    await learner().learn(STREAM);
    const { gaps, last, silentat } = await pulse('X9L3B');
    expect(gaps).toBe(29);
    const waits = silentat!.getTime() - last.getTime();
    expect(waits).toBeGreaterThan(5 * MINUTE);
    expect(waits).toBeLessThan(10 * MINUTE);
  });

  it('is the same whether it was learnt at once or by many who took over from one another', async () => {
    const times = [...every(6, 14), ...every(6, 8, MONDAY + 3 * HOUR_MS)];
    await read('X9AAA', times);
    await learner().learn(STREAM);
    for (const time of times) {
      await read('X9BBB', [time]);
      await learner().learn(STREAM);
    }
    expect(await pulse('X9BBB')).toEqual(await pulse('X9AAA'));
    // What fades is rounded whenever it is written.
    const slots = async (publisher: string) => {
      const rows = await database.query<{ slot: number; spent: Record<string, number> }>(
        'select slot, spent from rhythms where publisher = $1 order by slot',
        [publisher],
      );
      return rows.map(({ slot, spent }) => [slot, Object.entries(spent).map(([name, s]) => [name, Math.round(s)])]);
    };
    expect(await slots('X9BBB')).toEqual(await slots('X9AAA'));
  });

  it('learns nothing from a declared outage, and does not go back for an event that was read late', async () => {
    const began = MONDAY + 3 * HOUR_MS;
    await read('X9CCC', every(4, 30));
    await learner().learn(STREAM);
    const before = await pulse('X9CCC');
    await read('X9CCC', [began + HOUR_MS, MONDAY]);
    await learner([['X9CCC', began, began + HOUR_MS]]).learn(STREAM);
    const after = await pulse('X9CCC');
    expect([after.gaps, after.usualms]).toEqual([before.gaps, before.usualms]);
    expect(after.last.getTime()).toBe(began + HOUR_MS);
  });

  it('does not take a publisher for well until the time of a gateway whose clock is ahead', async () => {
    const before = Date.now();
    await read('X9DDD', [before + 24 * HOUR_MS]);
    await learner().learn(STREAM);
    const { last } = await pulse('X9DDD');
    expect(last.getTime()).toBeGreaterThanOrEqual(before);
    expect(last.getTime()).toBeLessThanOrEqual(Date.now());
  });
});
