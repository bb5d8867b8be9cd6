import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Client, type ClientOptions, createClient } from '@signalbox/client';
import { startHouse, type TestHouse } from '../support/index.js';

const EVENTS = 40;
const example = resolve(import.meta.dirname, '../../schemas/result/reported/v1/accepts/preliminary-message.json');

let house: TestHouse;

/** A client that waits for a gateway that has to start again, on a machine with other work to do. */
async function patientClient(ods: string, onRetry: ClientOptions['onRetry'] = () => undefined): Promise<Client> {
  const file = join(house.folders.keys, `${ods}.system.jwk.json`);
  const privateKey = JSON.parse(await readFile(file, 'utf8')) as Extract<
    ClientOptions['credentials'],
    { privateKey: unknown }
  >['privateKey'];
  const credentials = { organisation: ods, application: 'system', privateKey };
  return createClient({ gateway: house.urls.gateway, credentials, onRetry, retryForMs: 60_000 });
}

beforeAll(async () => {
  house = await startHouse();
  await house.enrol({ ods: 'X9L3B', grants: [['publish', 'org.signalbox.result.*']] });
  await house.enrol({ ods: 'X9G1P', grants: [['subscribe', 'org.signalbox.result.*']] });
});

afterAll(async () => {
  await house.stop();
});

test('what is published while the gateway is killed is accepted once, and its subscriber receives all of it', async () => {
  const troubles: string[] = [];
  const laboratory = await patientClient('X9L3B', ({ code }) => troubles.push(code));
  const practice = await patientClient('X9G1P');
  const { id } = await practice.subscriptions.create({ types: ['org.signalbox.result.*'], protocol: 'PULL' });
  const received = new Set<string>();
  const ending = new AbortController();
  const listening = practice.subscribe(
    (event) => {
      received.add(event.id);
      if (received.size === EVENTS) ending.abort();
    },
    { subscription: id, batchSize: 7, waitMs: 2_000, signal: ending.signal },
  );

  const content = JSON.parse(await readFile(example, 'utf8')) as Record<string, unknown>;
  const ids = Array.from({ length: EVENTS }, () => randomUUID());
  const publish = (eventId: string) => laboratory.publish({ ...content, id: eventId });
  const before = await Promise.all(ids.slice(0, EVENTS / 2).map(publish));
  const during = ids.slice(EVENTS / 2).map(publish);
  await house.kill('gateway');
  const accepted = [...before, ...(await Promise.all(during))];
  await listening;

  expect(new Set(accepted.map((answer) => answer.id))).toEqual(new Set(ids));
  expect(received).toEqual(new Set(ids));
  expect(troubles).not.toEqual([]);
  const again = await laboratory.publishBatch(ids.map((eventId) => ({ ...content, id: eventId })));
  expect(again.every((item) => 'duplicate' in item && item.duplicate)).toBe(true);
  await practice.subscriptions.delete(id);
});
