/** Accept and accept-to-webhook latency at a steady rate through the whole house, open loop. */
import { createServer } from 'node:http';
import { waitFor } from '../support/condition.ts';
import { benchmarkEvent, MARKER, patientsOf } from './events.mjs';
import { load } from './load.mjs';
import { signalbox } from './subjects.mjs';

const RATE = 500;
const WARM_UP_SECONDS = 5;
const SECONDS = 20;
const CONNECTIONS = 32;
const PATIENTS = 1_000;

/** @param {string} schemasFolder */
export async function latency(schemasFolder) {
  const event = benchmarkEvent(schemasFolder, 'result');
  const subject = await signalbox({ sourceorg: event.sourceorg });
  const arrived = new Map();
  const receiver = createServer((request, response) => {
    if (request.method === 'OPTIONS') {
      response.writeHead(200, { 'webhook-allowed-origin': request.headers['webhook-request-origin'] ?? '*' }).end();
      return;
    }
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const now = Date.now();
      const id = JSON.parse(Buffer.concat(chunks).toString()).id;
      if (!arrived.has(id)) arrived.set(id, now);
      response.writeHead(204).end();
    });
  });
  await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  try {
    const subscriptions = subject.clients.practice.subscriptions;
    const { id } = await subscriptions.create({
      types: [event.type],
      protocol: 'HTTP',
      sink: `http://127.0.0.1:${receiver.address().port}/`,
    });
    await waitFor('the subscription to be active', async () => (await subscriptions.get(id)).status === 'active');
    const accepted = new Map();
    const job = {
      port: subject.port,
      path: subject.path,
      headers: subject.headers,
      template: event.template,
      marker: MARKER,
      patients: patientsOf(event.template, PATIENTS),
      connections: CONNECTIONS,
      rate: RATE,
      onAnswer: (eventId, dueAt) => accepted.set(eventId, dueAt),
    };
    await load({ ...job, seconds: WARM_UP_SECONDS });
    accepted.clear();
    const result = await load({ ...job, seconds: SECONDS });
    // What has not arrived by then is told below, as a figure.
    await waitFor('what was accepted to arrive', () => [...accepted.keys()].every((one) => arrived.has(one))).catch(
      () => undefined,
    );
    const delays = [...accepted]
      .filter(([one]) => arrived.has(one))
      .map(([one, at]) => arrived.get(one) - at)
      .sort((x, y) => x - y);
    const at = (share) => delays[Math.floor(delays.length * share)] ?? Number.NaN;
    return [
      { what: `accept at ${RATE}/s`, events: result.events, 'p50 ms': round(result.p50), 'p99 ms': round(result.p99) },
      { what: `request to webhook at ${RATE}/s`, events: delays.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99) },
      { what: 'accepted and not delivered', events: accepted.size - delays.length },
    ];
  } finally {
    receiver.close();
    receiver.closeAllConnections();
    await subject.stop();
  }
}

const round = (number) => Number(number.toFixed(1));
