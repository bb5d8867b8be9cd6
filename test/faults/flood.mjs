/**
 * One organisation floods (publishing as fast as it is answered with 256 under way, then calls of the JetStream API, which
 * are denied) while another publishes at a steady pace. Phases of rest and flood take turns, so that what else the machine
 * does meets both; the ratio of the p99 of acceptance is what counts.
 *
 * Options: --rounds N (3), --seconds N (6) a phase, --pace N (50) events a second of the quiet one
 * Exit codes: 0 no flood moves the p99 by more than twice · 1 one does
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import '../support/typescript.mjs';
import { saveResult } from './result.mjs';

const { askDoor, examples, newNatsKey, startHouse, waitFor, connectTenant } = await import('../support/index.ts');

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    pace: { type: 'string', default: '50' },
  },
});
const TYPE = 'org.signalbox.result.reported.v1';
const LARGEST_RATIO = 2;
const [QUIET, LOUD] = ['X9H2T', 'X9L3B'];
/** After a change of phase, until what was under way has gone. */
const SETTLE_MS = 1_000;

const p99 = (times) => [...times].sort((one, other) => one - other)[Math.floor(times.length * 0.99)] ?? Number.NaN;
const rounded = (number) => Number(number.toFixed(2));

function anEvent(ods) {
  const { targetorg: _everyone, ...event } = examples('accepts').find(({ type }) => type === TYPE).event;
  return { ...event, source: `urn:ods:${ods}:system`, time: new Date().toISOString() };
}

/** Publishes at a steady pace, whatever the answers take, and notes how long each took. */
async function measured(connection, event, milliseconds) {
  const times = [];
  const under = [];
  const every = 1_000 / Number(values.pace);
  const began = performance.now();
  for (let count = 0; count * every < milliseconds; count++) {
    await pause(Math.max(0, began + count * every - performance.now()));
    const body = JSON.stringify({ ...event, id: randomUUID(), correlationid: randomUUID() });
    const sent = performance.now();
    under.push(
      askDoor(connection, `publish.${TYPE}`, body).then(({ status }) => {
        if (status !== '202') throw new Error(`the quiet organisation was answered ${status}`);
        times.push(performance.now() - sent);
      }),
    );
  }
  await Promise.all(under);
  return times;
}

async function keyFor(house, ods) {
  const key = newNatsKey();
  const answer = await fetch(`${house.urls.gateway}/organisations/${ods}/applications/system`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${await house.operator.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ natskeys: [key.publicKey] }),
  });
  if (!answer.ok) throw new Error(`no key for ${ods}: ${answer.status}`);
  const connection = await waitFor(`the account of ${ods}`, () => connectTenant(house.urls.nats, key, 'system'));
  return { key, connection };
}

async function startLoud(house, key) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('flood-tenant.mjs', import.meta.url))], {
    env: {
      ...process.env,
      FLOOD_SERVER: house.urls.nats,
      FLOOD_SEED: new TextDecoder().decode(key.seed),
      FLOOD_EVENT: JSON.stringify(anEvent(LOUD)),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, 'line');
  return {
    does: (what) => void child.stdin.write(`${what}\n`),
    stop: async () => {
      const told = once(lines, 'line');
      child.stdin.end();
      return JSON.parse((await told)[0]);
    },
  };
}

const house = await startHouse();
try {
  for (const ods of [QUIET, LOUD]) await house.enrol({ ods, grants: [['publish', 'org.signalbox.*']] });
  const quiet = await keyFor(house, QUIET);
  const { key, connection } = await keyFor(house, LOUD);
  await connection.close();
  const loud = await startLoud(house, key);
  const event = anEvent(QUIET);
  const milliseconds = Number(values.seconds) * 1_000;
  await measured(quiet.connection, event, 2_000);
  const times = { rest: [], publish: [], engine: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const what of ['rest', 'publish', 'rest', 'engine']) {
      loud.does(what);
      await pause(SETTLE_MS);
      times[what].push(...(await measured(quiet.connection, event, milliseconds)));
    }
  }
  const told = await loud.stop();
  await quiet.connection.close();
  const rest = p99(times.rest);
  const ratios = {
    publishing: rounded(p99(times.publish) / rest),
    'calls of the engine': rounded(p99(times.engine) / rest),
  };
  saveResult('flood', {
    'accept p99 ms': {
      rest: rounded(rest),
      publishing: rounded(p99(times.publish)),
      'calls of the engine': rounded(p99(times.engine)),
    },
    'measured events': times.rest.length + times.publish.length + times.engine.length,
    ratios,
    'the flood': told,
  });
  const held = Object.values(ratios).every((ratio) => ratio <= LARGEST_RATIO);
  console.log(
    `flood: p99 of the other moved by ${ratios.publishing} (publishing) and ${ratios['calls of the engine']} (engine)`,
  );
  process.exitCode = held ? 0 : 1;
} finally {
  await house.stop();
}
