import { describe, expect, it } from '@jest/globals';

import { BacklogKeys } from './backlog-keys.js';

describe('the keys of a backlog', () => {
  const passed =
    (result: number, booking = 0) =>
    (family: string) =>
      family === 'result' ? result : booking;

  it('count until the queue of their family has passed their last place', () => {
    const keys = new BacklogKeys();
    keys.saw('result', 'a', 5);
    keys.saw('result', 'a', 9);
    expect(keys.has('a', passed(8))).toBe(true);
    expect(keys.has('a', passed(9))).toBe(false);
    expect(keys.has('b', passed(0))).toBe(false);
  });

  it('count as long as any family has them', () => {
    const keys = new BacklogKeys();
    keys.saw('result', 'a', 5);
    keys.saw('booking', 'a', 3);
    expect(keys.has('a', passed(5, 2))).toBe(true);
    expect(keys.has('a', passed(5, 3))).toBe(false);
  });

  it('take no more room than what is still behind', () => {
    const keys = new BacklogKeys();
    for (let sequence = 1; sequence <= 10; sequence += 1) keys.saw('result', `k${String(sequence)}`, sequence);
    expect(keys.size).toBe(10);
    keys.prune(passed(7));
    expect(keys.size).toBe(3);
    expect(keys.has('k8', passed(7))).toBe(true);
    keys.clear();
    expect(keys.size).toBe(0);
  });
});
