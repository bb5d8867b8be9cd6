/**
 * A simulated power cut. NATS keeps its streams on an ext4 file system inside an image file; events are
 * published; then the server is stopped in its tracks and the image is copied without a sync, so that only what
 * had reached the disk is in the copy. A server started on the copy must have every event that was acknowledged.
 *
 * Exit codes: 0 nothing acknowledged is missing · 1 something is · 77 not run, because this machine does not
 * permit loop mounts (never to be read as passed).
 */
import { Engine } from '@signalbox/messaging';
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { natsLaunch } from '../../deploy/local/engines.mjs';
import { findServers } from '../../deploy/local/servers.mjs';
import { freePorts } from '../../deploy/local/ports.mjs';

const NOT_RUN = 77;
const IMAGE_MEGABYTES = 2_048;
const PUBLISH_SECONDS = Number(process.env.SECONDS_OF_PUBLISHING ?? 10);
const AT_ONCE = 64;
const passwords = { gateway: 'g', relay: 'r', ledger: 'l', publisher: 'p', system: 's' };
const log = { info: () => {}, warn: () => {}, error: () => {} };

const folder = mkdtempSync(join(tmpdir(), 'signalbox-power-cut-'));
const mounted = [];
const started = [];

function run(command, ...args) {
  return execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

function mount(image, place) {
  mkdirSync(place, { recursive: true });
  run('mount', '-o', 'loop', image, place);
  mounted.push(place);
}

async function startEngine(store) {
  const { nats } = await findServers();
  const [port, monitorPort] = await freePorts(2);
  const launch = natsLaunch({ command: nats.command, port, monitorPort, store, passwords, storeLimit: '1500MB' });
  const server = spawn(launch.command, launch.args, { env: { ...process.env, ...launch.env }, stdio: 'ignore' });
  started.push(server);
  const engine = await Engine.connect({
    servers: `nats://127.0.0.1:${port}`,
    user: 'gateway',
    password: passwords.gateway,
    name: 'power-cut',
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    log,
  });
  return { server, engine };
}

function anEvent(id) {
  const filler = Array.from({ length: 200 }, () => randomUUID()).join('');
  return {
    attributes: { specversion: '1.0', id, source: 'urn:ods:X9L3B:bench', type: 'org.signalbox.result.reported.v1' },
    data: { kind: 'json', bytes: Buffer.from(JSON.stringify({ filler })) },
  };
}

async function publishUntilTheCut(engine, acknowledged) {
  const end = Date.now() + PUBLISH_SECONDS * 1000;
  const publisher = async () => {
    while (Date.now() < end) {
      const id = randomUUID();
      const { sequence } = await engine.events.append(anEvent(id), { sourceorg: 'X9L3B' });
      acknowledged.set(id, sequence);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, publisher));
}

async function main() {
  const image = join(folder, 'disk.img');
  const copy = join(folder, 'copy.img');
  run('truncate', '-s', `${IMAGE_MEGABYTES}M`, image);
  try {
    run('mkfs.ext4', '-q', '-F', image);
    mount(image, join(folder, 'disk'));
  } catch (error) {
    console.error(
      `NOT RUN: this machine does not permit loop mounts (${String(error.stderr ?? error.message).trim()}).`,
    );
    return NOT_RUN;
  }
  const acknowledged = new Map();
  const first = await startEngine(join(folder, 'disk', 'streams'));
  await first.engine.ensureTopology();
  // The cut comes while publishers are at it: what they are told after it does not count.
  const publishing = publishUntilTheCut(first.engine, acknowledged).catch(() => undefined);
  await pause(PUBLISH_SECONDS * 1000 - 500);
  first.server.kill('SIGSTOP');
  const confirmed = new Map(acknowledged);
  run('cp', '--sparse=always', image, copy);
  first.server.kill('SIGKILL');
  void publishing;

  mount(copy, join(folder, 'after'));
  const second = await startEngine(join(folder, 'after', 'streams'));
  await second.engine.ensureTopology();
  const present = new Map();
  const last = await second.engine.events.lastSequence('result');
  for (let after = 0; after < last;) {
    const read = await second.engine.events.read({ family: 'result', types: ['*'], after, limit: 500 });
    for (const { event, sequence } of read.events) present.set(event.attributes.id, sequence);
    if (read.lastSequence === after) break;
    after = read.lastSequence;
  }
  const missing = [...confirmed].filter(([id, sequence]) => present.get(id) !== sequence).length;
  console.log(
    JSON.stringify({
      acknowledged: confirmed.size,
      present: present.size,
      missing,
      engine: second.engine.status().version,
    }),
  );
  console.log(`power cut: ${missing} of ${confirmed.size} acknowledged events are missing`);
  return missing === 0 && confirmed.size > 0 ? 0 : 1;
}

let code = 1;
try {
  code = await main();
} finally {
  for (const server of started) server.kill('SIGKILL');
  await pause(200);
  for (const place of mounted.reverse()) run('umount', '-l', place);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code);
