import { beforeAll, describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder, Refusal } from '@signalbox/contracts';
import { EngineUnavailable } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';

import { Testing } from './testing.js';

const SUBSCRIPTION = {
  id: 's1',
  ods: 'X9G1P',
  types: ['*'],
  protocol: 'HTTP',
  status: 'active',
} as unknown as Subscription;
const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 22) + seconds * 1000);

describe('a test that a receiver asks for', () => {
  let catalogue: Catalogue;
  beforeAll(async () => {
    catalogue = await Catalogue.load(defaultSchemasFolder());
  });
  const testing = (answer: () => unknown): Testing =>
    new Testing({
      engine: { ask: async () => Promise.resolve(answer()) },
      catalogue,
      timeoutMs: 100,
      everyMs: 2_000,
    });
  const sent = { kind: 'sent', outcome: 'delivered', status: 204, latencyms: 3 };
  const refusal = async (test: Promise<unknown>): Promise<[string, number | undefined]> => {
    const error: unknown = await test.catch((one: unknown) => one);
    if (!(error instanceof Refusal)) throw new Error('it was not refused');
    return [error.code, error.options.retryAfter];
  };

  it('is answered with what the receiver said and what was sent', async () => {
    const result = await testing(() => sent).test(SUBSCRIPTION, undefined, at(0));
    expect(result).toMatchObject({ outcome: 'delivered', status: 204, latencyms: 3, type: expect.any(String) });
    expect(result).not.toHaveProperty('kind');
    expect(result).not.toHaveProperty('text');
  });

  it('keeps its distance from the one before, by subscription', async () => {
    const desk = testing(() => sent);
    await desk.test(SUBSCRIPTION, undefined, at(0));
    expect(await refusal(desk.test(SUBSCRIPTION, undefined, at(0.5)))).toEqual(['SB-4290', 2]);
    await desk.test({ ...SUBSCRIPTION, id: 's2' }, undefined, at(0.5));
    await desk.test(SUBSCRIPTION, undefined, at(2));
  });

  it.each([['busy'], ['relay-stops']])('may be asked for again soon when the relay says %s', async (reason) => {
    expect(await refusal(testing(() => ({ kind: 'unsent', reason })).test(SUBSCRIPTION, undefined, at(0)))).toEqual([
      'SB-5034',
      5,
    ]);
  });

  it('says that no relay is there when none answers', async () => {
    const none = testing(() => {
      throw new EngineUnavailable('nobody');
    });
    expect(await refusal(none.test(SUBSCRIPTION, undefined, at(0)))).toEqual(['SB-5034', 5]);
  });

  it.each([
    ['what is fetched', { protocol: 'PULL' }],
    ['who has not consented', { status: 'pending' }],
    ['who was switched off', { status: 'disabled' }],
  ])('is refused for %s', async (_who, more) => {
    const refused = { ...SUBSCRIPTION, ...more } as Subscription;
    expect(await refusal(testing(() => sent).test(refused, undefined, at(0)))).toEqual(['SB-4220', undefined]);
  });
});
