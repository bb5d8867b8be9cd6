import { describe, expect, it } from '@jest/globals';
import { dayOf } from './day.js';

describe('a day of a statement', () => {
  it.each([
    ['2026-01-15', '2026-01-15T00:00:00.000Z', '2026-01-16T00:00:00.000Z'],
    ['2026-07-15', '2026-07-14T23:00:00.000Z', '2026-07-15T23:00:00.000Z'],
    // 23 and 25 hours: the clocks change.
    ['2026-03-29', '2026-03-29T00:00:00.000Z', '2026-03-29T23:00:00.000Z'],
    ['2026-10-25', '2026-10-24T23:00:00.000Z', '2026-10-26T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ])('%s lasts from %s to %s in London', (date, from, to) => {
    expect(dayOf(date, 'Europe/London')).toEqual({ date, from, to });
  });
  it('is of the zone that was asked for', () => {
    expect(dayOf('2026-01-15', 'America/New_York').from).toBe('2026-01-15T05:00:00.000Z');
  });
  it.each([
    ['2026-03-01T00:10:00Z', '2026-02-28'],
    // Half past midnight in London is the evening before by UTC.
    ['2026-07-15T23:30:00Z', '2026-07-15'],
    ['2026-07-15T22:30:00.999Z', '2026-07-14'],
    ['2026-10-26T00:00:00Z', '2026-10-25'],
  ])('at %s yesterday is %s, as people in London count', (now, date) => {
    expect(dayOf('yesterday', 'Europe/London', new Date(now))).toEqual(dayOf(date, 'Europe/London'));
  });
  it.each(['2026-02-30', '2026-13-01', '15-01-2026', 'today', '2026-1-5', '2026-01-15T00:00:00Z'])(
    'is refused as %s, with where and how to mend it',
    (date) => {
      const asking = () => dayOf(date, 'Europe/London');
      expect(asking).toThrow(expect.objectContaining({ code: 'SB-4000' }));
      expect(asking).not.toThrow(date);
    },
  );
});
