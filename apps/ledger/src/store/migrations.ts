import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.js';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly digest: string;
}

/** The folder of numbered SQL files beside `src` and `dist`. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, '..', '..', 'migrations');

/** Any number will do, as long as every ledger takes the same one. */
const LOCK = 7_236_401;

/**
 * Brings the schema up to date: every file that is not recorded yet runs in number order, in one transaction under
 * a lock, so that two ledgers that start together do not collide. A recorded file that has changed since, and a
 * schema newer than this program, are refused: both would corrupt answers in silence.
 *
 * @returns the numbers that ran now
 */
export async function migrate(database: Database, folder = MIGRATIONS_FOLDER): Promise<number[]> {
  const known = await readMigrations(folder);
  return database.transaction(async (within) => {
    await within.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await within.script(
      'create table if not exists migrations (number integer primary key, name text not null, digest text not null, applied timestamptz not null default now())',
    );
    const recorded = await within.query<{ number: number; digest: string }>('select number, digest from migrations');
    const digests = new Map(recorded.map((row) => [row.number, row.digest]));
    refuseStrangers(digests, known);
    const missing = known.filter((migration) => !digests.has(migration.number));
    for (const { number, name, text, digest } of missing) {
      await within.script(text);
      await within.query('insert into migrations (number, name, digest) values ($1, $2, $3)', [number, name, digest]);
    }
    return missing.map((migration) => migration.number);
  });
}

function refuseStrangers(recorded: ReadonlyMap<number, string>, known: readonly Migration[]): void {
  const byNumber = new Map(known.map((migration) => [migration.number, migration]));
  for (const [number, digest] of recorded) {
    const migration = byNumber.get(number);
    if (migration === undefined) {
      throw new Error(`The database has migration ${number}, which this ledger does not know. Start the newer ledger.`);
    }
    if (migration.digest !== digest) {
      throw new Error(`Migration ${migration.name} was changed after it ran. Restore the file and add a new one.`);
    }
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-.+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { number: Number(name.slice(0, 4)), name, text, digest: createHash('sha256').update(text).digest('hex') };
    }),
  );
}
