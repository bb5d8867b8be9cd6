import { describe, expect, it } from '@jest/globals';
import { Pace } from './pace.js';

describe('the pace of a replay', () => {
  it('spaces events evenly', () => {
    const pace = new Pace(10);
    expect(pace.turn(1_000)).toBe(0);
    expect([1, 2, 3, 4].map(() => pace.turn(1_000))).toEqual([0, 100, 200, 300]);
  });

  it('holds over any time, whatever it is held up by: little is caught up', () => {
    const pace = new Pace(100);
    let now = 5_000;
    let sent = 0;
    for (; now < 6_000; now += pace.turn(now)) sent += 1;
    expect(sent).toBeLessThanOrEqual(112);
    now += 60_000;
    let burst = 0;
    while (pace.turn(now) === 0) burst += 1;
    expect(burst).toBeLessThanOrEqual(11);
  });
});
