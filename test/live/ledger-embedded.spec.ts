import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openPglite } from '../../apps/ledger/src/store/pglite.js';
import { layBareDatabase } from '../support/index.js';

describe('the embedded database', () => {
  let folder: string;
  let setAside: number;
  /** One that remembers something, closed in order; making one takes seconds, so tests begin with a copy. */
  let kept: string;
  beforeAll(async () => {
    kept = mkdtempSync(join(tmpdir(), 'signalbox-pglite-'));
    await layBareDatabase(kept);
    const database = await openPglite(kept);
    await database.script('create table kept (n int)');
    await database.close();
  });
  afterAll(() => rmSync(kept, { recursive: true, force: true }));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'signalbox-pglite-'));
    setAside = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = () => openPglite(folder, () => (setAside += 1));
  const remembered = async (): Promise<boolean> => {
    const database = await open();
    const [found] = await database.query<{ there: boolean }>(`select to_regclass('kept') is not null as there`);
    await database.close();
    return found?.there === true;
  };
  const remember = () => cpSync(kept, folder, { recursive: true });
  const aside = () => readdirSync(folder).filter((name) => name.startsWith('pglite.set-aside-'));

  it('knows how its tables have grown, for nobody else takes statistics', async () => {
    remember();
    const database = await open();
    for (let n = 0; n < 200; n++)
      await database.transaction((within) => within.query('insert into kept select generate_series(1, 5)'));
    await database.close();
    const again = await open();
    const [told] = await again.query<{ rows: number }>(
      `select reltuples::int as rows from pg_class where relname = 'kept'`,
    );
    await again.close();
    expect(told).toEqual({ rows: 1_000 });
  });
  it('keeps what it holds when its process was killed, for the machine has gone on', async () => {
    remember();
    const database = await open();
    const marker = readFileSync(join(folder, 'ledger.pid'), 'utf8');
    await database.close();
    writeFileSync(join(folder, 'ledger.pid'), marker.replace(/^\d+/, '0'));
    expect(await remembered()).toBe(true);
    expect(aside()).toEqual([]);
  });

  it('is set aside when the machine stopped while it was open, for nobody knows what reached the disk', async () => {
    remember();
    // The process of that time has a number that somebody else has now.
    writeFileSync(join(folder, 'ledger.pid'), `${String(process.ppid)}\nanother start of the machine`);
    expect(await remembered()).toBe(false);
    expect([setAside, aside().length]).toEqual([1, 1]);
  });

  it('is set aside when it cannot be opened', async () => {
    mkdirSync(join(folder, 'pglite', 'global'), { recursive: true });
    writeFileSync(join(folder, 'pglite', 'PG_VERSION'), '');
    expect(await remembered()).toBe(false);
    expect([setAside, aside().length]).toEqual([1, 1]);
  });

  it('is refused to a second process while the first one lives', async () => {
    remember();
    const database = await open();
    const marker = readFileSync(join(folder, 'ledger.pid'), 'utf8');
    writeFileSync(join(folder, 'ledger.pid'), marker.replace(/^\d+/, String(process.ppid)));
    await expect(open()).rejects.toThrow(/is in use by process/);
    await database.close();
  });
});
