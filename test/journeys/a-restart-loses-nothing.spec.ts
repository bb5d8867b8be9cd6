import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Client, receiveWebhook } from '@signalbox/client';
import { type ExampleEvent, examples, startHouse, type TestHouse, waitFor } from '../support/index.js';

const TYPE = 'org.signalbox.result.reported.v1';

/** Every process is stopped in order and started again, as for an update; Redis comes back empty. */
describe('a house that is stopped and started again', () => {
  const example = examples('accepts').find(({ type, event }) => type === TYPE && 'data' in event)!.event;
  const received: string[] = [];
  let house: TestHouse;
  let server: Server;
  let secrets: readonly string[] = [];
  let isAway = true;
  let hook: string;
  let pull: string;
  let token: string;

  const anEvent = (): ExampleEvent => ({
    ...example,
    id: randomUUID(),
    source: 'urn:ods:X9L3B:system',
    correlationid: randomUUID(),
    targetorg: 'X9G1P',
    time: new Date().toISOString(),
  });
  const [first, second, later] = [anEvent(), anEvent(), anEvent()];
  const laboratory = (): Client => house.client('X9L3B');
  const practice = (): Client => house.client('X9G1P');

  beforeAll(async () => {
    // However long the house takes to come back, the receiver is not given up.
    house = await startHouse({ env: { SIGNALBOX_RETRY_DELAYS_MS: '500', SIGNALBOX_RETRY_MAX_ATTEMPTS: '1000' } });
    await house.enrol({ ods: 'X9L3B', grants: [['publish', 'org.signalbox.result.*']] });
    await house.enrol({ ods: 'X9G1P', grants: [['subscribe', 'org.signalbox.result.*']] });
    server = createServer((request, response) => {
      if (request.method === 'OPTIONS') return void response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (isAway) return void response.writeHead(503).end();
        received.push(receiveWebhook(request.headers, Buffer.concat(chunks), secrets).id);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sink = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
    const made = await practice().subscriptions.create({ types: [TYPE], protocol: 'HTTP', sink });
    [hook, secrets] = [made.id, made.sinksecrets ?? []];
    pull = (await practice().subscriptions.create({ types: [TYPE], protocol: 'PULL' })).id;
    await waitFor('consent', async () => (await practice().subscriptions.get(hook)).status === 'active');

    for (const event of [first, second]) await laboratory().publish(event);
    const { events, cursor } = await practice().subscriptions.pull(pull, { limit: 1, waitMs: 0 });
    expect(events.map(({ id }) => id)).toEqual([first.id]);
    await practice().subscriptions.acknowledge(pull, cursor!);
    token = await practice().token();

    for (const name of ['gateway', 'relay', 'ledger', 'redis', 'nats'] as const) await house.halt(name);
    for (const name of ['nats', 'redis'] as const) await house.resume(name);
    await Promise.all((['gateway', 'relay', 'ledger'] as const).map((name) => house.resume(name)));
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await house.stop();
  });

  it('still knows every event that it has accepted: the same is a repeat, another content is refused', async () => {
    expect(await laboratory().publish(first)).toMatchObject({ duplicate: true, state: 'accepted' });
    const other = { ...second, urgency: 'urgent' };
    await expect(laboratory().publish(other)).rejects.toMatchObject({ status: 409, code: 'SB-4090' });
  });

  it('still knows whom it has given a token, until the token ends', async () => {
    const answer = await fetch(`${house.urls.gateway}/subscriptions`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  });

  it('goes on where the receiver has acknowledged', async () => {
    const { events, cursor } = await practice().subscriptions.pull(pull, { limit: 10, waitMs: 0 });
    expect(events.map(({ id }) => id)).toEqual([second.id]);
    await practice().subscriptions.acknowledge(pull, cursor!);
  });

  it('delivers what its receiver would not take before, and what comes after, each once', async () => {
    expect(received).toEqual([]);
    isAway = false;
    await laboratory().publish(later);
    const all = [first, second, later].map(({ id }) => id);
    await waitFor('every delivery', () => received.length >= all.length);
    expect([...received].sort()).toEqual([...all].sort());
  });

  it('tells each journey from before as it told it then, attempts included', async () => {
    for (const { correlationid, id } of [first, second]) {
      const { events } = await waitFor('the last step', async () => {
        const journey = await laboratory().journey(String(correlationid));
        const states = journey.events[0]?.deliveries.map(({ state }) => state) ?? [];
        return states.length === 2 && states.every((state) => /delivered|acknowledged/.test(state))
          ? journey
          : undefined;
      });
      expect(events.map((event) => event.id)).toEqual([id]);
    }
  });
});
