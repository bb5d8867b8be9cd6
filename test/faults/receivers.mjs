/**
 * Everything that can be wrong between the exchange and a receiver, one fault after the other, while events go on being
 * published: latency, stall, reset, half-open, slow close, a storm of 429 with Retry-After, 503, and down. A TCP proxy of
 * our own stands between relay and receiver. After each fault, everything that was accepted must arrive: each journey in
 * its order, nothing lost; what comes twice comes under the same webhook-id.
 *
 * Options: --seconds N for each fault (10) · --down N seconds that the receiver is down (600) · --rate N events a second (20)
 * --keys N journeys at once (50) · --only names, separated by commas · --quick (--seconds 3 --down 8, short pauses)
 * Exit codes: 0 all of it held · 1 something did not
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { verifyWebhook } from '@signalbox/client';
import { projectFolder } from '../../deploy/local/places.mjs';
import '../support/typescript.mjs';
import { saveResult } from './result.mjs';

const { FaultProxy, readRecords, startHouse, violations, waitFor } = await import('../support/index.ts');

const { values } = parseArgs({
  options: {
    seconds: { type: 'string' },
    down: { type: 'string' },
    rate: { type: 'string', default: '20' },
    keys: { type: 'string', default: '50' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
});
const FAULT_MS = Number(values.seconds ?? (values.quick ? 3 : 10)) * 1000;
const DOWN_MS = Number(values.down ?? (values.quick ? 8 : 600)) * 1000;
const EVERY_MS = 1000 / Number(values.rate);
const KEYS = Number(values.keys);
/** Somebody is told when one recovery takes longer than this: the run goes no further. */
const RECOVERED_WITHIN_MS = 300_000;
const RETRY_AFTER_SECONDS = 2;

const RECEIVER = { ods: 'X9G1P', types: 'org.signalbox.result.*' };
/** An attempt ends soon, so that a run of seconds sees several; all that governs an endpoint is as it comes, if not quick. */
const SETTINGS = {
  SIGNALBOX_WEBHOOK_TIMEOUT_MS: '2000',
  SIGNALBOX_RETRY_DELAYS_MS: '500,1000,2000,5000',
  ...(values.quick && { SIGNALBOX_ENDPOINT_PAUSE_MS: '500', SIGNALBOX_ENDPOINT_PAUSE_MAX_MS: '2000' }),
};

/** @typedef {{ name: string, ms: number, begin(rig: Rig): Promise<void>, end(rig: Rig): Promise<void> }} FaultCase */
/** @typedef {{ proxy: import('../support/fault-proxy.ts').FaultProxy, receiver: Awaited<ReturnType<typeof startReceiver>> }} Rig */

/** @type {(name: string, fault: import('../support/fault-proxy.ts').Fault, ms?: number) => FaultCase} */
const onTheWire = (name, fault, ms = FAULT_MS) => ({
  name,
  ms,
  begin: ({ proxy }) => proxy.apply(fault),
  end: ({ proxy }) => proxy.apply({ kind: 'none' }),
});
/** @type {(name: string, status: number, headers: Record<string, string>) => FaultCase} */
const atTheReceiver = (name, status, headers) => ({
  name,
  ms: FAULT_MS,
  begin: async ({ receiver }) => receiver.answer(status, headers),
  end: async ({ receiver }) => receiver.answer(204, {}),
});

/** @type {FaultCase[]} */
const FAULTS = [
  onTheWire('none', { kind: 'none' }),
  onTheWire('latency 400 ms each way', { kind: 'latency', ms: 400 }),
  onTheWire('stall', { kind: 'stall' }),
  onTheWire('reset', { kind: 'reset' }),
  onTheWire('half-open', { kind: 'half-open' }),
  onTheWire('slow close', { kind: 'slow-close', ms: 1_000 }),
  atTheReceiver('429 storm', 429, { 'retry-after': String(RETRY_AFTER_SECONDS) }),
  atTheReceiver('503', 503, {}),
  onTheWire(`down ${String(DOWN_MS / 1000)} s`, { kind: 'down' }, DOWN_MS),
].filter(({ name }) => values.only === undefined || values.only.split(',').some((wanted) => name.startsWith(wanted)));

/** A receiver as a vendor would write it: it verifies, sets a repeated webhook-id aside, and notes the order. */
async function startReceiver() {
  const told = { answer: { status: 204, headers: {} }, secret: '', unverified: 0 };
  /** @type {{ source: string, id: string, webhookId: string, journey: string, number: number, at: number }[]} */
  const taken = [];
  /** @type {{ webhookId: string, at: number }[]} */
  const repeated = [];
  const seen = new Set();
  const server = createServer(async (request, answer) => {
    const chunks = [];
    request.on('error', () => undefined);
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'OPTIONS') return void answer.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
    const body = Buffer.concat(chunks);
    try {
      verifyWebhook(request.headers, body, told.secret);
    } catch {
      told.unverified += 1;
    }
    const { status, headers } = told.answer;
    if (status < 300) take(String(request.headers['webhook-id']), JSON.parse(body.toString()));
    answer.writeHead(status, headers).end();
  });
  server.on('connection', (socket) => socket.on('error', () => undefined));
  const take = (webhookId, event) => {
    const at = Date.now();
    if (seen.has(webhookId)) return void repeated.push({ webhookId, at });
    seen.add(webhookId);
    const { source, id, correlationid: journey, sourcestatus } = event;
    taken.push({ source, id, webhookId, journey, number: Number(sourcestatus), at });
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: server.address().port,
    taken,
    repeated,
    told,
    answer: (status, headers) => (told.answer = { status, headers }),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Publishes events of many journeys, each numbered within its own; the next of a journey only after the one before was accepted. */
function startPublishing(client) {
  const example = JSON.parse(
    readFileSync(join(projectFolder, 'schemas/result/reported/v1/accepts/content-by-reference.json'), 'utf8'),
  );
  const { targetorg: _addressed, ...template } = example;
  const journeys = Array.from({ length: KEYS }, () => ({ id: randomUUID(), number: 0, busy: false }));
  const accepted = [];
  let on = true;
  const publish = async (journey) => {
    journey.busy = true;
    const id = randomUUID();
    const number = (journey.number += 1);
    const event = {
      ...template,
      id,
      correlationid: journey.id,
      sourcestatus: String(number),
      time: new Date().toISOString(),
    };
    await client.publish(event);
    accepted.push({ source: event.source, id, at: Date.now() });
    journey.busy = false;
  };
  let trouble;
  const work = (async () => {
    for (let turn = 0; on; turn += 1) {
      const journey = journeys[turn % journeys.length];
      if (!journey.busy) publish(journey).catch((error) => (trouble = error));
      await pause(EVERY_MS);
    }
    await waitFor('what is being published to be accepted', () => journeys.every(({ busy }) => !busy) || trouble);
  })();
  return {
    accepted,
    stop: async () => {
      on = false;
      await work;
      if (trouble) throw trouble;
    },
  };
}

/** How often an event of a journey came for the first time after a later one of it. */
function inversions(taken) {
  const latest = new Map();
  return taken.filter(({ journey, number }) => {
    const before = latest.get(journey) ?? 0;
    latest.set(journey, Math.max(before, number));
    return number < before;
  });
}

async function caughtUp(publishing, receiver) {
  const mark = publishing.accepted.length;
  return waitFor(
    'everything accepted so far to arrive',
    () => {
      const arrived = new Set(receiver.taken.map(({ id }) => id));
      return publishing.accepted.slice(0, mark).every(({ id }) => arrived.has(id));
    },
    { within: RECOVERED_WITHIN_MS, every: 100 },
  );
}

const seconds = (milliseconds) => Number((milliseconds / 1000).toFixed(2));

/** One fault from its beginning until everything that was accepted during it has arrived. */
async function suffer(fault, rig, publishing) {
  const { receiver } = rig;
  const before = {
    taken: receiver.taken.length,
    repeated: receiver.repeated.length,
    accepted: publishing.accepted.length,
  };
  await fault.begin(rig);
  await pause(fault.ms);
  const during = receiver.taken.length - before.taken;
  const lifted = Date.now();
  await fault.end(rig);
  const first = await waitFor('a delivery after the fault', () => receiver.taken.find(({ at }) => at > lifted), {
    within: RECOVERED_WITHIN_MS,
  });
  await caughtUp(publishing, receiver);
  const taken = receiver.taken.slice(before.taken);
  return {
    fault: fault.name,
    'lasted s': seconds(fault.ms),
    accepted: publishing.accepted.length - before.accepted,
    delivered: taken.length,
    'delivered during it': during,
    duplicates: receiver.repeated.length - before.repeated,
    inversions: inversions(receiver.taken).filter(({ at }) => at >= lifted - fault.ms).length,
    'time to resume s': seconds(first.at - lifted),
    'caught up after s': seconds(Date.now() - lifted),
  };
}

async function broken(house, subscription, publishing, receiver) {
  const access = { url: house.urls.nats, user: 'ledger', password: house.secrets.natsPasswords.ledger };
  const received = receiver.taken.map(({ source, id }) => ({ source, id, receiver: 'receiver' }));
  const settled = [{ id: subscription.id, org: RECEIVER.ods, types: [RECEIVER.types], receiver: 'receiver' }];
  const found = async () =>
    violations(
      { accepted: publishing.accepted, refused: 0, settled, grants: [RECEIVER], received },
      await readRecords(access),
    );
  await waitFor('every delivery to be recorded', async () => (await found()).length === 0, {
    within: 30_000,
    every: 500,
  }).catch(() => undefined);
  const arrived = new Set(received.map(({ id }) => id));
  const lost = publishing.accepted
    .filter(({ id }) => !arrived.has(id))
    .map(({ id }) => `accepted and never received: ${id}`);
  const disordered = inversions(receiver.taken).map(
    ({ id, journey }) => `received after a later one of ${journey}: ${id}`,
  );
  const unsigned = receiver.told.unverified > 0 ? [`${receiver.told.unverified} deliveries did not verify`] : [];
  return [...(await found()), ...lost, ...disordered, ...unsigned];
}

async function main() {
  const house = await startHouse({ env: SETTINGS });
  const receiver = await startReceiver();
  const proxy = await FaultProxy.start(receiver.port);
  try {
    const laboratory = await house.enrol({ ods: 'X9L3B', application: 'lims', grants: [['publish', RECEIVER.types]] });
    const practice = await house.enrol({ ods: RECEIVER.ods, grants: [['subscribe', RECEIVER.types]] });
    const sink = `http://127.0.0.1:${proxy.port}/hook`;
    const subscription = await practice.subscriptions.create({ types: [RECEIVER.types], protocol: 'HTTP', sink });
    receiver.told.secret = subscription.sinksecrets[0];
    await waitFor('consent', async () => (await practice.subscriptions.get(subscription.id)).status === 'active');
    const publishing = startPublishing(laboratory);
    const rows = [];
    for (const fault of FAULTS) {
      rows.push(await suffer(fault, { proxy, receiver }, publishing));
      const { fault: name, ...figures } = rows.at(-1);
      console.error(`${name}: ${JSON.stringify(figures)}`);
    }
    await publishing.stop();
    await caughtUp(publishing, receiver);
    const found = await broken(house, subscription, publishing, receiver);
    const health = await practice.subscriptions.health(subscription.id);
    console.table(rows);
    for (const sentence of found.slice(0, 20)) console.error(`VIOLATION ${sentence}`);
    const result = {
      faults: rows,
      accepted: publishing.accepted.length,
      delivered: receiver.taken.length,
      inversions: inversions(receiver.taken).length,
      lost: publishing.accepted.length - new Set(receiver.taken.map(({ id }) => id)).size,
      'duplicates, all with the same webhook-id': receiver.repeated.length,
      'condition at the end': health.condition,
      violations: found.length,
    };
    saveResult('receivers', result);
    console.log(
      `receivers: ${found.length} violations, ${result.inversions} inversions, ${result.lost} lost after ${rows.length} faults, ${result.accepted} accepted events`,
    );
    return found.length === 0 && result.accepted > 0 ? 0 : 1;
  } finally {
    await proxy.stop();
    receiver.stop();
    await house.stop();
  }
}

process.exit(await main());
