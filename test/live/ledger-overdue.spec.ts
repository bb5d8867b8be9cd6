import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OverdueGroups } from '../../apps/ledger/src/watching/alerts/overdue-groups.js';
import type { Database } from '../../apps/ledger/src/store/database.js';
import { openDatabase } from '../../apps/ledger/src/store/open-database.js';
import { layEmptyDatabase, temporaryFolder } from '../support/index.js';
import { HOSPITAL, LABORATORY, PRACTICE, REQUESTED } from './ledger-rig.js';

describe('what is overdue, by whose move it is', () => {
  const folder = temporaryFolder('overdue');
  let database: Database;

  beforeAll(async () => {
    const place = join(folder.path, 'ledger');
    await layEmptyDatabase(place);
    const limits = { connections: 2, connectTimeout: 5_000, statementTimeout: 20_000 };
    database = await openDatabase(
      { url: undefined, folder: place, ...limits },
      () => undefined,
      () => undefined,
    );
  });
  afterAll(async () => {
    await database.close();
    folder.remove();
  });

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
});
