import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OverdueGroups } from '../../apps/ledger/src/watching/alerts/overdue-groups.js';
import type { Viewer } from '../../apps/ledger/src/journeys/sight.js';
import type { Database } from '../../apps/ledger/src/store/database.js';
import { astrayCells } from '../../apps/ledger/src/stuck/astray.js';
import { overdueCells } from '../../apps/ledger/src/stuck/clocks.js';
import { refusedCells } from '../../apps/ledger/src/stuck/refused.js';
import { type LedgerDatabase, openLedgerDatabase } from './fixtures/ledger-database.js';
import { HOSPITAL, LABORATORY, PRACTICE, REQUESTED } from './ledger-rig.js';

describe('what is overdue, by whose move it is', () => {
  let opened: LedgerDatabase;
  let database: Database;

  beforeAll(async () => {
    opened = await openLedgerDatabase();
    ({ database } = opened);
  });
  afterAll(() => opened.stop());

  it('is known of everybody, though one organisation has more of it than is gone through at once', async () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 2, 2, hour)).toISOString();
    const clock = (owner: string, identity: string, hour: number, more = {}) => ({
      ...{ identity, clock: 'acknowledgement', owner, subscription: 's', other: PRACTICE, journey: 'j' },
      ...{ type: REQUESTED, sourceorg: PRACTICE, started: at(0), due: at(hour), missed: at(hour), ...more },
    });
    const many = Array.from({ length: 9 }, (_, index) => clock(HOSPITAL, `i-${String(index)}`, 1));
    const rows = [
      ...many,
      clock(LABORATORY, 'i-last', 9),
      clock(LABORATORY, 'i-other', 8, { clock: 'result-to-seen' }),
      clock(LABORATORY, 'i-closed', 2, { closed: at(3) }),
      clock(LABORATORY, 'i-own', 2, { type: 'org.signalbox.operations.nudged.v1' }),
    ];
    await database.query('insert into clocks select * from json_populate_recordset(null::clocks, $1::json)', [
      JSON.stringify(rows),
    ]);
    const expected = [
      { org: HOSPITAL, clock: 'acknowledgement', type: REQUESTED, count: 9, since: at(1) },
      { org: LABORATORY, clock: 'result-to-seen', type: REQUESTED, count: 1, since: at(8) },
      { org: LABORATORY, clock: 'acknowledgement', type: REQUESTED, count: 1, since: at(9) },
    ];
    for (const groups of [new OverdueGroups(database, 4), new OverdueGroups(database)])
      expect(await groups.of(new Date())).toEqual(expected);
  });

  it('stands among what is stuck, for everybody whom it concerns, though one group is very large', async () => {
    const rows = await database.query<{ identity: string }>('select identity from clocks');
    const events = rows.map(({ identity }, index) => ({
      ...{
        stream: 'EVENTS_REFERRAL',
        sequence: index + 1,
        identity,
        source: 's',
        id: `id ${identity}`,
        family: 'referral',
      },
      ...{
        type: REQUESTED,
        journey: 'j',
        sourceorg: PRACTICE,
        recorded: new Date(0).toISOString(),
        size: 1,
        digest: '',
      },
      findings: [],
    }));
    await database.query('insert into events select * from json_populate_recordset(null::events, $1::json)', [
      JSON.stringify(events),
    ]);
    const seen = async (viewer: Viewer, looked?: number) => {
      const cells = await overdueCells(database, viewer, new Date(), looked);
      return cells.map(({ owner, clock, count, id }) => [owner, clock, count, id.slice(0, 4)]).toSorted();
    };
    const cells = await seen({ all: true });
    expect(cells).toContainEqual([HOSPITAL, 'acknowledgement', 9, 'id i']);
    expect(cells).toContainEqual([LABORATORY, 'result-to-seen', 1, 'id i']);
    expect(await seen({ all: true }, 3)).toEqual(cells);
    expect(await seen({ all: false, ods: PRACTICE }, 3)).toEqual(cells);
    expect(await seen({ all: false, ods: HOSPITAL })).toEqual([[HOSPITAL, 'acknowledgement', 9, 'id i']]);
  });

  it('stands there of what went astray, too', async () => {
    const rows = await database.query<{ identity: string; recorded: Date }>('select identity, recorded from events');
    const astray = rows.map(({ identity, recorded }, index) => ({
      ...{ identity, sourceorg: PRACTICE, targetorg: index < 9 ? HOSPITAL : LABORATORY, type: REQUESTED },
      ...{ journey: 'j', recorded: new Date(recorded.getTime() + index).toISOString() },
    }));
    await database.query('insert into astray select * from json_populate_recordset(null::astray, $1::json)', [
      JSON.stringify(astray),
    ]);
    const expected = [
      [HOSPITAL, 9, false],
      [LABORATORY, 4, false],
    ];
    for (const looked of [3, undefined]) {
      const cells = await astrayCells(database, { all: true }, looked);
      expect(cells.map(({ targetorg, count, subscribed }) => [targetorg, count, subscribed]).toSorted()).toEqual(
        expected.toSorted(),
      );
    }
    expect(await astrayCells(database, { all: false, ods: LABORATORY })).toHaveLength(1);
  });

  it('stands there of what was refused, too', async () => {
    const refused = [...Array.from({ length: 9 }, () => HOSPITAL), LABORATORY].map((org, index) => ({
      ...{ sequence: index + 1, org, application: 'a', code: 'SB-2003', type: REQUESTED, findings: [] },
      time: new Date(10_000 - index).toISOString(),
    }));
    await database.query('insert into refusals select * from json_populate_recordset(null::refusals, $1::json)', [
      JSON.stringify(refused),
    ]);
    const since = new Date(0).toISOString();
    const seen = async (viewer: Viewer) =>
      (await refusedCells(database, viewer, since, 3)).map(({ org, count }) => [org, count]).toSorted();
    expect(await seen({ all: true })).toEqual(
      [
        [HOSPITAL, 3],
        [LABORATORY, 1],
      ].toSorted(),
    );
    expect(await seen({ all: false, ods: LABORATORY })).toEqual([[LABORATORY, 1]]);
    expect(await seen({ all: false, ods: PRACTICE })).toEqual([]);
  });
});
