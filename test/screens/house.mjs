/** Before the first file: one whole house for all of them, with the demonstration's journey and the faults of `stuck`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { playDemo } from '../../deploy/local/demo/play.mjs';
import { startHouse } from '../../deploy/local/house.mjs';
import { environment, plant } from '../../deploy/local/scenarios/stuck.mjs';

const PROJECT = join(import.meta.dirname, '..', '..');
const PORTS = /** @type {const} */ ([
  'gateway',
  'ledger',
  'relay',
  'nats',
  'natsMonitor',
  'redis',
  'receiver',
  'identity',
]);

/** A person looks at a page for a while, and acts on hundreds; a test looks at a moment, and acts on three. */
const QUICKER = { SIGNALBOX_CONSOLE_REFRESH_MS: '1000', SIGNALBOX_BULK_SECOND_PERSON: '2' };

/** Ports of the loopback address that were free a moment ago, all different. @param {number} count */
async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
      return server;
    }),
  );
  const ports = servers.map((server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export default async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-screens-'));
  const free = await freePorts(PORTS.length + 1);
  const house = await startHouse({
    dataFolder: folder,
    ports: Object.fromEntries(PORTS.map((name, at) => [name, free[at]])),
    env: { ...environment, ...QUICKER },
    quiet: true,
  });
  const stage = {
    gateway: house.urls.gateway,
    keysFolder: house.folders.keys,
    schemasFolder: join(PROJECT, 'schemas'),
    tell: () => undefined,
  };
  const ends = [house.stop];
  const close = async () => {
    for (const end of ends.toReversed()) await end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const demo = await playDemo({ ...stage, port: free.at(-1) ?? 0, issuer: house.urls.identity });
    ends.push(demo.stop);
    ends.push(await plant(stage));
    const { tell: _tell, ...place } = stage;
    process.env['SIGNALBOX_SCREENS_HOUSE'] = JSON.stringify({
      ...place,
      console: house.urls.ledger,
      journey: demo.journey,
    });
    Object.assign(globalThis, { closeScreensHouse: close });
  } catch (error) {
    await close();
    throw error;
  }
}
