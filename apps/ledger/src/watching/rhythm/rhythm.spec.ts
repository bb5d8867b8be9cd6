import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  classOf,
  filled,
  HOUR_MS,
  hoursIn,
  learnt,
  longestOf,
  type Rhythm,
  type RhythmTerms,
  silentFrom,
  type Slot,
} from './rhythm.js';

const MINUTE = 60_000;
const DAY = 24 * HOUR_MS;
/** A Monday, at midnight in London. */
const MONDAY = Date.parse('2026-01-05T00:00:00Z');
const hourOf = hoursIn('Europe/London');
const terms: RhythmTerms = {
  factor: 1.5,
  leastMs: MINUTE,
  quantile: 0.98,
  gaps: 20,
  spanMs: 2 * DAY,
  hours: 2,
};

interface Learning {
  readonly slots: Map<number, Slot>;
  gaps: number;
  alarms: number;
}

/** What is learnt from events at these times, as they come: what is alarming then is set aside. */
function rhythmOf(times: readonly number[], known: Learning = { slots: new Map(), gaps: 0, alarms: 0 }): Learning {
  for (let at = 1; at < times.length; at++) {
    const [from, to] = [times[at - 1]!, times[at]!];
    const silent = silentFrom(from, known, hourOf, terms);
    const alarming = silent !== undefined && to > silent.at;
    if (alarming) known.alarms += 1;
    const gap = { ms: to - from, at: to, alarming, halfLifeMs: 28 * DAY };
    for (const [slot, seconds] of filled(from, to, hourOf))
      known.slots.set(slot, learnt(known.slots.get(slot), seconds, gap));
    known.gaps += 1;
  }
  return known;
}

/** Events every so often from 8 to 18 on working days, for so many weeks. */
function officeHours(everyMs: number, weeks: number): number[] {
  const times: number[] = [];
  for (let day = 0; day < weeks * 7; day++) {
    if (day % 7 >= 5) continue;
    for (let at = 8 * HOUR_MS; at < 18 * HOUR_MS; at += everyMs) times.push(MONDAY + day * DAY + at);
  }
  return times;
}

const silence = (last: number, rhythm: Rhythm) => silentFrom(last, rhythm, hourOf, terms);

describe('the class of a gap', () => {
  it('holds gaps that are up to 19 % shorter than its longest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 20 * DAY }), (ms) => {
        const longest = longestOf(classOf(ms));
        expect(longest).toBeGreaterThanOrEqual(ms * 0.999);
        expect(longest).toBeLessThan(Math.max(1_001, ms * 1.2));
      }),
    );
  });
});

describe('a silence', () => {
  const rhythm = rhythmOf(officeHours(10 * MINUTE, 6));
  const nextWeek = MONDAY + 6 * 7 * DAY;

  it('is alarming after the usual gap of the hour and before twice of it', () => {
    const last = nextWeek + 10 * HOUR_MS;
    const { at } = silence(last, rhythm)!;
    expect(at - last).toBeGreaterThan(10 * MINUTE);
    expect(at - last).toBeLessThan(20 * MINUTE);
  });

  it('is usual in the night and at the weekend', () => {
    const tuesdayEvening = nextWeek + DAY + 17.84 * HOUR_MS;
    expect(silence(tuesdayEvening, rhythm)!.at).toBeGreaterThanOrEqual(nextWeek + 2 * DAY + 8 * HOUR_MS);
    const friday = nextWeek + 4 * DAY + 17.84 * HOUR_MS;
    expect(silence(friday, rhythm)!.at).toBeGreaterThanOrEqual(nextWeek + 7 * DAY + 8 * HOUR_MS);
  });

  it('is noticed within the first hours of a Monday on which nothing comes', () => {
    const friday = nextWeek + 4 * DAY + 17.84 * HOUR_MS;
    expect(silence(friday, rhythm)!.at).toBeLessThan(nextWeek + 7 * DAY + 10 * HOUR_MS);
  });

  it('says nothing while too little is known', () => {
    expect(silence(MONDAY, rhythmOf([]))).toBeUndefined();
    expect(silence(MONDAY, rhythmOf(officeHours(HOUR_MS, 1).slice(0, 10)))).toBeUndefined();
    const anHour = Array.from({ length: 60 }, (_, minute) => MONDAY + minute * MINUTE);
    expect(silence(MONDAY + HOUR_MS, rhythmOf(anHour))).toBeUndefined();
  });

  it('is judged by the hour of any day, and by all hours, while an hour of the week is hardly known', () => {
    const threeDays = rhythmOf(officeHours(10 * MINUTE, 1).filter((at) => at < MONDAY + 4 * DAY));
    const last = MONDAY + 4 * DAY + 10 * HOUR_MS;
    expect(silence(last, threeDays)!.at - last).toBeLessThan(20 * MINUTE);
  });

  it('of any steady publisher at any time is alarming before twice its gap, and never sooner than the gap itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 240 }), fc.integer({ min: 0, max: 167 }), (minutes, hour) => {
        const steady = rhythmOf(
          Array.from({ length: Math.ceil((21 * DAY) / (minutes * MINUTE)) }, (_, at) => MONDAY + at * minutes * MINUTE),
        );
        const last = MONDAY + 22 * DAY + hour * HOUR_MS + 17 * MINUTE;
        const waited = silence(last, steady)!.at - last;
        expect(waited).toBeGreaterThan(minutes * MINUTE);
        expect(waited).toBeLessThan(2 * minutes * MINUTE);
      }),
      { numRuns: 12 },
    );
  });

  it('of one outage does not become usual, but the same again within three weeks does', () => {
    const learning = rhythmOf(officeHours(10 * MINUTE, 6));
    const tuesday = nextWeek + DAY + 10 * HOUR_MS;
    rhythmOf([tuesday, tuesday + 3 * HOUR_MS], learning);
    const weekLater = tuesday + 7 * DAY;
    expect(silence(weekLater, learning)!.at - weekLater).toBeLessThan(20 * MINUTE);
    rhythmOf([weekLater, weekLater + 3 * HOUR_MS], learning);
    const twoWeeksLater = weekLater + 7 * DAY;
    expect(silence(twoWeeksLater, learning)!.at - twoWeeksLater).toBeGreaterThanOrEqual(3 * HOUR_MS);
  });

  it('of nights and weekends is learnt within three weeks, with few false alarms on the way', () => {
    const learning = rhythmOf(officeHours(10 * MINUTE, 3));
    expect(learning.alarms).toBeLessThanOrEqual(5);
    const before = learning.alarms;
    rhythmOf(
      officeHours(10 * MINUTE, 8).filter((at) => at > MONDAY + 21 * DAY - 3 * DAY),
      learning,
    );
    expect(learning.alarms - before).toBeLessThanOrEqual(1);
  });
});

describe('what a gap adds', () => {
  it('is all the time that it lasted, once for the hours of the week, once for the hours of a day and once in all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 * DAY }), fc.integer({ min: 1_000, max: 5 * DAY }), (start, lasts) => {
        const added = filled(MONDAY + start, MONDAY + start + lasts, hourOf);
        const sum = (from: number, to: number) =>
          [...added].reduce((all, [slot, seconds]) => all + (slot >= from && slot < to ? seconds : 0), 0);
        expect(sum(0, 168)).toBeCloseTo(lasts / 1_000, 3);
        expect(sum(168, 192)).toBeCloseTo(lasts / 1_000, 3);
        expect(sum(192, 193)).toBeCloseTo(lasts / 1_000, 3);
      }),
    );
  });

  it('lies in the hour of the zone, over a change of the clock too', () => {
    expect(hourOf(Date.parse('2026-03-29T00:30:00Z'))).toBe(6 * 24);
    expect(hourOf(Date.parse('2026-03-29T01:30:00Z'))).toBe(6 * 24 + 2);
  });
});
