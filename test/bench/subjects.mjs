/** What is measured: each subject is started fresh, answers where to send, and is stopped again. */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { DEMO, ensureOrganisations } from '../../deploy/local/demo/organisations.mjs';
import { natsLaunch } from '../../deploy/local/engines.mjs';
import { startHouse } from '../../deploy/local/house.mjs';
import { findServers } from '../../deploy/local/servers.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const STRUCTURED = { 'content-type': 'application/cloudevents+json' };
const BATCH = { 'content-type': 'application/cloudevents-batch+json' };

export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A bare or Nest pipeline on an engine of its own. */
export async function pipeline({ script, config, schemasFolder }) {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const [port, monitorPort] = await freePorts(2);
  const { nats } = findServers();
  const passwords = { gateway: 'bench', relay: '', ledger: '', steward: '', system: '' };
  const launch = natsLaunch({
    command: nats.command,
    port,
    monitorPort,
    store: folder,
    passwords,
    config: here(config),
  });
  const server = spawn(launch.command, launch.args, { env: { ...process.env, ...launch.env }, stdio: 'ignore' });
  await answering(`http://127.0.0.1:${monitorPort}/healthz`);
  const child = fork(here(script), { env: { ...process.env, NODE_ENV: 'production' } });
  child.send({ natsUrl: `nats://127.0.0.1:${port}`, user: 'gateway', password: 'bench', schemasFolder });
  const { port: httpPort } = await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', () => reject(new Error(`${script} ended before it listened`)));
  });
  return {
    port: httpPort,
    pids: { pipeline: child.pid, nats: server.pid },
    path: '/events',
    headers: { 'content-type': 'application/json' },
    stop: async () => {
      child.kill('SIGKILL');
      server.kill('SIGKILL');
      await pause(100);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Signalbox itself on fresh data: all of it, or its accept path alone. */
export async function signalbox({
  apps,
  sourceorg,
  perRequest = 1,
  env = {},
  dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-bench-')),
}) {
  const names = ['gateway', 'ledger', 'relay', 'nats', 'natsMonitor', 'redis', 'receiver'];
  const free = await freePorts(names.length);
  const ports = Object.fromEntries(names.map((name, index) => [name, free[index]]));
  const house = await startHouse({
    dataFolder,
    ports,
    apps,
    // Nobody signs in here.
    identity: false,
    quiet: true,
    // One trace in ten is kept, as deploy/compose.yaml has it.
    env: {
      SIGNALBOX_LOG_LEVEL: 'warn',
      SIGNALBOX_RATE_PER_SECOND: '0',
      SIGNALBOX_TRACE_SAMPLE_RATIO: '0.1',
      ...env,
    },
  });
  const { clients } = await ensureOrganisations(house.urls.gateway, house.folders.keys);
  const role = Object.keys(DEMO).find((one) => DEMO[one].ods === sourceorg);
  const token = await clients[role].token();
  return {
    house,
    clients,
    port: ports.gateway,
    path: '/events',
    headers: { ...(perRequest > 1 ? BATCH : STRUCTURED), authorization: `Bearer ${token}` },
    stop: async () => {
      await house.stop();
      rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export async function answering(url, within = 10_000) {
  const end = Date.now() + within;
  for (;;) {
    if (
      await fetch(url).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    if (Date.now() > end) throw new Error(`nothing answers at ${url}`);
    await pause(50);
  }
}

/** Runs one load job in a process of its own. */
export function generate(job) {
  return new Promise((resolve, reject) => {
    const child = fork(here('load.mjs'));
    child.once('message', resolve);
    child.once('error', reject);
    child.send(job);
  });
}
