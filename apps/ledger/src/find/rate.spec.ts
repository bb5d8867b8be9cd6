import { describe, expect, it } from '@jest/globals';
import { Rate } from './rate.js';

describe('how often somebody may ask', () => {
  const at = (perMinute: number) => {
    const clock = { ms: 0 };
    return { clock, rate: new Rate(perMinute, () => clock.ms) };
  };
  it('is a minute’s worth at once, and then as the time goes', () => {
    const { clock, rate } = at(3);
    expect([rate.take('a'), rate.take('a'), rate.take('a')]).toEqual([0, 0, 0]);
    expect(rate.take('a')).toBe(20_000);
    clock.ms = 20_000;
    expect(rate.take('a')).toBe(0);
    expect(rate.take('a')).toBeGreaterThan(0);
  });
  it('is counted for each one alone', () => {
    const { rate } = at(1);
    expect([rate.take('a'), rate.take('b')]).toEqual([0, 0]);
    expect(rate.take('a')).toBeGreaterThan(0);
  });
  it('is not used up by asking too often', () => {
    const { clock, rate } = at(1);
    rate.take('a');
    for (let ms = 1_000; ms < 60_000; ms += 1_000) {
      clock.ms = ms;
      expect(rate.take('a')).toBeGreaterThan(0);
    }
    clock.ms = 60_000;
    expect(rate.take('a')).toBe(0);
  });
  it('is forgotten of those who have not asked for a minute', () => {
    const { clock, rate } = at(2);
    rate.take('a');
    rate.take('a');
    clock.ms = 60_000;
    expect([rate.take('a'), rate.take('a')]).toEqual([0, 0]);
  });
});
