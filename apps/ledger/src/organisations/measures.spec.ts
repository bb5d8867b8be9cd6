import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketOf, quantileOf } from './measures.js';

const bucketsOf = (values: readonly number[]) => {
  const buckets = new Map<number, number>();
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1);
  return buckets;
};

describe('quantileOf', () => {
  it('is within a fifth of the truth, from ten milliseconds to months', () => {
    const durations = fc.array(fc.integer({ min: 10, max: 5_000_000_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(durations, fc.constantFrom(0.5, 0.9), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const truth = sorted[Math.ceil(share * sorted.length) - 1]!;
        const about = quantileOf(bucketsOf(values), share)!;
        expect(about / truth).toBeGreaterThan(0.8);
        expect(about / truth).toBeLessThan(1.25);
      }),
    );
  });

  it('has nothing to say of nothing', () => {
    expect(quantileOf(new Map(), 0.5)).toBeUndefined();
  });
});
