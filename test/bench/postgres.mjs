/** A PostgreSQL of our own in a temporary folder, as Debian configures it. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';
import { findTool } from '../../deploy/local/tools.mjs';
import { waitFor } from '../support/condition.ts';
import { freePorts } from './subjects.mjs';

/** PostgreSQL refuses to run as root: then it runs as nobody. */
const NOBODY = 65_534;

/** @returns {Promise<{ url: string, pid: number, stop: () => Promise<void> }>} */
export async function startPostgres() {
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
  const args = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1'];
  const server = spawn(join(bin, 'postgres'), args, { ...who, stdio: 'ignore' });
  const url = `postgres://ledger@127.0.0.1:${port}/postgres`;
  const ready = ['-h', '127.0.0.1', '-p', String(port), '-U', 'ledger'];
  await waitFor('PostgreSQL', () => spawnSync(join(bin, 'pg_isready'), ready).status === 0, { within: 30_000 });
  return {
    url,
    pid: server.pid,
    stop: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
