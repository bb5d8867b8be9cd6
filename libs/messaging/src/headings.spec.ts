import { describe, expect, it } from '@jest/globals';
import { together } from './headings.js';

describe('ranges that are read together', () => {
  it('are those near each other, in their order', () => {
    const near = [
      [1, 10],
      [500, 900],
    ] as const;
    expect(together([...near, [5_000, 5_000], [5_003, 5_003]])).toEqual([
      near,
      [
        [5_000, 5_000],
        [5_003, 5_003],
      ],
    ]);
  });

  it('leave out what is empty', () => {
    expect(together([[5, 4]])).toEqual([]);
    expect(together([])).toEqual([]);
  });
});
