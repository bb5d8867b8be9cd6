/** A PostgreSQL of our own in a temporary folder, as Debian configures it. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTool } from '../../deploy/local/tools.mjs';
import { waitFor } from '../support/condition.ts';
import { freePorts } from './subjects.mjs';

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const NOBODY = 65_534;

/** For filling a database that would be filled again if the machine stopped, in a hurry. */
export const HURRY = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '1h',
  shared_buffers: '1GB',
  maintenance_work_mem: '1GB',
};

/**
 * @param {Record<string, string>} [settings] other than Debian's, until it is started again
 * @returns {Promise<{ url: string, restart: () => Promise<void>, stop: () => Promise<void> }>}
 */
export async function startPostgres(settings = {}) {
  const bin = dirname(realpathSync(findTool('initdb')));
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
  const asRoot = process.getuid?.() === 0;
  if (asRoot) chownSync(folder, NOBODY, NOBODY);
  const who = { ...(asRoot && { uid: NOBODY, gid: NOBODY }), cwd: folder };
  const data = join(folder, 'data');
  const made = spawnSync(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'ledger', '--auth=trust', '-E', 'UTF8', '--locale=C'],
    who,
  );
  if (made.status !== 0) throw new Error(`initdb: ${String(made.stderr)}`);
  const [port] = await freePorts(1);
  const start = async (given) => {
    const set = Object.entries({ listen_addresses: '127.0.0.1', ...given });
    const args = [
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      folder,
      ...set.flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    const child = spawn(join(bin, 'postgres'), args, { ...who, stdio: 'ignore' });
    const ready = ['-h', '127.0.0.1', '-p', String(port), '-U', 'ledger'];
    await waitFor('PostgreSQL', () => spawnSync(join(bin, 'pg_isready'), ready).status === 0, { within: 30_000 });
    return child;
  };
  const ended = async (child, signal) => {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await exit;
  };
  let server = await start(settings);
  return {
    url: `postgres://ledger@127.0.0.1:${port}/postgres`,
    restart: async () => {
      await ended(server, 'SIGINT');
      server = await start({});
    },
    stop: async () => {
      await ended(server, 'SIGINT');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
