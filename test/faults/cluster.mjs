/**
 * The house over an engine of three servers, of which one after the other dies by `kill -9` while publishers go on, and
 * comes back. Publishing and delivery go on with the two that are left, the board names the one that is away, and in the
 * end the invariants hold: nothing accepted is lost, nothing is delivered as new twice.
 *
 * Options: --publishers N (3), --away SECONDS (10) for which each server is dead
 * Exit codes: 0 every invariant holds · 1 one does not
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import '../support/typescript.mjs';
import { ensureSecrets } from '../../deploy/local/secrets.mjs';
import { saveResult } from './result.mjs';
import { longestPause, seconds, settled } from './settling.mjs';
import { startTraffic } from './traffic.mjs';

const { startCluster, startHouse, temporaryFolder, waitFor } = await import('../support/index.ts');

const { values } = parseArgs({
  options: { publishers: { type: 'string', default: '3' }, away: { type: 'string', default: '10' } },
});
const AWAY_MS = Number(values.away) * 1_000;
const PATIENT = { within: 90_000 };

/** What the board of the operator says of the engine. */
async function troubles(house) {
  const answer = await fetch(`${house.urls.ledger}/engine`, {
    headers: { authorization: `Bearer ${await house.operator.token()}`, accept: 'application/json' },
  });
  if (!answer.ok) return [`HTTP ${String(answer.status)}`];
  return (await answer.json()).troubles.map(({ what }) => what);
}

const isWell = async (house) => (await troubles(house).catch(() => ['no answer'])).length === 0;

/** One server dies, its absence is on the board, it comes back and catches up. */
async function lose(house, traffic, server) {
  const from = Date.now();
  await server.kill();
  const over = pause(AWAY_MS);
  const said = await waitFor(
    `the board to miss ${server.name}`,
    async () =>
      (await troubles(house).catch(() => [])).some((what) => what.includes(`${server.name} is away`)) && Date.now(),
    PATIENT,
  );
  await over;
  const back = Date.now();
  const inside = (one) => one.at > from && one.at < back;
  const accepted = traffic.accepted.filter(inside).length;
  await server.start();
  await waitFor('every copy to be whole', () => isWell(house), PATIENT);
  traffic.assertWell();
  const times = (list) => list.map(({ at }) => at);
  return {
    lost: server.name,
    'accepted meanwhile': accepted,
    'accepting paused s': seconds(longestPause(times(traffic.accepted), from, back)),
    'delivering paused s': seconds(longestPause(times(traffic.received), from, back)),
    'on the board after s': seconds(said - from),
    'whole again after s': seconds(Date.now() - back),
  };
}

async function main() {
  const folder = temporaryFolder('cluster');
  const passwords = ensureSecrets(join(folder.path, 'keys')).natsPasswords;
  const cluster = await startCluster(join(folder.path, 'engine'), passwords);
  const { url, monitorUrl } = cluster;
  const house = await startHouse({
    dataFolder: folder.path,
    engine: { url, monitorUrl },
    env: { SIGNALBOX_REPLICAS: '3' },
  }).catch(async (error) => {
    await cluster.stop();
    throw error;
  });
  try {
    const traffic = await startTraffic(house, Number(values.publishers));
    await waitFor('every copy to be whole', () => isWell(house), PATIENT);
    const rows = [];
    for (const server of cluster.servers) {
      rows.push(await lose(house, traffic, server));
      console.error(
        Object.entries(rows.at(-1))
          .map(([what, value]) => `${what} ${value}`)
          .join(' · '),
      );
    }
    await traffic.stopPublishing();
    const { broken } = await settled(house, traffic);
    await traffic.stop();
    console.table(rows);
    saveResult('cluster', {
      rounds: rows,
      accepted: traffic.accepted.length,
      received: traffic.received.length,
      'repeats set aside by receivers': traffic.told.repeats,
      violations: broken.length,
    });
    for (const line of broken.slice(0, 20)) console.error(line);
    return broken.length === 0 ? 0 : 1;
  } finally {
    await house.stop();
    await cluster.stop();
    folder.remove();
  }
}

process.exitCode = await main();
