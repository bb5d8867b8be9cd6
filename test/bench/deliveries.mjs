/**
 * Deliveries a second to 1, 10, 100 and 1,000 webhook subscriptions, and what one costs, beside a bare NATS consumer that
 * posts with undici, in the same run. Both find the same events waiting in a stream that fsyncs, and post them to a sink in
 * another process; the time counts from the first delivery that arrives to the last.
 */
import { fork, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { natsLaunch } from '../../deploy/local/engines.mjs';
import { findServers } from '../../deploy/local/servers.mjs';
import { benchmarkEvent, MARKER, patientsOf } from './events.mjs';
import { answering, freePorts, signalbox } from './subjects.mjs';

const SUBSCRIPTIONS = [1, 10, 100, 1_000];
/** Deliveries in one measurement, as many events as that makes. */
const DELIVERIES = 10_000;
const CONCURRENCY = 32;
/** Longest wait for the last delivery. */
const PATIENCE_MS = 240_000;
const TICKS_A_SECOND = 100;
/** How often the sink is asked whether anything has come, and whether all has. */
const FIRST_EVERY_MS = 5;
const LAST_EVERY_MS = 50;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const round = (number, digits = 2) => Number(number.toFixed(digits));

/** @param {string} schemasFolder @param {{ rounds: number, subscriptions?: number[] }} options */
export async function deliveries(schemasFolder, { rounds, subscriptions = SUBSCRIPTIONS }) {
  const rows = [];
  for (const count of subscriptions) {
    const events = eventsOf(schemasFolder, Math.max(20, Math.round(DELIVERIES / count)));
    const results = { bare: [], signalbox: [] };
    for (let at = 0; at < rounds; at += 1) {
      results.bare.push(await measured((sink) => bare(events, count, sink), events.length * count));
      results.signalbox.push(
        await measured((sink) => house(schemasFolder, events, count, sink), events.length * count),
      );
    }
    const base = median(results.bare.map((one) => one.rate));
    for (const [subject, all] of Object.entries(results)) {
      const rate = median(all.map((one) => one.rate));
      rows.push({
        subscriptions: count,
        subject,
        deliveries: all[0].arrived,
        missing: Math.max(...all.map((one) => one.missing)),
        'deliveries/s': Math.round(rate),
        'ratio to bare': round(rate / base),
        'process CPU ms a delivery': round(median(all.map((one) => one.cpu)), 3),
        'engine CPU ms a delivery': round(median(all.map((one) => one.engineCpu)), 3),
      });
      console.error(JSON.stringify(rows.at(-1)));
    }
  }
  return rows;
}

const median = (numbers) => numbers.toSorted((x, y) => x - y)[Math.floor(numbers.length / 2)];

/** The benchmark's result, each of another invented patient, so that each has an ordering key of its own. */
function eventsOf(schemasFolder, count) {
  const { template } = benchmarkEvent(schemasFolder, 'result');
  const { former, numbers } = patientsOf(template, count);
  return numbers.map((number, at) => ({
    ...JSON.parse(template.replaceAll(former, number).replace(MARKER, `delivery-${at}`)),
    correlationid: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
  }));
}

/** Seconds of processor time that a process has used. */
function processorSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

async function measured(start, expected) {
  const sink = fork(here('sink.mjs'));
  const { port } = await message(sink);
  const subject = await start(`http://127.0.0.1:${port}`);
  const used = () => ({ own: processorSeconds(subject.pid()), engine: processorSeconds(subject.engine) });
  try {
    // What a process costs until it delivers at all is not what a delivery costs.
    const first = await arrived(sink, 1, FIRST_EVERY_MS);
    const before = used();
    const told = await arrived(sink, expected, LAST_EVERY_MS);
    const after = used();
    const counted = told.count - first.count;
    return {
      arrived: told.count,
      missing: expected - told.count,
      rate: ((told.count - 1) * 1_000) / Math.max(1, told.last - told.first),
      cpu: ((after.own - before.own) * 1_000) / counted,
      engineCpu: ((after.engine - before.engine) * 1_000) / counted,
    };
  } finally {
    await subject.stop();
    sink.kill('SIGKILL');
  }
}

const message = (child) => new Promise((resolve) => child.once('message', resolve));

/** What the sink has counted as soon as that is `expected`. */
async function arrived(sink, expected, everyMs) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = message(sink);
    sink.send('how many?');
    const told = await answer;
    if (told.count >= expected || Date.now() > end) return told;
    await pause(everyMs);
  }
}

/** The bare consumer on an engine of its own, which holds the events before it starts. */
async function bare(events, subscriptions, sink) {
  const store = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  const [port, monitorPort] = await freePorts(2);
  const passwords = { gateway: 'bench', relay: '', ledger: '', publisher: '', system: '' };
  const config = here('nats-always-sync.conf');
  const launch = natsLaunch({ command: findServers().nats.command, port, monitorPort, store, passwords, config });
  const server = spawn(launch.command, launch.args, { env: { ...process.env, ...launch.env }, stdio: 'ignore' });
  await answering(`http://127.0.0.1:${monitorPort}/healthz`);
  const access = { servers: `nats://127.0.0.1:${port}`, user: 'gateway', pass: 'bench' };
  const connection = await connect(access);
  await (await jetstreamManager(connection)).streams.add({ name: 'BARE', subjects: ['bare.>'], max_consumers: 2_000 });
  const js = jetstream(connection);
  for (let at = 0; at < events.length; at += 100) {
    await Promise.all(events.slice(at, at + 100).map((event) => js.publish('bare.event', JSON.stringify(event))));
  }
  await connection.close();
  const child = fork(here('bare-delivery.mjs'), { env: { ...process.env, NODE_ENV: 'production' } });
  child.send({
    natsUrl: access.servers,
    user: access.user,
    password: access.pass,
    stream: 'BARE',
    subscriptions,
    sink,
    concurrency: CONCURRENCY,
  });
  return {
    pid: () => child.pid,
    engine: server.pid,
    stop: async () => {
      child.kill('SIGKILL');
      server.kill('SIGKILL');
      await pause(200);
      rmSync(store, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Signalbox with gateway and relay: the relay is away while the events are accepted, then finds them all. */
async function house(schemasFolder, events, subscriptions, sink) {
  const subject = await signalbox({
    apps: ['gateway', 'relay'],
    sourceorg: benchmarkEvent(schemasFolder, 'result').sourceorg,
    env: { SIGNALBOX_WEBHOOK_HANDSHAKE: 'skip' },
  });
  const { practice, laboratory } = subject.clients;
  const made = [];
  for (let at = 0; at < subscriptions; at += 20) {
    const wishes = Array.from({ length: Math.min(20, subscriptions - at) }, () =>
      practice.subscriptions.create({ types: [events[0].type], protocol: 'HTTP', sink: `${sink}/` }),
    );
    made.push(...(await Promise.all(wishes)));
  }
  const waiting = new Set(made.map(({ id }) => id));
  while (waiting.size > 0) {
    for (const { id, status } of await practice.subscriptions.list()) if (status === 'active') waiting.delete(id);
    await pause(100);
  }
  await subject.house.halt('relay');
  for (let at = 0; at < events.length; at += 100) {
    await Promise.all(events.slice(at, at + 100).map((event) => laboratory.publish(event)));
  }
  await subject.house.resume('relay');
  const { processes } = subject.house;
  return {
    pid: () => processes.relay.pid,
    engine: processes.nats.pid,
    stop: subject.stop,
  };
}
