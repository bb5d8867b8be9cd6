/**
 * A simulated power cut. The house keeps everything on an ext4 file system inside an image file; events are published
 * through HTTP; then every process is frozen in its tracks and the image is copied without a sync, so that only what
 * had reached the disk is in the copy. A house started on the copy must have every event that was accepted.
 *
 * The same is done to a bare nats-server that syncs when it pleases (its default): there, events must be missing, or
 * the rig could not see a loss at all.
 *
 * Options: --seconds N of publishing (10)
 * Exit codes: 0 nothing accepted is missing · 1 something is, or the rig sees no loss where there is one · 77 not run,
 * because this machine does not permit loop mounts (never to be read as passed).
 */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Engine } from '@signalbox/messaging';
import { writeJourney } from '../../deploy/local/demo/journey.mjs';
import { ensureOrganisations } from '../../deploy/local/demo/organisations.mjs';
import { projectFolder } from '../../deploy/local/places.mjs';
import '../support/typescript.mjs';
import { saveResult } from './result.mjs';

const { readRecords, startHouse, startNats, temporaryFolder, violations, waitFor } =
  await import('../support/index.ts');

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
const NOT_RUN = 77;
const IMAGE_MEGABYTES = 4_096;
const AT_ONCE = 32;
/** For answers that were on their way when the engine froze: what it has said counts. */
const LAST_WORDS_MS = 300;
const TOLD_WITHIN_MS = 60_000;
const unsyncedConfiguration = fileURLToPath(new URL('../live/fixtures/nats-default-sync.conf', import.meta.url));
const silent = { info: () => {}, warn: () => {}, error: () => {} };

const folder = temporaryFolder('power-cut');
const mounted = [];

class NotPermitted extends Error {}

function run(command, ...args) {
  return execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
}

function mount(image, name) {
  const place = join(folder.path, name);
  mkdirSync(place);
  run('mount', '-o', 'loop', image, place);
  mounted.push(place);
  return place;
}

/** An ext4 file system of its own. @throws NotPermitted */
function newDisk(name) {
  const image = join(folder.path, `${name}.img`);
  try {
    run('truncate', '-s', `${IMAGE_MEGABYTES}M`, image);
    run('mkfs.ext4', '-q', '-F', image);
    return { image, place: mount(image, name) };
  } catch (error) {
    throw new NotPermitted(String(error.stderr ?? error.message).trim());
  }
}

/** What is on the disk at this moment, as a machine finds it that starts again. */
function copyOf({ image }, name) {
  const copy = join(folder.path, `${name}.img`);
  run('cp', '--sparse=always', image, copy);
  return mount(copy, name);
}

/** Publishes with so many at once until told to stop; notes what was answered. */
function publishing(publish) {
  const accepted = [];
  let on = true;
  const one = async () => {
    while (on) accepted.push(await publish());
  };
  // After the cut nobody answers any more; that is the end of a publisher, not a fault.
  const work = Promise.allSettled(Array.from({ length: AT_ONCE }, one));
  return { accepted, stop: () => ((on = false), work) };
}

/** Any event of a journey will do, under an identity of its own. */
function publisherOf(client) {
  const { event } = writeJourney(join(projectFolder, 'schemas')).find(({ act }) => act.type === 'result.reported.v1');
  return async () => {
    const fresh = { ...event, id: randomUUID(), correlationid: randomUUID(), time: new Date().toISOString() };
    await client.publish(fresh);
    return { source: fresh.source, id: fresh.id, journey: fresh.correlationid };
  };
}

async function cutTheHouse() {
  const disk = newDisk('disk');
  const before = await startHouse({ dataFolder: join(disk.place, 'house') });
  const { clients } = await ensureOrganisations(before.urls.gateway, before.folders.keys);
  const { accepted, stop } = publishing(publisherOf(clients.laboratory));
  await pause(Number(values.seconds) * 1000);
  const names = Object.keys(before.processes);
  await before.kill('nats', 'SIGSTOP');
  await pause(LAST_WORDS_MS);
  const promised = [...accepted];
  for (const name of names) await before.kill(name, 'SIGSTOP');
  const place = copyOf(disk, 'copy');
  void stop();
  for (const name of names) await before.halt(name, 'SIGKILL');
  await before.stop();

  startMachineAgain(join(place, 'house', 'data'));
  const began = Date.now();
  const after = await startHouse({ dataFolder: join(place, 'house') });
  try {
    const ready = Date.now() - began;
    const access = { url: after.urls.nats, user: 'ledger', password: after.secrets.natsPasswords.ledger };
    const broken = violations({ accepted: promised }, await readRecords(access));
    const told = await waitFor('the ledger to tell the last event', () => isTold(after, promised.at(-1)), {
      within: TOLD_WITHIN_MS,
    }).catch(() => false);
    if (!told) broken.push('the ledger does not tell the last accepted event');
    return { accepted: promised.length, missing: broken.length, 'ready again s': ready / 1000, broken };
  } finally {
    await after.stop();
  }
}

/** Here the machine and this script live on; what a start of the machine changes is done by hand. */
function startMachineAgain(data) {
  rmSync(join(data, 'house.json'), { force: true });
  const marker = join(data, 'ledger', 'ledger.pid');
  const [pid] = readFileSync(marker, 'utf8').split('\n');
  writeFileSync(marker, `${pid}\nthe start before the cut`);
}

async function isTold(house, { journey, id }) {
  const told = await house.operator.journey(journey).catch(() => undefined);
  return told?.events.some((event) => event.id === id) ?? false;
}

async function connected({ url, users }) {
  return Engine.connect({ servers: url, ...users.gateway, name: 'power-cut', log: silent });
}

async function cutTheUnsynced() {
  const disk = newDisk('unsynced');
  const before = await startNats({ config: unsyncedConfiguration, store: join(disk.place, 'streams') });
  const engine = await connected(before);
  await engine.ensureTopology();
  const data = { kind: 'json', bytes: Buffer.from(JSON.stringify({ filler: 'x'.repeat(7_000) })) };
  const type = 'org.signalbox.result.reported.v1';
  const { accepted, stop } = publishing(async () => {
    const attributes = { specversion: '1.0', id: randomUUID(), source: 'urn:ods:X9L3B:lims', type };
    await engine.events.append({ attributes, data }, { sourceorg: 'X9L3B' });
    return { source: attributes.source, id: attributes.id };
  });
  await pause(Number(values.seconds) * 1000);
  await before.freeze();
  await pause(LAST_WORDS_MS);
  const promised = [...accepted];
  const place = copyOf(disk, 'unsynced-copy');
  void stop();
  await before.kill();
  const stored = await storedAfter(join(place, 'streams'));
  // Its server is gone: nothing is left to finish.
  await Promise.race([engine.drain().catch(() => undefined), pause(1_000)]);
  await before.stop();
  return { accepted: promised.length, missing: promised.length - stored };
}

/** How many events a server finds; none where its streams cannot be recovered at all. */
async function storedAfter(store) {
  let server;
  try {
    server = await startNats({ config: unsyncedConfiguration, store });
  } catch (error) {
    if (/could not be recovered/.test(error.message)) return 0;
    throw error;
  }
  const engine = await connected(server);
  await engine.ensureTopology();
  const stored = await engine.lastSequence('EVENTS_RESULT');
  await engine.drain();
  await server.stop();
  return stored;
}

async function main() {
  try {
    const house = await cutTheHouse();
    const unsynced = await cutTheUnsynced();
    const { broken, ...figures } = house;
    for (const sentence of broken.slice(0, 20)) console.error(`VIOLATION ${sentence}`);
    saveResult('power-cut', { house: figures, 'bare nats-server, default sync': unsynced });
    console.log(
      `power cut: ${house.missing} violations after ${house.accepted} accepted events ` +
        `(the default sync of nats-server lost ${unsynced.missing} of ${unsynced.accepted})`,
    );
    return house.missing === 0 && house.accepted > 0 && unsynced.missing > 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NotPermitted)) throw error;
    console.error(`NOT RUN: this machine does not permit loop mounts (${error.message}).`);
    return NOT_RUN;
  }
}

let code = 1;
try {
  code = await main();
} catch (error) {
  console.error(error);
} finally {
  for (const place of mounted.reverse()) run('umount', '-l', place);
  folder.remove();
}
process.exit(code);
