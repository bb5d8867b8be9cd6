import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import { Engine } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';
import { troublesOf } from '../../apps/ledger/src/board/engine-words.js';
import { startCluster, temporaryFolder, type TestCluster, waitFor } from '../support/index.js';

const PASSWORDS = { gateway: 'a', relay: 'b', ledger: 'c', steward: 'd', system: 'e' };
const BOUNDS = { fullPercent: 80, lagLimit: 1_000 };
const PATIENT = { within: 30_000 };

function anEvent(): CloudEvent {
  const id = randomUUID();
  const attributes = {
    specversion: '1.0',
    id,
    source: 'urn:ods:X9G1P:records',
    type: 'org.signalbox.referral.requested.v1',
  };
  return { attributes: { ...attributes, sourceorg: 'X9G1P', correlationid: id }, data: { kind: 'absent' } };
}

describe('an engine of three servers', () => {
  const folder = temporaryFolder('cluster');
  let cluster: TestCluster;
  let engine: Engine;

  beforeAll(async () => {
    cluster = await startCluster(folder.path, PASSWORDS);
    engine = await waitFor(
      'the cluster to have chosen who leads',
      () =>
        Engine.connect({
          servers: cluster.url,
          monitorUrl: cluster.monitorUrl,
          user: 'gateway',
          password: PASSWORDS.gateway,
          name: 'test',
          log: createLog('test', 'silent'),
          topology: { replicas: 3 },
        }),
      PATIENT,
    );
    await engine.ensureTopology();
  });
  afterAll(async () => {
    await engine.drain();
    await cluster.stop();
    folder.remove();
  });

  const troubles = async () => troublesOf(await engine.condition(), BOUNDS).map(({ what }) => what);
  const append = (event: CloudEvent) => engine.events.append(event, { sourceorg: 'X9G1P' });

  it('has three copies of every stream, and nothing to see to once they have caught up', async () => {
    await waitFor('no trouble', async () => (await troubles()).length === 0, PATIENT);
    const { cluster: told, streams } = await engine.condition();
    expect(told?.members.map(({ server }) => server).toSorted()).toEqual(['zone-1', 'zone-2', 'zone-3']);
    expect(streams.map(({ name, copies }) => [name, copies.length])).toEqual(streams.map(({ name }) => [name, 3]));
  });

  it('goes on taking events without any one server, and says which one is away and what lacks a copy', async () => {
    const before = anEvent();
    const taken = (event: CloudEvent) => waitFor('an event to be taken', () => append(event).then(() => true), PATIENT);
    await taken(before);
    const members = async () => (await engine.condition()).cluster?.members ?? [];
    const { server: leader } = await waitFor(
      'one to lead',
      async () => (await members()).find(({ leads }) => leads),
      PATIENT,
    );
    const lost = cluster.servers.find(({ name }) => name === leader)!;
    await lost.kill();
    const after = anEvent();
    await taken(after);
    const away = `The server ${leader} is away.`;
    // The other streams that it led choose another leader in their own time.
    await waitFor(
      'the board to say so, and of nothing else',
      async () => {
        const now = await troubles().catch((): string[] => []);
        return (
          now.includes(away) &&
          now.some((what) => /^\d+ streams have 2 of 3 copies: .*EVENTS_REFERRAL/.test(what)) &&
          !now.some((what) => what.includes('no leader'))
        );
      },
      PATIENT,
    );

    await lost.start();
    await waitFor('no trouble', async () => (await troubles().catch(() => ['?'])).length === 0, PATIENT);
    const { events } = await engine.events.read({ family: 'referral', types: ['*'], after: 0, limit: 10 });
    expect(events.map(({ event }) => event.attributes['id'])).toEqual(
      [before, after].map(({ attributes }) => attributes['id']),
    );
  });
});
