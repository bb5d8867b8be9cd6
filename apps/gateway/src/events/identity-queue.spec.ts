import { describe, expect, it } from '@jest/globals';
import { IdentityQueue } from './identity-queue.js';

describe('posts of events', () => {
  it('take turns when they are of the same event, in the order they came, a failure included', async () => {
    const queue = new IdentityQueue();
    const seen: string[] = [];
    const first = Promise.withResolvers<void>();
    const one = queue.run('a', async () => {
      await first.promise;
      seen.push('one');
      throw new Error('refused');
    });
    const two = queue.run('a', () => Promise.resolve(void seen.push('two')));
    const other = queue.run('b', () => Promise.resolve(void seen.push('other')));
    await other;
    expect(seen).toEqual(['other']);
    first.resolve();
    await expect(one).rejects.toThrow('refused');
    await two;
    expect(seen).toEqual(['other', 'one', 'two']);
  });

  it('leave nothing behind', async () => {
    const queue = new IdentityQueue();
    await Promise.all(['a', 'a', 'b'].map((identity) => queue.run(identity, () => Promise.resolve())));
    expect(queue.size).toBe(0);
  });
});
