/** `npm start`: the house, one journey through it, what to try next; then it runs until Ctrl-C. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from './claim.mjs';
import { startHouse } from './house.mjs';
import { homeFolder, projectFolder } from './places.mjs';
import { PORTS } from './ports.mjs';

const SCHEMAS = process.env['SIGNALBOX_SCHEMAS_FOLDER'] || join(projectFolder, 'schemas');

/** @param {string} line */
const tell = (line) => console.log(line);

/**
 * @param {import('./house.mjs').House} house
 * @param {string} journey
 */
function tellWhatNext(house, journey) {
  const { gateway, ledger } = house.urls;
  const moved = house.ports.gateway !== PORTS.gateway.standard || house.ports.ledger !== PORTS.ledger.standard;
  const where = moved ? ` --gateway ${gateway} --ledger ${ledger}` : '';
  tell(`
Try next, in another terminal:
  npx signalbox journey ${journey} --org X9H2T${where}
  npx signalbox listen 'org.signalbox.result.*' --org X9G1P${where}
  npx signalbox publish schemas/result/reported/v1/accepts/final-blood-count.json --org X9L3B${where}

Console:  ${ledger}   (sign in with a development identity: choose who you are)
Gateway:  ${gateway}   (catalogue ${gateway}/catalogue, API ${gateway}/openapi.json)
Logs:     ${house.folders.logs}   Keys: ${house.folders.keys}   Data: ${house.folders.data}
Ctrl-C stops everything; what was accepted stays.`);
}

/**
 * Resolves at the first signal that asks for an end; a second one ends the process at once.
 * @returns {{ asked: Promise<NodeJS.Signals> }}
 */
function awaitSignal() {
  let first = true;
  const asked = new Promise((resolve) => {
    for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => {
        if (!first) process.exit(130);
        first = false;
        resolve(signal);
      });
    }
  });
  return { asked };
}

/**
 * @param {import('./house.mjs').House} house
 * @returns {Promise<() => Promise<void>>} ends what the demonstration runs
 */
async function demonstrate(house) {
  const { playDemo } = await import('./demo/play.mjs');
  const { journey, stop } = await playDemo({
    gateway: house.urls.gateway,
    keysFolder: house.folders.keys,
    keptIn: house.folders.data,
    schemasFolder: SCHEMAS,
    port: house.ports.receiver,
    ...(house.processes['identity'] && { issuer: house.urls.identity }),
    tell,
  });
  tellWhatNext(house, journey);
  return stop;
}

/** What can be planted after the demonstration, by name. */
const SCENARIOS = { stuck: () => import('./scenarios/stuck.mjs') };

/** @param {string} line */
const say = (line) => tell(`  ${line}`);

/**
 * @param {string[]} args
 * @throws Error with one line for a scenario that there is none of
 */
async function scenarioOf(args) {
  const at = args.indexOf('--scenario');
  const name = at < 0 ? undefined : (args[at + 1] ?? '');
  if (name === undefined) return undefined;
  const known = Object.entries(SCENARIOS).find(([one]) => one === name);
  if (known === undefined) throw new Error(`--scenario knows ${Object.keys(SCENARIOS).join(', ')}.`);
  const { environment, ...rest } = await known[1]();
  return { ...rest, environment: { ...environment, SIGNALBOX_DATA_FOLDER: await folderOf(name) } };
}

/**
 * A scenario begins with empty streams each time, unless a folder is named for it: a rhythm that other days had would keep a
 * laboratory from being silent, and its faults would stay in a house that is kept.
 * @param {string} name
 */
async function folderOf(name) {
  const named = process.env['SIGNALBOX_DATA_FOLDER'];
  if (named) return named;
  const folder = join(homeFolder, 'scenarios', name);
  // Whoever still runs there keeps it, and what an earlier one left behind is ended before its files are.
  await claimFolder(folder, say);
  rmSync(folder, { recursive: true });
  return folder;
}

/**
 * @param {import('./house.mjs').House} house
 * @param {NonNullable<Awaited<ReturnType<typeof scenarioOf>>>} scenario
 */
async function plant(house, scenario) {
  tell('\nPlanted, and on the board within a minute:');
  return scenario.plant({ gateway: house.urls.gateway, keysFolder: house.folders.keys, schemasFolder: SCHEMAS, tell });
}

/** @param {string[]} args `--no-demo` starts the house alone; `--scenario <name>` plants its faults */
async function start(args) {
  const { asked } = awaitSignal();
  const began = Date.now();
  const scenario = await scenarioOf(args);
  tell('Starting NATS, Redis, gateway, relay and ledger (5 to 40 s; the first time is the longest).');
  const demo = !args.includes('--no-demo');
  const house = await startHouse({
    say,
    reserve: demo ? ['receiver'] : [],
    ...(scenario && { env: scenario.environment }),
  });
  let stopDemo = async () => {};
  const ended = asked.then(async () => {
    tell('\nStopping: apps, then Redis, then NATS.');
    await stopDemo();
    await house.stop();
    for (const key of scenario?.ownKeys ?? []) rmSync(join(house.folders.keys, key), { force: true });
    tell('Stopped. Everything accepted is on disk.');
  });
  const { nats, redis } = house.servers;
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  tell(`Ready after ${seconds} s: nats-server ${nats.version}, Redis ${redis.version}, gateway, relay, ledger.\n`);
  if (demo) {
    try {
      stopDemo = await demonstrate(house);
      if (scenario) {
        const [endDemo, endScenario] = [stopDemo, await plant(house, scenario)];
        stopDemo = async () => void (await Promise.all([endDemo(), endScenario()]));
      }
    } catch (error) {
      tell(`The demonstration stopped: ${error instanceof Error ? error.message : error}`);
      tell(`The house runs on: ${house.urls.gateway} and ${house.urls.ledger} (${PORTS.gateway.variable} moves it).`);
    }
  }
  await ended;
}

try {
  await start(process.argv.slice(2));
  process.exit(0);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
