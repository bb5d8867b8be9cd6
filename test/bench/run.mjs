/**
 * `npm run bench`: one run, side by side, same events, same machine.
 *
 *   throughput  bare pipelines, Nest's own transporter and Signalbox take turns; ratios are against (a)
 *   latency     accept and accept-to-webhook at a steady rate, through the whole house
 *   deliveries  webhooks a second to 1, 10, 100 and 1,000 subscriptions; ratio to a bare consumer that posts with undici
 *   memory      the idle house; the gateway under load for --soak seconds
 *
 * Options: --seconds N a measurement (8), --rounds N (3), --soak N (300; 0 leaves it out), --only throughput|latency|deliveries|memory
 * Nothing here passes or fails: it prints a table and saves test/bench/results/latest.json.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deliveries } from './deliveries.mjs';
import { benchmarkEvent, MARKER } from './events.mjs';
import { latency } from './latency.mjs';
import { machine } from './machine.mjs';
import { memory } from './memory.mjs';
import { generate, pipeline, signalbox } from './subjects.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    soak: { type: 'string', default: '300' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string' },
  },
});
const schemasFolder = fileURLToPath(new URL('../../schemas', import.meta.url));
const WARM_UP_SECONDS = 3;

const SUBJECTS = {
  'a bare, default sync': () => pipeline({ script: 'bare.mjs', config: 'nats-default-sync.conf', schemasFolder }),
  'b bare, sync always': () => pipeline({ script: 'bare.mjs', config: 'nats-always-sync.conf', schemasFolder }),
  'c Nest NATS transporter, not durable': () =>
    pipeline({ script: 'nest.mjs', config: 'nats-default-sync.conf', schemasFolder }),
  'd Signalbox, single POST': ({ sourceorg }) => signalbox({ apps: ['gateway'], sourceorg }),
  'e Signalbox, batches of 100': ({ sourceorg }) => signalbox({ apps: ['gateway'], sourceorg, perRequest: 100 }),
  'd with two gateways on one port': ({ sourceorg }) =>
    signalbox({ apps: ['gateway'], sourceorg, env: { SIGNALBOX_GATEWAYS: '2' } }),
  'd in the whole house': ({ sourceorg }) => signalbox({ sourceorg }),
};

async function measure(name, event) {
  const subject = await SUBJECTS[name](event);
  const perRequest = name.startsWith('e') ? 100 : 1;
  const job = {
    port: subject.port,
    path: subject.path,
    headers: subject.headers,
    template: event.template,
    marker: MARKER,
    connections: perRequest > 1 ? 4 : Number(values.connections),
    perRequest,
  };
  try {
    await generate({ ...job, seconds: WARM_UP_SECONDS });
    return await generate({ ...job, seconds: Number(values.seconds) });
  } finally {
    await subject.stop();
  }
}

const median = (numbers) => numbers.toSorted((x, y) => x - y)[Math.floor(numbers.length / 2)];

async function throughput() {
  const rows = [];
  for (const name of ['result', 'referral']) {
    const event = benchmarkEvent(schemasFolder, name);
    const results = new Map(Object.keys(SUBJECTS).map((subject) => [subject, []]));
    for (let round = 0; round < Number(values.rounds); round += 1) {
      for (const subject of Object.keys(SUBJECTS)) {
        const result = await measure(subject, event);
        results.get(subject).push(result);
        console.error(`${name} ${subject}: ${Math.round(result.eventsPerSecond)}/s ${JSON.stringify(result.statuses)}`);
      }
    }
    const base = median(results.get('a bare, default sync').map((one) => one.eventsPerSecond));
    for (const [subject, rounds] of results) {
      const rate = median(rounds.map((one) => one.eventsPerSecond));
      rows.push({
        event: `${name} ${(event.bytes / 1000).toFixed(1)} kB`,
        subject,
        'events/s': Math.round(rate),
        'ratio to a': Number((rate / base).toFixed(2)),
        'p50 ms': Number(median(rounds.map((one) => one.p50)).toFixed(1)),
        'p99 ms': Number(median(rounds.map((one) => one.p99)).toFixed(1)),
      });
    }
  }
  return rows;
}

const report = { machine: machine(), seconds: Number(values.seconds), rounds: Number(values.rounds) };
const parts = {
  throughput,
  latency: () => latency(schemasFolder),
  deliveries: () => deliveries(schemasFolder, { rounds: Number(values.rounds) }),
  memory: () => memory(schemasFolder, Number(values.soak)),
};
for (const [name, part] of Object.entries(parts)) {
  if (values.only !== undefined && values.only !== name) continue;
  report[name] = await part();
  console.table(report[name]);
}
const folder = fileURLToPath(new URL('results', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/latest.json`, `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report.machine));
process.exit(0);
