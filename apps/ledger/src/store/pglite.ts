import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { type Database, parametersOf, type Queries } from './database.js';

/**
 * Opens the embedded database in a folder of its own. Two processes on one folder would destroy it, so the folder is
 * claimed first.
 *
 * It is not synced to the disk as it is written (PGlite has no way to), so it outlives its process but not a power
 * cut. One that was open when the machine stopped, or that cannot be opened, is set aside and an empty one takes its
 * place: everything in it comes from the streams, which are synced, and is read from them again.
 *
 * @param onSetAside told when that has happened
 */
export async function openPglite(folder: string, onSetAside: () => void = () => undefined): Promise<Database> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { release, torn } = await claim(folder);
  const place = join(folder, 'pglite');
  if (torn) await setAside(place, onSetAside);
  const lite = await opened(place).catch(async () => {
    await setAside(place, onSetAside);
    return opened(place);
  });
  const statistics = new Statistics(lite);
  return {
    kind: 'pglite',
    ...queriesOf(lite),
    script: async (text) => void (await lite.exec(text)),
    transaction: async (work) => {
      const done = await lite.transaction((within) =>
        work({ ...queriesOf(within), script: async (text) => void (await within.exec(text)) }),
      );
      statistics.written();
      return done;
    },
    close: async () => {
      await statistics.settled;
      await lite.close();
      await release();
    },
  };
}

/** Transactions after which statistics are taken for the first time; then after twice as many each time. */
const FIRST_LOOK = 200;

/**
 * Takes statistics as the tables grow. PGlite has nobody who does so by itself, and without them the planner guesses: it
 * takes `is null` for rare, say, and reads a whole index where one row is wanted.
 */
class Statistics {
  settled: Promise<void> = Promise.resolve();
  #transactions = 0;
  #next = FIRST_LOOK;

  constructor(private readonly lite: PGlite) {}

  /** A transaction has ended. */
  written(): void {
    this.#transactions += 1;
    if (this.#transactions < this.#next) return;
    this.#next *= 2;
    // What cannot be done now is done the next time.
    this.settled = this.settled.then(() => this.#take()).catch(() => undefined);
  }

  /** Table by table, so that nobody waits for all of them. */
  async #take(): Promise<void> {
    const { rows } = await this.lite.query<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = current_schema()`,
    );
    for (const { name } of rows) await this.lite.exec(`analyze ${name}`);
  }
}

async function opened(place: string): Promise<PGlite> {
  const lite = new PGlite(place);
  await lite.waitReady;
  return lite;
}

/** Kept for whoever wants to look into it; nothing reads it again. */
async function setAside(place: string, onSetAside: () => void): Promise<void> {
  await rename(place, `${place}.set-aside-${new Date().toISOString().replaceAll(':', '-')}`);
  onSetAside();
}

function queriesOf(lite: PGlite | Transaction): Queries {
  return {
    query: async <T extends object>(text: string, parameters: readonly unknown[] = []) =>
      (await lite.query<T>(text, parametersOf(parameters))).rows,
  };
}

interface Claim {
  readonly release: () => Promise<void>;
  /** The database was open when the machine stopped, by whatever means. */
  readonly torn: boolean;
}

/**
 * Writes this process's id, and which start of the machine it belongs to, into `ledger.pid`, unless a process that
 * still lives has done so. The file goes when the database is closed in order.
 */
async function claim(folder: string): Promise<Claim> {
  const path = join(folder, 'ledger.pid');
  const boot = await machineStart();
  const [pid, theirBoot] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
  const holder = Number(pid);
  const torn = Boolean(theirBoot) && boot !== '' && theirBoot !== boot;
  if (!torn && holder > 0 && holder !== process.pid && lives(holder)) {
    throw new Error(
      `The ledger's folder ${folder} is in use by process ${String(holder)}. Stop it, or set another folder.`,
    );
  }
  // Synced before the database is touched: after a power cut this is how one knows.
  await writeFile(path, `${String(process.pid)}\n${boot}`, { mode: 0o600, flush: true });
  return { torn, release: () => rm(path, { force: true }) };
}

/** Which start of the machine this is; empty on systems that do not say. */
async function machineStart(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
