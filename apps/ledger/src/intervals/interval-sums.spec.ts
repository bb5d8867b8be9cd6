import { describe, expect, it } from '@jest/globals';
import { intervalsSince, type Summed, toldOf } from './interval-sums.js';
import { trendOf } from './trend.js';

const PART = 'referral-to-response';
const pair = (acts: string, count: number) => ({ part: PART, waits: 'A', acts, count, p50: 10.4, p90: 20.4 });
const summed = (...counts: number[]): Summed => ({
  pairs: counts.map((count, at) => pair(`B${String(at)}`, count)),
  parts: [{ part: PART, count: counts.reduce((sum, count) => sum + count, 0), p50: 10.4, p90: 20.4 }],
  weeks: [
    { part: PART, week: '2026-11-09', count: 9, p50: 10, p90: 20 },
    { part: PART, week: '2026-11-16', count: 4, p50: 99, p90: 99 },
  ],
});

describe('toldOf', () => {
  it('tells numbers that are large enough, with their times', () => {
    const { pairs, parts } = toldOf(summed(6, 7), 5);
    expect(pairs.map(({ count, p50 }) => [count, p50])).toEqual([
      [{ count: 5 }, 10],
      [{ count: 5 }, 10],
    ]);
    expect(parts[0]).toMatchObject({ part: PART, count: { count: 15 }, p50: 10, p90: 20 });
  });

  it('tells neither a small number nor its times, nor a sum from which it follows', () => {
    const { pairs, parts } = toldOf(summed(3, 7), 5);
    expect(pairs[0]).toEqual({ part: PART, waits: 'A', acts: 'B0', count: { fewerthan: 5 } });
    expect(parts[0]).not.toHaveProperty('count');
    expect(parts[0]).not.toHaveProperty('p50');
  });

  it('tells a sum from which no small one follows', () => {
    expect(toldOf(summed(3, 2, 7), 5).parts[0]).toMatchObject({ count: { count: 10 } });
  });

  it('leaves small weeks out, and tells no number of a week', () => {
    expect(toldOf(summed(6), 5).parts[0]?.weeks).toEqual([{ week: '2026-11-09', p50: 10, p90: 20 }]);
  });

  it('has every part of the pathway, of which there was nothing too', () => {
    expect(toldOf(summed(), 5).parts.map(({ count }) => count)).toEqual(Array(5).fill({ count: 0 }));
  });
});

describe('intervalsSince', () => {
  it('is the beginning of a UTC day', () => {
    expect(intervalsSince('7d', new Date('2026-11-22T10:30:00Z'))).toBe('2026-11-16T00:00:00.000Z');
  });
});

describe('trendOf', () => {
  const week = (date: string, p50: number) => ({ week: date, p50, p90: p50 * 2 });
  it('breaks the line at a week that is not told', () => {
    const trend = trendOf([week('2026-11-02', 1), week('2026-11-09', 2), week('2026-11-23', 4)])!;
    expect(trend.median).toHaveLength(2);
    expect(trend.highest).toBe(8);
    expect(trend.dots).toHaveLength(6);
  });
  it('draws nothing of less than two weeks', () => {
    expect(trendOf([week('2026-11-02', 1)])).toBeUndefined();
  });
});
