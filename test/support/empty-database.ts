import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { homeFolder } from '../../deploy/local/places.mjs';

/**
 * Lays an embedded database with nothing in the ledger's tables where a ledger is going to open it: making one takes
 * seconds, copying one does not. What is there already stays. Each copy is the same database to the streams it reads from:
 * in the place of a lost one lay a bare one, which gets a name of its own.
 *
 * @param folder the ledger's own, `ledger` in the data folder
 */
export const layEmptyDatabase = (folder: string): Promise<void> => lay(folder, withTables);

/** The same without tables, for whoever watches how they are made. */
export const layBareDatabase = (folder: string): Promise<void> => lay(folder, withoutTables);

async function lay(folder: string, made: () => Promise<string>): Promise<void> {
  const place = join(folder, 'pglite');
  if (existsSync(place)) return;
  const from = await made();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  cpSync(from, place, { recursive: true });
}

/** Once for each version of PGlite. */
const withoutTables = (): Promise<string> =>
  madeOnce(pgliteVersion(), async (folder) => {
    const { openPglite } = await import('../../apps/ledger/src/store/pglite.js');
    await (await openPglite(folder)).close();
  });

/** Once for each set of migrations too. */
async function withTables(): Promise<string> {
  const { migrate, MIGRATIONS_FOLDER } = await import('../../apps/ledger/src/store/migrations.js');
  const digest = createHash('sha256');
  for (const name of readdirSync(MIGRATIONS_FOLDER).toSorted())
    digest.update(name).update(readFileSync(join(MIGRATIONS_FOLDER, name)));
  return madeOnce(`${pgliteVersion()}-${digest.digest('hex').slice(0, 16)}`, async (folder) => {
    await layBareDatabase(folder);
    const { openPglite } = await import('../../apps/ledger/src/store/pglite.js');
    const database = await openPglite(folder);
    await migrate(database);
    await database.close();
  });
}

/** Two that make one at the same time make the same, and the first one's stays. */
async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const made = join(homeFolder, 'empty-databases', name);
  if (existsSync(made)) return made;
  mkdirSync(dirname(made), { recursive: true });
  const making = mkdtempSync(`${made}-`);
  try {
    await make(making);
    // Whole or not at all: whoever is killed in the middle leaves nothing under the name that is copied from.
    renameSync(join(making, 'pglite'), made);
  } catch (error) {
    if (!existsSync(made)) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return made;
}

function pgliteVersion(): string {
  const ledger = createRequire(new URL('../../apps/ledger/package.json', import.meta.url));
  const main = ledger.resolve('@electric-sql/pglite');
  const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
