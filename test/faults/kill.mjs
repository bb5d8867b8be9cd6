/**
 * Rounds of publishing through HTTP while `kill -9` strikes gateway, relay, ledger and nats-server in turn; the
 * supervision starts each again. Then the invariants: nothing accepted is lost, nothing is delivered as new twice,
 * every delivery has come to an end, the ledger agrees with the streams.
 *
 * Options: --rounds N (20), --publishers N (4), --strike names in turn (gateway,relay,ledger,nats),
 * --folder F (data and logs stay there; a temporary one otherwise)
 * Exit codes: 0 every invariant holds · 1 one does not
 */
import { parseArgs } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import '../support/typescript.mjs';
import { saveResult } from './result.mjs';
import { longestPause, seconds, settled } from './settling.mjs';
import { startTraffic } from './traffic.mjs';

const { startHouse, waitFor } = await import('../support/index.ts');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    publishers: { type: 'string', default: '4' },
    strike: { type: 'string', default: 'gateway,relay,ledger,nats' },
    folder: { type: 'string' },
  },
});
const STRUCK = values.strike.split(',');
/** Somebody is told when one recovery takes longer than this: the run goes no further. */
const RECOVERED_WITHIN_MS = 90_000;
/** Violations of one kind are many when there are any; these are enough to look into. */
const SHOWN = 20;

async function isTold(house, { journey, id }) {
  const told = await house.operator.journey(journey).catch(() => undefined);
  return told?.events.some((event) => event.id === id) ?? false;
}

/** One strike, at a moment that nobody chose, and how long each part of the house took to go on. */
async function strike(house, traffic, name) {
  await pause(300 + Math.random() * 1_000);
  const struck = Date.now();
  await house.kill(name);
  const died = Date.now();
  await house.ready();
  const within = { within: RECOVERED_WITHIN_MS };
  const ready = Date.now();
  const next = await waitFor('an acceptance', () => traffic.accepted.find(({ at }) => at > ready), within);
  const received = () => traffic.received.some((one) => one.source === next.source && one.id === next.id);
  await waitFor('its delivery', received, within);
  await waitFor('the ledger to tell it', () => isTold(house, next), within);
  const over = Date.now();
  traffic.assertWell();
  return { name, struck, died, ready, over };
}

/** Delays from acceptance to each first receipt, of the events accepted between two moments. */
function delays({ accepted, received }, from, to) {
  const times = new Map(accepted.map(({ source, id, at }) => [`${source} ${id}`, at]));
  return received.flatMap(({ source, id, at }) => {
    const since = times.get(`${source} ${id}`);
    return since !== undefined && since >= from && since < to ? [at - since] : [];
  });
}

/** What each round cost, told when everything has been delivered. */
function rowOf(traffic, { name, struck, died, ready, over }, round) {
  const accepted = traffic.accepted.map(({ at }) => at);
  const received = traffic.received.map(({ at }) => at);
  return {
    round: round + 1,
    struck: name,
    'ready s': seconds(ready - died),
    'accepting again s': seconds(longestPause(accepted, died, over)),
    'delivering again s': seconds(longestPause(received, died, over)),
    'ledger tells new s': seconds(over - died),
    'slowest delivery s': seconds(Math.max(0, ...delays(traffic, struck - 2_000, over))),
  };
}

async function main() {
  const house = await startHouse(values.folder === undefined ? {} : { dataFolder: values.folder });
  try {
    const traffic = await startTraffic(house, Number(values.publishers));
    const strikes = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      strikes.push(await strike(house, traffic, STRUCK[round % STRUCK.length]));
      const { 'slowest delivery s': _notYetKnown, ...row } = rowOf(traffic, strikes.at(-1), round);
      console.error(
        Object.entries(row)
          .map(([what, value]) => `${what} ${value}`)
          .join(' · '),
      );
    }
    await traffic.stopPublishing();
    const stopped = Date.now();
    const { broken, records } = await settled(house, traffic);
    const rows = strikes.map((one, round) => rowOf(traffic, one, round));
    await traffic.stop();
    console.table(rows);
    const result = {
      rounds: rows,
      accepted: traffic.accepted.length,
      stored: records.events.length,
      steps: records.steps.length,
      received: traffic.received.length,
      'repeats set aside by receivers': traffic.told.repeats,
      'publishers whose patience ended once': traffic.told.failures,
      'drained and checked after s': seconds(Date.now() - stopped),
      violations: broken.length,
    };
    for (const sentence of broken.slice(0, SHOWN)) console.error(`VIOLATION ${sentence}`);
    saveResult('kill', result);
    console.log(`kill -9: ${broken.length} violations after ${rows.length} rounds, ${result.accepted} accepted events`);
    return broken.length === 0 && result.accepted > 0 ? 0 : 1;
  } finally {
    await house.stop();
  }
}

process.exit(await main());
