import { describe, expect, it } from '@jest/globals';
import { Rounds } from './rounds.js';

/** Resolves when so many rounds have begun. */
function counting(enough: number, work: (count: number) => Promise<number | void>) {
  let count = 0;
  let reached = () => undefined as void;
  const done = new Promise<void>((resolve) => (reached = resolve));
  const round = async () => {
    count += 1;
    if (count === enough) reached();
    return work(count);
  };
  return { round, done, begun: () => count };
}

describe('rounds', () => {
  it('follow one another until they are closed, the one under way to its end', async () => {
    let ended = 0;
    const { round, done, begun } = counting(3, async () => {
      await Promise.resolve();
      ended += 1;
    });
    const rounds = new Rounds(round, { everyMs: 0, onFailure: () => undefined });
    rounds.start();
    await done;
    await rounds.close();
    expect(ended).toBe(begun());
    expect(begun()).toBeGreaterThanOrEqual(3);
  });

  it('are taken up again after one that failed, which is told with how many have in a row', async () => {
    const told: number[] = [];
    const { round, done } = counting(4, (count) =>
      count === 3 ? Promise.resolve() : Promise.reject(new Error('away')),
    );
    const rounds = new Rounds(round, { everyMs: 0, onFailure: (_, inARow) => told.push(inARow) });
    rounds.start();
    await done;
    await rounds.close();
    expect(told.slice(0, 3)).toEqual([1, 2, 1]);
    expect(rounds.failures).toBeGreaterThan(0);
  });

  it('begin when the one before says, and a close does not wait for that', async () => {
    const { round, done, begun } = counting(2, (count) => Promise.resolve(count === 1 ? 0 : 3_600_000));
    const rounds = new Rounds(round, { everyMs: 3_600_000, onFailure: () => undefined });
    rounds.start();
    await done;
    await rounds.close();
    expect(begun()).toBe(2);
  });
});
