import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DigestStore, sameDigest, type KnownDigest } from '../../apps/gateway/src/idempotency/digest-store.js';
import { DigestRecovery, type RecordedEvents } from '../../apps/gateway/src/idempotency/recovery.js';
import { RedisLink } from '@signalbox/runtime';
import { startRedis, waitFor, type TestRedis } from '../support/index.js';

const DAY_MS = 86_400_000;
const silent = { info: () => undefined, warn: () => undefined };

function known(n: number, acceptedAt = new Date()): KnownDigest {
  const identity = createHash('sha256')
    .update(`identity ${String(n)}`)
    .digest('hex');
  return {
    identity,
    digest: createHash('sha256')
      .update(`digest ${String(n)}`)
      .digest(),
    acceptedAt,
  };
}

describe('the digests of accepted events in Redis', () => {
  let redis: TestRedis;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await startRedis();
    link = new RedisLink({ url: redis.url, timeoutMs: 20_000, probeMs: 50 });
    await link.open();
  });
  afterAll(async () => {
    link.close();
    await redis.stop();
  });

  it('take about 25 bytes an event at the density that they are made for', async () => {
    const [events, buckets] = [100_000, 1_024];
    const store = new DigestStore(link, buckets);
    for (let from = 0; from < events; from += 2_000) {
      await Promise.all(Array.from({ length: 2_000 }, (_, at) => store.remember(known(from + at))));
    }
    const sizes = await Promise.all(
      Array.from({ length: buckets }, (_, bucket) =>
        link.use((client) =>
          client.memory('USAGE', `signalbox:digest:${buckets.toString(36)}:${bucket.toString(36)}`, 'SAMPLES', 0),
        ),
      ),
    );
    const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) / events;
    expect(bytes).toBeLessThan(30);
    const found = await store.find(known(77_777).identity);
    expect(found && sameDigest(found, known(77_777).digest)).toBe(true);
    expect(await store.find(known(events + 1).identity)).toBeUndefined();
  });

  it('stay as they were first remembered', async () => {
    const store = new DigestStore(link, 16);
    const first = known(1);
    await store.remember(first);
    await store.remember({ ...first, digest: known(2).digest });
    const found = await store.find(first.identity);
    expect(found && sameDigest(found, first.digest)).toBe(true);
    expect(found && sameDigest(found, known(2).digest)).toBe(false);
  });

  it('go when the events themselves are past retention', async () => {
    const store = new DigestStore(link, 17);
    await store.remember(known(1, new Date(Date.now() - 40 * DAY_MS)));
    await store.remember(known(2, new Date(Date.now() - 20 * DAY_MS)));
    expect(await store.sweep(new Date(Date.now() - 30 * DAY_MS), new AbortController().signal)).toBe(1);
    expect(await store.find(known(1).identity)).toBeUndefined();
    expect(await store.find(known(2).identity)).toBeDefined();
  });

  /** A recovery over a stream that holds so many events; `asked` says from where it read, and all but its beginning waits for the gate. */
  const recoveryOf = (store: DigestStore, bucketCount: number, held: () => number, gate = Promise.resolve()) => {
    const asked: number[] = [];
    const recorded: RecordedEvents = {
      families: ['result'],
      lastSequence: () => Promise.resolve(held()),
      page: async (_family, after, limit) => {
        asked.push(after);
        if (after > 0) await gate;
        const upTo = Math.min(held(), after + limit);
        return { digests: Array.from({ length: upTo - after }, (_, at) => known(1_000_000 + after + at + 1)), upTo };
      },
    };
    const common = { link, store, recorded, instance: 'one', bucketCount, retentionDays: 30, log: silent };
    return { asked, open: () => new DigestRecovery({ ...common, intervalMs: 60_000 }) };
  };

  it('are read again from the last checkpoint only, and from the start when Redis lost everything', async () => {
    let held = 500;
    const store = new DigestStore(link, 18);
    const { asked, open } = recoveryOf(store, 18, () => held);
    const first = open();
    first.start();
    await waitFor('the digests to be complete', () => first.complete);
    expect(await store.find(known(1_000_500).identity)).toBeDefined();
    await first.close();
    asked.length = 0;
    held = 520;
    const second = open();
    second.start();
    await waitFor('the digests to be complete', () => second.complete);
    expect(asked).toEqual([500]);
    expect(await store.find(known(1_000_520).identity)).toBeDefined();
    asked.length = 0;
    await redis.restart();
    await waitFor('the digests to be complete again', () => asked.length > 0 && second.complete);
    expect(asked[0]).toBe(0);
    expect(await store.find(known(1_000_001).identity)).toBeDefined();
    await second.close();
  });

  it('are read again from the start when Redis loses everything while they are read', async () => {
    const store = new DigestStore(link, 19);
    const gate = Promise.withResolvers<void>();
    const { asked, open } = recoveryOf(store, 19, () => 500, gate.promise);
    const recovery = open();
    recovery.start();
    // The first page is in Redis by then, and the second one on its way.
    await waitFor('the second page to be asked for', () => asked.length === 2);
    await redis.restart();
    await waitFor('Redis to answer again', () => link.up);
    gate.resolve();
    await waitFor('the digests to be complete', () => recovery.complete);
    expect(await store.find(known(1_000_001).identity)).toBeDefined();
    await recovery.close();
  });
});
