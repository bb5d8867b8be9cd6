/**
 * `npm run bench:ledger`: the ledger with a long past, on PGlite and on PostgreSQL.
 *
 *   reading   steps a second that it takes in when many wait, and how far it is behind while 2,000 a second come
 *   pages     journey page and search by business identifier, over HTTP with everything a browser would get, p50 and p95
 *
 * Options: --steps N in PostgreSQL (10,000,000; 0 leaves it out), --embedded N in PGlite (1,000,000), --pages N requests (300)
 * Nothing here passes or fails: it prints a table and saves test/bench/results/ledger.json.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Engine } from '@signalbox/messaging';
import { Pseudonyms } from '../../apps/ledger/dist/journeys/pseudonyms.js';
import { openDatabase } from '../../apps/ledger/dist/store/open-database.js';
import { ensureSecrets } from '../../deploy/local/secrets.mjs';
import { waitFor } from '../support/condition.ts';
import { freshSteps, journeyId, loadIdentifiers, loadJourneys, PUBLISHER, STEPS_A_JOURNEY } from './ledger-load.mjs';
import { machine } from './machine.mjs';
import { startPostgres } from './postgres.mjs';
import { signalbox } from './subjects.mjs';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000000' },
    embedded: { type: 'string', default: '1000000' },
    pages: { type: 'string', default: '300' },
  },
});

const WAITING = 120_000;
const STEADY_RATE = 2_000;
const STEADY_SECONDS = 20;
/** How often the ledger is asked how far behind it is, and steps are sent. */
const TICK_MS = 100;
const silent = { info() {}, warn() {}, error() {}, debug() {} };

const round = (number) => Number(number.toFixed(1));
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

/** @param {{ kind: 'PGlite' | 'PostgreSQL', steps: number }} what */
async function measure({ kind, steps }) {
  const journeys = Math.floor(steps / STEPS_A_JOURNEY);
  const postgres = kind === 'PostgreSQL' ? await startPostgres() : undefined;
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  let house;
  try {
    const loading = performance.now();
    const place = {
      url: postgres?.url,
      folder: join(dataFolder, 'data', 'ledger'),
      connections: 4,
      connectTimeout: 10_000,
    };
    const database = await openDatabase({ ...place, statementTimeout: 0 }, () => undefined);
    await loadJourneys(database, journeys);
    const pseudonyms = new Pseudonyms(pseudonymKeyOf(dataFolder));
    const known = asked(journeys).map((n) => ({ n, ...pseudonyms.of({ name: 'referral', value: referenceOf(n) }) }));
    await loadIdentifiers(database, known);
    await database.close();
    const loaded = (performance.now() - loading) / 1_000;
    house = await signalbox({
      apps: ['gateway', 'ledger'],
      sourceorg: PUBLISHER,
      dataFolder,
      env: { SIGNALBOX_FIND_RATE: '100000', ...(postgres && { LEDGER_DATABASE_URL: postgres.url }) },
    });
    console.error(`${kind}: ${journeys * STEPS_A_JOURNEY} steps loaded in ${round(loaded)} s`);
    const pages = await measurePages(house, journeys);
    const reading = await measureReading(house, journeys);
    const size = { store: kind, steps: journeys * STEPS_A_JOURNEY };
    return [...pages, ...reading].map((row) => ({ ...size, ...row }));
  } finally {
    await house?.stop();
    await postgres?.stop();
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The secrets of the house that is to be started on this folder. */
function pseudonymKeyOf(dataFolder) {
  const { pseudonymKeyFile } = ensureSecrets(join(dataFolder, 'keys'));
  return readFileSync(pseudonymKeyFile, 'utf8').trim();
}

/** The journeys that are asked for, evenly spread over the year. */
function asked(journeys) {
  const count = Math.min(Number(values.pages), journeys);
  return Array.from({ length: count }, (_, at) => 1 + Math.floor(((at + 0.5) * journeys) / count));
}

/** Each request on a journey that was not asked for before: what is measured is not a cache. */
async function measurePages({ house, headers }, journeys) {
  const { ledger } = house.urls;
  const { authorization } = headers;
  const chosen = asked(journeys);
  const page = { headers: { authorization, accept: 'text/html' } };
  const timed = async (work) => {
    const times = [];
    for (const n of chosen) {
      const began = performance.now();
      const answer = await work(n);
      if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
      times.push(performance.now() - began);
    }
    return times.toSorted((x, y) => x - y);
  };
  const rows = [];
  const measured = async (what, work) => {
    const times = await timed(work);
    rows.push({
      what,
      requests: times.length,
      'p50 ms': round(quantile(times, 0.5)),
      'p95 ms': round(quantile(times, 0.95)),
    });
    console.error(JSON.stringify(rows.at(-1)));
  };
  await measured('journey page', (n) => fetch(`${ledger}/journeys/${journeyId(n)}`, page));
  // Without its content, which the engine would be asked for: it does not have what was loaded.
  const plain = { headers: { authorization, accept: 'application/json' } };
  await measured('event, as JSON', (n) => fetch(`${ledger}/events/loaded-${n}-1`, plain));
  await measured('search by business identifier', (n) =>
    fetch(`${ledger}/find`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ value: referenceOf(n) }),
    }),
  );
  for (const path of [
    '/',
    '/journeys',
    '/stuck',
    '/organisations',
    `/organisations/${PUBLISHER}`,
    '/intervals',
    '/alerts',
    '/catalogue',
  ]) {
    await measured(`page ${path}`, () => fetch(`${ledger}${path}`, page));
  }
  return rows;
}

const referenceOf = (n) => `REF-${n}-LOADED`;

async function measureReading({ house }, journeys) {
  const engine = await Engine.connect({
    servers: house.urls.nats,
    user: 'relay',
    password: house.secrets.natsPasswords.relay,
    name: 'bench-steps',
    log: silent,
  });
  try {
    await house.kill('ledger');
    await publishAll(engine, freshSteps(WAITING, journeys, 'waiting'));
    await house.restart('ledger');
    const began = performance.now();
    const first = await behind(house);
    await waitFor('all that waited to be read', async () => (await behind(house)) === 0, {
      within: 300_000,
      every: TICK_MS,
    });
    const rate = first / ((performance.now() - began) / 1_000);
    const lags = await steady(house, engine, journeys);
    return [
      { what: 'steps read a second when many wait', 'steps/s': Math.round(rate) },
      {
        what: `behind while ${STEADY_RATE}/s come`,
        'p50 ms': round(quantile(lags, 0.5)),
        'p95 ms': round(quantile(lags, 0.95)),
        'most ms': round(lags.at(-1)),
      },
    ];
  } finally {
    await engine.drain();
  }
}

async function publishAll(engine, steps) {
  for (let at = 0; at < steps.length; at += 2_000) {
    await Promise.all(steps.slice(at, at + 2_000).map((step) => engine.steps.publish(step)));
  }
}

/** How many milliseconds of arrivals have not been read yet, looked at over and over while they come at an even rate. */
async function steady(house, engine, journeys) {
  const steps = freshSteps(STEADY_RATE * STEADY_SECONDS, journeys, 'steady');
  const lags = [];
  const began = performance.now();
  const sent = [];
  let at = 0;
  while (at < steps.length) {
    const due = Math.min(steps.length, Math.floor(((performance.now() - began) / 1_000) * STEADY_RATE));
    sent.push(...steps.slice(at, due).map((step) => engine.steps.publish({ ...step, time: new Date().toISOString() })));
    at = due;
    lags.push(((await behind(house)) / STEADY_RATE) * 1_000);
    await pause(TICK_MS);
  }
  await Promise.all(sent);
  return lags.toSorted((x, y) => x - y);
}

/** Steps that are in the stream and not in the database, as the ledger's own gauge says. */
async function behind(house) {
  const text = await (await fetch(`${house.urls.ledger}/metrics`)).text();
  const line = /^signalbox_ledger_lag\{[^}]*stream="STEPS"[^}]*\} (\d+)/m.exec(text);
  if (line === null) throw new Error('the ledger has no gauge of its lag');
  return Number(line[1]);
}

const rows = [];
for (const what of [
  { kind: 'PGlite', steps: Number(values.embedded) },
  { kind: 'PostgreSQL', steps: Number(values.steps) },
]) {
  if (what.steps > 0) rows.push(...(await measure(what)));
}
console.table(rows);
const report = { machine: machine(), ledger: rows };
const folder = fileURLToPath(new URL('results', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'ledger.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report.machine));
process.exit(0);
