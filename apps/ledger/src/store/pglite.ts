import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import type { Database, Queries } from './database.js';

/** Opens the embedded database in a folder of its own. Two processes on one folder would destroy it, so the folder is claimed first. */
export async function openPglite(folder: string): Promise<Database> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const release = await claim(folder);
  const lite = new PGlite(join(folder, 'pglite'));
  await lite.waitReady;
  return {
    kind: 'pglite',
    ...queriesOf(lite),
    script: async (text) => void (await lite.exec(text)),
    transaction: (work) =>
      lite.transaction((within) =>
        work({ ...queriesOf(within), script: async (text) => void (await within.exec(text)) }),
      ),
    close: async () => {
      await lite.close();
      await release();
    },
  };
}

function queriesOf(lite: PGlite | Transaction): Queries {
  return {
    query: async <T extends object>(text: string, parameters: readonly unknown[] = []) =>
      (await lite.query<T>(text, [...parameters])).rows,
  };
}

/** Writes this process's id into `ledger.pid`, unless a process that still lives has done so. */
async function claim(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'ledger.pid');
  const holder = Number(await readFile(path, 'utf8').catch(() => '0'));
  if (holder > 0 && holder !== process.pid && lives(holder)) {
    throw new Error(`The ledger's folder ${folder} is in use by process ${holder}. Stop it, or set another folder.`);
  }
  const file = await open(path, 'w', 0o600);
  await file.writeFile(String(process.pid));
  await file.close();
  return () => rm(path, { force: true });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
