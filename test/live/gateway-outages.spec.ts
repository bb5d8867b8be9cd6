import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import {
  anEvent,
  type Answer,
  GatewayHouse,
  HOSPITAL,
  LABORATORY,
  PRACTICE,
  REPORTED,
  type Actor,
} from './fixtures/gateway-house.js';

/** Publishes as publishers do: what was answered 503 is sent again. @returns the answer that it was taken */
const taken = (house: GatewayHouse, event: object): Promise<Answer> =>
  waitFor('the event to be taken', async () => {
    const answer = await house.publish(event);
    return answer.status === 202 ? answer : undefined;
  });

describe('a gateway whose engine is away', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open({
      env: { SIGNALBOX_COMMIT_TIMEOUT_MS: '500', SIGNALBOX_DIGEST_CHECK_MS: '100' },
    });
    await Promise.all([HOSPITAL, PRACTICE].map((actor) => house.token(actor)));
    await house.whenComplete();
  });
  afterEach(async () => {
    house.nats.thaw();
    await house.whenComplete();
  });
  afterAll(() => house.close());

  it('answers 503 within its time while the engine hangs, and takes the same event once when it is back', async () => {
    const event = anEvent();
    await house.nats.freeze();
    const began = Date.now();
    const answer = await house.publish(event);
    expect([answer.status, answer.json.code]).toEqual([503, 'SB-5030']);
    expect(answer.headers.get('retry-after')).toBe('1');
    // Five seconds would be its time by default.
    expect(Date.now() - began).toBeLessThan(4_500);
    house.nats.thaw();
    expect((await taken(house, event)).json.state).toBe('accepted');
    const stored = (await house.stored()).filter((one) => one.event.attributes['id'] === event['id']);
    expect(stored).toHaveLength(1);
  });

  it('answers 503 while the engine is dead, says so, and works on the old connection when it is back', async () => {
    await house.nats.kill();
    const answer = await house.publish(anEvent());
    expect([answer.status, answer.json.code]).toEqual([503, 'SB-5030']);
    const ready = await house.call('GET', '/health/ready');
    expect([ready.status, ready.json.components.engine.state]).toEqual([503, 'down']);
    await house.nats.restart();
    await waitFor('events to be taken again', async () => (await house.publish(anEvent())).status === 202, {
      within: 20_000,
    });
  });

  it('answers every other call that needs the engine with 503 too, never with an error of its own', async () => {
    const made = await house.json('POST', '/subscriptions', PRACTICE, { types: [REPORTED], protocol: 'PULL' });
    await taken(house, anEvent());
    const pull = () => house.json('POST', `/subscriptions/${made.json.id}/pull`, PRACTICE, {});
    const cursor = await waitFor('a cursor', async () => (await pull()).json.cursor as string | undefined);
    await house.nats.freeze();
    const calls: [string, string, Actor, object][] = [
      ['POST', '/subscriptions', PRACTICE, { types: [REPORTED], protocol: 'PULL' }],
      ['PATCH', `/subscriptions/${made.json.id}`, PRACTICE, { types: [REPORTED] }],
      ['POST', `/subscriptions/${made.json.id}/pull`, PRACTICE, {}],
      ['POST', `/subscriptions/${made.json.id}/ack`, PRACTICE, { cursor }],
      ['POST', '/organisations', house.operator, { ods: 'X9T4R', name: 'x' }],
    ];
    const answers = await Promise.all(calls.map((call) => house.json(...call)));
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual(calls.map(() => [503, 'SB-5030']));
  });
});

describe('a gateway whose Redis is away', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open({ env: { SIGNALBOX_DIGEST_CHECK_MS: '100' } });
    await house.token(HOSPITAL);
    await house.whenComplete();
  });
  afterEach(async () => {
    house.nats.thaw();
    house.redis.thaw();
    await house.whenComplete();
  });
  afterAll(() => house.close());

  it('goes on taking events while Redis is dead, recognises repeats and conflicts, and issues no token', async () => {
    const event = anEvent();
    await house.redis.kill();
    expect((await house.publish(event)).json.duplicate).toBe(false);
    expect((await house.publish(event)).json.duplicate).toBe(true);
    const other = await house.publish({ ...event, urgency: 'urgent' });
    expect([other.status, other.json.code]).toEqual([409, 'SB-4090']);
    await house.whenDegraded();
    const token = await house.askForToken(await house.assertion(LABORATORY));
    expect([token.status, token.json.code, token.json.error]).toEqual([503, 'SB-5033', 'temporarily_unavailable']);
    await house.redis.restart();
  });

  it('knows every accepted event again after Redis came back empty', async () => {
    const event = anEvent();
    await house.publish(event);
    await house.redis.kill();
    await house.redis.restart();
    await house.whenComplete();
    // The engine's own window would still catch it; the answer without asking the engine tells who knew.
    await house.nats.freeze();
    const again = await house.publish(event);
    expect([again.status, again.json.duplicate]).toEqual([202, true]);
    house.nats.thaw();
  });

  it('does not wait for a Redis that hangs', async () => {
    await house.stop();
    await house.start({ SIGNALBOX_REDIS_TIMEOUT_MS: '100' });
    house.forgetTokens();
    await house.whenComplete();
    await waitFor('a token', () => house.token(HOSPITAL));
    // One after the other: if each of them waited, it would be six seconds more and longer.
    const sixty = async (): Promise<number> => {
      const began = Date.now();
      for (let at = 0; at < 60; at++) expect((await house.publish(anEvent())).status).toBe(202);
      return Date.now() - began;
    };
    const usual = await sixty();
    await house.redis.freeze();
    await house.publish(anEvent());
    expect(await sixty()).toBeLessThan(usual + 5_000);
    await house.whenDegraded();
  });
});

describe('a gateway whose engine is full', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open({ nats: { storeLimit: '8MB' } });
  });
  afterAll(() => house.close());

  it('answers 503 with its own code and keeps what it took', async () => {
    const taken: unknown[] = [];
    const noise = () => ({
      resourceType: 'Patient',
      gender: 'unknown',
      noise: randomBytes(400_000).toString('base64'),
    });
    let last = await house.publish(anEvent());
    for (let attempt = 0; attempt < 40 && last.status === 202; attempt++) {
      last = await house.publish(anEvent({ data: noise() }));
      if (last.status === 202) taken.push(last.json.id);
    }
    expect([last.status, last.json.code]).toEqual([503, 'SB-5031']);
    expect(last.headers.get('retry-after')).toBe('30');
    const ids = new Set((await house.stored()).map(({ event }) => event.attributes['id']));
    expect(taken.length).toBeGreaterThan(3);
    expect(taken.every((id) => ids.has(id as string))).toBe(true);
  });
});

/** Seconds of the window, of those up to five minutes, that ends last: none ends, and begins anew, while a test looks. */
function windowSeconds(): number {
  const now = Date.now() / 1000;
  const left = (length: number): number => length - (now % length);
  return Array.from({ length: 200 }, (_, more) => 101 + more).reduce((best, one) =>
    left(one) > left(best) ? one : best,
  );
}

describe('a gateway with a limit on what one organisation may offer', () => {
  let house: GatewayHouse;
  let limit: number;

  beforeAll(async () => {
    limit = windowSeconds();
    house = await GatewayHouse.open({
      env: { SIGNALBOX_RATE_PER_SECOND: '1', SIGNALBOX_RATE_WINDOW_SECONDS: String(limit) },
    });
  });
  afterAll(() => house.close());

  it('answers 429 with the time to wait beyond it', async () => {
    const batch = JSON.stringify(Array.from({ length: limit + 5 }, () => anEvent()));
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    const { json } = await house.call('POST', '/events', { as: HOSPITAL, body: batch, headers });
    const items = json.items as { status: number; code?: string }[];
    expect(items.filter(({ status }) => status === 202)).toHaveLength(limit);
    expect(items.filter(({ code }) => code === 'SB-4290').map(({ status }) => status)).toEqual(Array(5).fill(429));
    const answer = await house.publish(anEvent());
    expect([answer.status, answer.json.code]).toEqual([429, 'SB-4290']);
    const wait = Number(answer.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(limit);
  });
});
