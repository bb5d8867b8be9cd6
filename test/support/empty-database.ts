import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { homeFolder } from '../../deploy/local/places.mjs';

/**
 * Lays an embedded database with nothing in it, not even the ledger's tables, where a ledger is going to open it:
 * making one takes seconds, copying one does not. What is there already stays.
 *
 * @param folder the ledger's own, `ledger` in the data folder
 */
export async function layEmptyDatabase(folder: string): Promise<void> {
  const place = join(folder, 'pglite');
  if (existsSync(place)) return;
  const made = await emptyDatabase();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  cpSync(made, place, { recursive: true });
}

/** Made once for each version of PGlite; two that make it at the same time make the same, and the first one's stays. */
async function emptyDatabase(): Promise<string> {
  const made = join(homeFolder, 'empty-databases', pgliteVersion());
  if (existsSync(made)) return made;
  mkdirSync(dirname(made), { recursive: true });
  const making = mkdtempSync(`${made}-`);
  const { openPglite } = await import('../../apps/ledger/src/store/pglite.js');
  await (await openPglite(making)).close();
  try {
    // Whole or not at all: whoever is killed in the middle leaves nothing under the name that is copied from.
    renameSync(join(making, 'pglite'), made);
  } catch (error) {
    if (!existsSync(made)) throw error;
  }
  rmSync(making, { recursive: true, force: true });
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
