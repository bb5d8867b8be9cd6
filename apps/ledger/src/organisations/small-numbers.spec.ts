import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sumMayBeTold, told, toldWords } from './small-numbers.js';

/** Every way in which so many small numbers can make up a sum. */
function waysOf(many: number, rest: number, smallest: number): number[][] {
  if (many === 0) return rest === 0 ? [[]] : [];
  const ways: number[][] = [];
  for (let one = 1; one < smallest; one += 1)
    for (const others of waysOf(many - 1, rest - one, smallest)) ways.push([one, ...others]);
  return ways;
}

describe('small numbers', () => {
  it('are not told, but none and enough are', () => {
    expect([0, 1, 4, 5, 1200].map((count) => toldWords(told(count, 5)))).toEqual([
      '0',
      'fewer than 5',
      'fewer than 5',
      '5',
      '1,200',
    ]);
  });

  it('cannot be worked out from two stretches of time of which one lies within the other', () => {
    expect([0, 4, 5, 7, 8, 12, 13].map((count) => toldWords(told(count, 5)))).toEqual([
      '0',
      'fewer than 5',
      '5',
      '5',
      '10',
      '10',
      '15',
    ]);
    const numbers = fc.tuple(fc.integer({ min: 5, max: 99 }), fc.integer({ min: 1, max: 4 }));
    fc.assert(
      fc.property(numbers, ([within, small]) => {
        const [one, other] = [within, within + small].map((count) => told(count, 5));
        // Every small number that may lie between gives the same for some inner stretch that is told like this one.
        const difference = JSON.stringify([one, other]);
        const possible = [1, 2, 3, 4].filter((between) =>
          [-2, -1, 0, 1, 2].some(
            (off) =>
              within + off >= 5 &&
              JSON.stringify([within + off, within + off + between].map((count) => told(count, 5))) === difference,
          ),
        );
        expect(possible.length).toBeGreaterThan(1);
      }),
    );
  });

  it('cannot be worked out from the sum that stands beside the others, by whoever knows the rule', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 2, max: 6 }), (numbers, smallest) => {
        const small = numbers.filter((count) => count > 0 && count < smallest);
        if (small.length === 0 || !sumMayBeTold(numbers, smallest)) return;
        const rest = small.reduce((sum, count) => sum + count, 0);
        const possible = waysOf(small.length, rest, smallest).filter((way) => sumMayBeTold(way, smallest));
        for (const at of small.keys()) expect(new Set(possible.map((way) => way[at])).size).toBeGreaterThan(1);
      }),
    );
  });

  it('leaves out a sum that would tell a single one, or that all are one or as large as they may be', () => {
    expect(sumMayBeTold([3, 20, 30], 5)).toBe(false);
    expect(sumMayBeTold([1, 1, 20], 5)).toBe(false);
    expect(sumMayBeTold([4, 4, 20], 5)).toBe(false);
    expect(sumMayBeTold([1, 4, 20], 5)).toBe(true);
    expect(sumMayBeTold([20, 30, 0], 5)).toBe(true);
  });

  it('lets nobody tell whether it was left out of small numbers that are all one or all as large as may be', () => {
    const hidden = waysOf(2, 2, 5).concat(waysOf(2, 8, 5));
    expect(hidden.every((way) => !sumMayBeTold(way, 5))).toBe(true);
    expect(new Set(hidden.map((way) => way[0])).size).toBeGreaterThan(1);
  });
});
