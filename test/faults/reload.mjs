/**
 * Organisations gain and lose a key for NATS, so that the steward has the server read its accounts again and again, while
 * events are published through HTTP and delivered to a webhook: a reload must not be felt. Every event is offered once;
 * what is answered with anything but 202 is counted, and whatever was accepted must arrive, once.
 *
 * Options: --reloads N (30) · --rate N events a second (200) · --organisations N that speak NATS all the time (20)
 * Exit codes: 0 nothing was felt · 1 something was
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { projectFolder } from '../../deploy/local/places.mjs';
import '../support/typescript.mjs';
import { saveResult } from './result.mjs';

const { newNatsKey, startHouse, waitFor } = await import('../support/index.ts');

const { values } = parseArgs({
  options: {
    reloads: { type: 'string', default: '30' },
    rate: { type: 'string', default: '200' },
    organisations: { type: 'string', default: '20' },
  },
});
const TICK_MS = 20;
const WARM_SECONDS = 3;
const QUIET_MS = 5_000;
const TYPES = 'org.signalbox.result.*';
const ORGANISATIONS = Array.from(
  { length: Number(values.organisations) },
  (_, n) => `X9N${String(n).padStart(2, '0')}`,
);

/** Counts each event that comes; one that comes twice under another webhook-id would be a second delivery. */
async function startReceiver() {
  const arrivals = new Map();
  const times = [];
  const server = createServer(async (request, answer) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'OPTIONS') return void answer.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
    const { id } = JSON.parse(Buffer.concat(chunks).toString());
    arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
    times.push(performance.now());
    answer.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { sink: `http://127.0.0.1:${server.address().port}/hook`, arrivals, times, stop: () => server.close() };
}

/** Publishes at the rate, whatever is answered, until it is stopped. */
function startPublishing(house, publisher) {
  const example = JSON.parse(
    readFileSync(join(projectFolder, 'schemas/result/reported/v1/accepts/content-by-reference.json'), 'utf8'),
  );
  const { targetorg: _addressed, ...template } = example;
  const told = { accepted: [], answers: [], readiness: [] };
  const offer = async () => {
    const event = { ...template, id: randomUUID(), correlationid: randomUUID(), time: new Date().toISOString() };
    const began = performance.now();
    const headers = {
      authorization: `Bearer ${await publisher.token()}`,
      'content-type': 'application/cloudevents+json',
    };
    const request = { method: 'POST', headers, body: JSON.stringify(event) };
    const answer = await fetch(`${house.urls.gateway}/events`, request).catch(() => undefined);
    const { code = '' } = (await answer?.json()) ?? {};
    const at = performance.now();
    told.answers.push({ at, ms: at - began, said: `${answer?.status ?? 'no answer'} ${code}`.trim() });
    if (answer?.status === 202) told.accepted.push(event.id);
  };
  const look = async (name) => {
    const answer = await fetch(`${house.urls[name]}/health/ready`).catch(() => undefined);
    told.readiness.push({ at: performance.now(), said: `${name} ${answer?.status ?? 'no answer'}` });
  };
  const stopping = new AbortController();
  const work = (async () => {
    const under = [];
    let due = performance.now();
    while (!stopping.signal.aborted) {
      for (; due <= performance.now(); due += 1000 / Number(values.rate)) under.push(offer());
      under.push(look('gateway'), look('relay'));
      await pause(TICK_MS);
    }
    await Promise.all(under);
  })();
  return { told, stop: () => (stopping.abort(), work) };
}

/** The longest that nothing happened, in milliseconds. */
const longestGap = (times) => Math.round(Math.max(0, ...times.slice(1).map((at, index) => at - times[index])));

/** How often each was said. */
function counts(said) {
  const of = {};
  for (const one of said) of[one] = (of[one] ?? 0) + 1;
  return of;
}

/** What was seen between two moments. */
function seen(told, receiver, from, to) {
  const inside = (list) => list.filter(({ at }) => at >= from && at < to);
  const answers = inside(told.answers);
  const delivered = receiver.times.filter((at) => at >= from && at < to);
  const slow = answers.map(({ ms }) => ms).sort((one, other) => one - other);
  return {
    seconds: Math.round((to - from) / 100) / 10,
    'accepted a second': Math.round((answers.length * 1000) / (to - from)),
    answers: counts(answers.map(({ said }) => said)),
    readiness: counts(inside(told.readiness).map(({ said }) => said)),
    'answer ms, p50, p99, slowest': [0.5, 0.99, 1].map((part) =>
      Math.round(slow[Math.min(slow.length - 1, Math.floor(slow.length * part))]),
    ),
    'longest without an acceptance ms': longestGap(answers.map(({ at }) => at)),
    'longest without a delivery ms': longestGap(delivered),
  };
}

async function setKeys(house, ods, natskeys) {
  const answer = await fetch(`${house.urls.gateway}/organisations/${ods}/applications/system`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await house.operator.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ natskeys }),
  });
  if (!answer.ok) throw new Error(`${ods}: ${answer.status} ${await answer.text()}`);
}

/** Gives or takes keys and waits until the steward says that the server has read the file again. */
async function changeKeys(house, ods, natskeys) {
  const log = join(house.folders.logs, 'steward.log');
  const count = () => readFileSync(log, 'utf8').split('are in force').length;
  const before = count();
  await Promise.all([ods].flat().map((one) => setKeys(house, one, natskeys())));
  await waitFor('the steward to apply it', () => count() > before, { within: 30_000 });
}

async function main() {
  const house = await startHouse({ env: { SIGNALBOX_RATE_PER_SECOND: '100000' } });
  const receiver = await startReceiver();
  try {
    const publisher = await house.enrol({ ods: 'X9L3B', grants: [['publish', TYPES]] });
    const practice = await house.enrol({ ods: 'X9G1P', grants: [['subscribe', TYPES]] });
    for (const ods of ['X9NEW', ...ORGANISATIONS]) await house.enrol({ ods, grants: [] });
    const { id } = await practice.subscriptions.create({ types: [TYPES], protocol: 'HTTP', sink: receiver.sink });
    await waitFor('consent', async () => (await practice.subscriptions.get(id)).status === 'active');
    if (ORGANISATIONS.length > 0) await changeKeys(house, ORGANISATIONS, () => [newNatsKey().publicKey]);
    const publishing = startPublishing(house, publisher);
    const { told } = publishing;
    await waitFor('events to flow', () => receiver.times.length > Number(values.rate) * WARM_SECONDS);
    const moments = [performance.now()];
    await pause(QUIET_MS);
    moments.push(performance.now());
    for (let turn = 0; turn < Number(values.reloads); turn += 1) {
      await changeKeys(house, 'X9NEW', () => (turn % 2 === 0 ? [newNatsKey().publicKey] : []));
    }
    moments.push(performance.now());
    await publishing.stop();
    const missing = () => told.accepted.filter((one) => !receiver.arrivals.has(one)).length;
    await waitFor('every delivery', () => missing() === 0, { within: 60_000 }).catch(() => undefined);
    const result = {
      'changes of the accounts, two reloads each': Number(values.reloads),
      'organisations that speak NATS': ORGANISATIONS.length,
      'without reloads': seen(told, receiver, moments[0], moments[1]),
      'with reloads': seen(told, receiver, moments[1], moments[2]),
      lost: missing(),
      repeated: [...receiver.arrivals.values()].filter((times) => times > 1).length,
    };
    saveResult('reload', result);
    const said = [...told.answers.map((one) => one.said), ...told.readiness.map((one) => one.said.split(' ')[1])];
    const isWell = said.every((status) => status === '202' || status === '200');
    return isWell && result.lost === 0 && result.repeated === 0 ? 0 : 1;
  } finally {
    receiver.stop();
    await house.stop();
  }
}

process.exit(await main());
