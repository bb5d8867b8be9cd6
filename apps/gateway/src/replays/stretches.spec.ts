import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clipped, stretchesOf, width } from './stretches.js';

const choices = fc
  .uniqueArray(fc.integer({ min: 1, max: 500 }), { maxLength: 60 })
  .map((all) => all.sort((a, b) => a - b))
  .chain((all) => fc.tuple(...all.map((sequence) => fc.boolean().map((wanted) => ({ sequence, wanted })))));

describe('the stretches of a replay', () => {
  it('hold every wanted event and no other', () => {
    fc.assert(
      fc.property(choices, (all) => {
        const stretches = stretchesOf(all);
        for (const { sequence, wanted } of all) {
          expect(stretches.some(([from, to]) => sequence >= from && sequence <= to)).toBe(wanted);
        }
      }),
    );
  });

  it('are in order, apart, and as few as can be', () => {
    fc.assert(
      fc.property(choices, (all) => {
        const stretches = stretchesOf(all);
        stretches.forEach(([from, to], at) => {
          expect(from).toBeLessThanOrEqual(to);
          if (at > 0) expect(from).toBeGreaterThan(stretches[at - 1]![1]);
        });
        const runs = all.filter(({ wanted }, at) => wanted && all[at - 1]?.wanted !== true).length;
        expect(stretches).toHaveLength(runs);
      }),
    );
  });

  it('are cut to what a stream still keeps and a subscription has come to', () => {
    expect(clipped([1, 100], 20, 80)).toEqual([20, 80]);
    expect(clipped([1, 10], 20, 80)).toBeUndefined();
    expect(
      width([
        [1, 10],
        [15, 15],
      ]),
    ).toBe(11);
  });
});
