/**
 * `npm run bench:ledger`: the ledger with a long past, on PGlite and on PostgreSQL.
 *
 *   pages     journey page and search by business identifier, over HTTP with everything a browser would get, p50 and p95;
 *             then every screen, as an organisation and as the operator of the exchange
 *   reading   steps a second that it takes in when many wait, and how far it is behind while 2,000 a second come
 *
 * Options: --steps N in PostgreSQL (10,000,000; 0 leaves it out), --embedded N in PGlite (1,000,000; 0 likewise),
 * --pages N requests (300), --screens N requests of each screen (30), --waiting N steps that wait (120,000).
 * Ten million steps take about 15 GB in the folder for temporary files, and are gone afterwards.
 * Nothing here passes or fails: it prints tables, each number with what was aimed at, and saves test/bench/results/ledger.json.
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
import { clientOf } from '../../deploy/local/demo/organisations.mjs';
import { ensureSecrets, OPERATOR } from '../../deploy/local/secrets.mjs';
import { waitFor } from '../support/condition.ts';
import {
  countSteps,
  freshSteps,
  journeyId,
  loadIdentifiers,
  loadJourneys,
  PUBLISHER,
  RECEIVERS,
  STEPS_A_JOURNEY,
} from './ledger-load.mjs';
import { machine } from './machine.mjs';
import { HURRY, startPostgres } from './postgres.mjs';
import { signalbox } from './subjects.mjs';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000000' },
    embedded: { type: 'string', default: '1000000' },
    pages: { type: 'string', default: '300' },
    screens: { type: 'string', default: '30' },
    waiting: { type: 'string', default: '120000' },
  },
});

/** What was aimed at; where nothing was said, nothing is here. */
const PAGE_P95 = { PGlite: 500, PostgreSQL: 200 };
const BEHIND_MS = 1_000;
/** Every screen that shows more than one thing, with the filters that cost most. */
const SCREENS = [
  '/',
  '/map',
  `/pairs/${PUBLISHER}/${RECEIVERS[0]}`,
  '/journeys',
  '/journeys?state=in-flight',
  '/journeys?state=stuck',
  '/journeys?state=unacknowledged',
  '/journeys?state=closed',
  '/journeys?type=org.signalbox.referral.responded.v1',
  '/refused',
  '/stuck',
  '/organisations',
  `/organisations/${PUBLISHER}`,
  '/where-data-goes',
  '/intervals',
  '/alerts',
  '/outages',
  '/catalogue',
];

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
  const postgres = kind === 'PostgreSQL' ? await startPostgres(HURRY) : undefined;
  const dataFolder = mkdtempSync(join(tmpdir(), 'signalbox-bench-'));
  let subject;
  try {
    const loaded = await load({ kind, journeys, postgres, dataFolder });
    subject = await signalbox({
      apps: ['gateway', 'ledger'],
      sourceorg: PUBLISHER,
      dataFolder,
      env: { SIGNALBOX_FIND_RATE: '100000', ...(postgres && { LEDGER_DATABASE_URL: postgres.url }) },
    });
    const pages = await measurePages(subject, kind, journeys);
    const reading = await measureReading(subject, journeys);
    return { store: kind, ...loaded, pages, reading };
  } finally {
    await subject?.stop();
    await postgres?.stop();
    rmSync(dataFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Fills the database, then leaves it as Debian would run it. */
async function load({ kind, journeys, postgres, dataFolder }) {
  const began = performance.now();
  const place = {
    url: postgres?.url,
    folder: join(dataFolder, 'data', 'ledger'),
    connections: 4,
    connectTimeout: 10_000,
  };
  const database = await openDatabase({ ...place, statementTimeout: 0 }, () => undefined);
  await loadJourneys(database, journeys, (line) => console.error(`${kind}: ${line}`));
  const pseudonyms = new Pseudonyms(pseudonymKeyOf(dataFolder));
  const known = asked(journeys).map((n) => ({ n, ...pseudonyms.of({ name: 'referral', value: referenceOf(n) }) }));
  await loadIdentifiers(database, known);
  const steps = await countSteps(database);
  const [{ bytes }] = await database.query('select pg_database_size(current_database()) as bytes');
  await database.close();
  await postgres?.restart();
  const loaded = {
    steps,
    megabytes: Math.round(bytes / 1e6),
    'loaded in s': round((performance.now() - began) / 1_000),
  };
  console.error(`${kind}: ${JSON.stringify(loaded)}`);
  return loaded;
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

/** Times of some requests, one after the other: p50 and p95. */
async function timed(what, aim, requests) {
  const times = [];
  for (const request of requests) {
    const began = performance.now();
    const answer = await request();
    if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
    times.push(performance.now() - began);
  }
  times.sort((x, y) => x - y);
  const [p50, p95] = [0.5, 0.95].map((share) => round(quantile(times, share)));
  const row = { what, requests: times.length, 'p50 ms': p50, 'p95 ms': p95, ...(aim && { 'aim, p95 ms': aim }) };
  console.error(JSON.stringify(row));
  return row;
}

/** Each request of a journey is for one that was not asked for before: what is measured is not a cache. */
async function measurePages({ house, headers }, kind, journeys) {
  const { ledger, gateway } = house.urls;
  const { authorization } = headers;
  const aim = PAGE_P95[kind];
  const chosen = asked(journeys);
  const page = { headers: { authorization, accept: 'text/html' } };
  // Without its content, which the engine would be asked for: it does not have what was loaded.
  const plain = { headers: { authorization, accept: 'application/json' } };
  const find = (n) => ({
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ value: referenceOf(n) }),
  });
  const each = (request) => chosen.map((n) => () => request(n));
  const rows = [
    await timed(
      'journey page',
      aim,
      each((n) => fetch(`${ledger}/journeys/${journeyId(n)}`, page)),
    ),
    await timed(
      'search by business identifier',
      aim,
      each((n) => fetch(`${ledger}/find`, find(n))),
    ),
    await timed(
      'event, as JSON',
      undefined,
      each((n) => fetch(`${ledger}/events/loaded-${n}-1`, plain)),
    ),
  ];
  const operator = await clientOf(gateway, house.folders.keys, OPERATOR.ods, OPERATOR.application).token();
  const viewers = { [PUBLISHER]: authorization, operator: `Bearer ${operator}` };
  const times = Array.from({ length: Number(values.screens) });
  for (const [viewer, bearer] of Object.entries(viewers)) {
    const own = { headers: { authorization: bearer, accept: 'text/html' } };
    for (const path of SCREENS) {
      const requests = times.map(() => () => fetch(`${ledger}${path}`, own));
      rows.push(await timed(`${path} for ${viewer}`, undefined, requests));
    }
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
    // Held, not ended: what a start costs is not what reading costs.
    await house.kill('ledger', 'SIGSTOP');
    await publishAll(engine, freshSteps(Number(values.waiting), journeys, 'waiting'));
    await house.kill('ledger', 'SIGCONT');
    const first = await behind(house);
    const [began, spent] = [performance.now(), processorMs(house)];
    await waitFor('all that waited to be read', async () => (await behind(house)) === 0, {
      within: 600_000,
      every: TICK_MS,
    });
    const rate = first / ((performance.now() - began) / 1_000);
    const read = {
      what: `steps read a second, of ${first} that wait`,
      'steps/s': Math.round(rate),
      'ledger, processor ms a step': Number(((processorMs(house) - spent) / first).toFixed(2)),
      aim: `${STEADY_RATE}`,
    };
    console.error(JSON.stringify(read));
    const { lags, came } = await steady(house, engine, journeys);
    return [
      read,
      {
        what: `milliseconds of steps not read yet, while ${STEADY_RATE}/s are sent for ${STEADY_SECONDS} s`,
        'steps/s': Math.round(came),
        p50: round(quantile(lags, 0.5)),
        p95: round(quantile(lags, 0.95)),
        most: round(lags.at(-1)),
        aim: `below ${BEHIND_MS}`,
      },
    ];
  } finally {
    await engine.drain();
  }
}

/** What the ledger's process has taken of the processors, in milliseconds: on a busy machine this tells more than the clock. */
function processorMs({ processes }) {
  const fields = readFileSync(`/proc/${processes.ledger.pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  // In user and system mode, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
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
  const came = steps.length / ((performance.now() - began) / 1_000);
  await Promise.all(sent);
  return { lags: lags.toSorted((x, y) => x - y), came };
}

/** Steps that are in the stream and not in the database, as the ledger's own gauge says. */
async function behind(house) {
  const text = await (await fetch(`${house.urls.ledger}/metrics`)).text();
  const line = /^signalbox_ledger_lag\{[^}]*stream="STEPS"[^}]*\} (\d+)/m.exec(text);
  if (line === null) throw new Error('the ledger has no gauge of its lag');
  return Number(line[1]);
}

const stores = [];
for (const what of [
  { kind: 'PGlite', steps: Number(values.embedded) },
  { kind: 'PostgreSQL', steps: Number(values.steps) },
]) {
  if (what.steps > 0) stores.push(await measure(what));
}
for (const { store, steps, pages, reading } of stores) {
  console.log(`\n${store}, ${steps.toLocaleString('en')} steps`);
  console.table(reading);
  console.table(pages);
}
const report = { machine: machine(), stores };
const folder = fileURLToPath(new URL('results', import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'ledger.json'), `${JSON.stringify(report, null, 2)}\n`);
console.log(JSON.stringify(report.machine));
process.exit(0);
