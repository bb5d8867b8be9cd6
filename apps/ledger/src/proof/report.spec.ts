import { describe, expect, test } from '@jest/globals';
import { countedSince } from './report.js';

describe('the sums of the proof', () => {
  test('say of which moment they are: of the pass that began first', () => {
    const began = ['2026-11-22T03:59:02.000Z', '2026-11-22T03:58:47.000Z', '2026-11-22T04:00:00.000Z'];
    const [sentence] = countedSince(began.map((one) => ({ began: one })));
    expect(sentence).toMatch(/what was there at 2026-11-22T03:58:47\.000Z; what came since is in the next count/);
  });

  test('say nothing of it before anything was counted', () => {
    expect(countedSince([])).toEqual([]);
  });
});
