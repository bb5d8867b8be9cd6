import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Engine, type Tenant } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';
import { newNatsKey, startNats, type TestNats } from '../support/index.js';

/** So many that a reload takes some milliseconds. */
const TENANTS: Tenant[] = Array.from({ length: 40 }, (_, n) => ({
  ods: `X9N${String(n).padStart(2, '0')}`,
  applications: [{ id: 'tie', natskeys: [newNatsKey().publicKey] }],
}));
const RELOADS = 12;

describe('a server that reads its accounts again and again', () => {
  let nats: TestNats;
  let engine: Engine;
  let going: boolean;
  let reloading: Promise<void>;

  const open = (user: 'gateway' | 'relay' = 'gateway') =>
    Engine.connect({
      servers: nats.url,
      ...nats.users[user],
      name: 'test',
      log: createLog('test', 'silent'),
      connectTimeoutMs: 30_000,
    });

  /** As often as it fits between the reloads, by so many at once; what it answers, and what went wrong. */
  const meanwhile = async <T>(atOnce: number, call: () => Promise<T>): Promise<{ answers: T[]; errors: unknown[] }> => {
    const [answers, errors]: [T[], unknown[]] = [[], []];
    const caller = async () => {
      while (going)
        await call().then(
          (answer) => answers.push(answer),
          (error: unknown) => errors.push(error),
        );
    };
    await Promise.all([reloading, ...Array.from({ length: atOnce }, caller)]);
    return { answers, errors };
  };

  beforeAll(async () => {
    nats = await startNats();
    await nats.tenants(TENANTS);
    engine = await open();
    await engine.ensureTopology();
  });
  beforeEach(() => {
    going = true;
    reloading = (async () => {
      for (let turn = 0; turn < RELOADS; turn++) await nats.tenants(turn % 2 === 0 ? TENANTS.slice(1) : TENANTS);
      going = false;
    })();
  });
  afterEach(() => reloading);
  afterAll(async () => {
    await engine.drain();
    await nats.stop();
  });

  it('is ready for every app that starts meanwhile', async () => {
    const start = async () => {
      const other = await open('relay');
      await other.drain();
    };
    const { answers, errors } = await meanwhile(4, start);
    expect(errors).toEqual([]);
    expect(answers.length).toBeGreaterThan(0);
  });

  it('answers every question about its streams', async () => {
    const { answers, errors } = await meanwhile(16, () => engine.lastSequence('STEPS'));
    expect(errors).toEqual([]);
    expect(answers.length).toBeGreaterThan(RELOADS);
  });

  it('takes every record once', async () => {
    const numbers = await engine.kv('CURSORS');
    const record = async () => {
      const key = randomUUID();
      await numbers.create(key, key);
      return (await numbers.get(key))?.revision;
    };
    const { answers, errors } = await meanwhile(8, record);
    expect(errors).toEqual([]);
    expect(new Set(answers).size).toBe(answers.length);
    expect((await numbers.keys('>')).length).toBe(answers.length);
  });
});
