import { describe, expect, it } from '@jest/globals';
import { clockMs, deadlinesProblem, DEFAULT_DEADLINES, durationMs, timesOf } from './deadlines.js';

const HOUR = 3_600_000;

describe('durationMs', () => {
  it.each([
    ['P7D', 168 * HOUR],
    ['PT24H', 24 * HOUR],
    ['P1DT2H30M5S', 26.5 * HOUR + 5_000],
    ['PT1S', 1_000],
  ])('reads %s', (text, expected) => expect(durationMs(text)).toBe(expected));
  it.each(['', 'P', 'PT', 'P1DT', 'P1M', 'P1W', 'PT1.5H', '7 days', 'P-1D'])('does not take %p', (text) =>
    expect(durationMs(text)).toBeUndefined(),
  );
});

describe('timesOf', () => {
  const times = { ...DEFAULT_DEADLINES, critical: 'PT1H' };
  const type = {
    deadlines: { delivery: times },
    awaits: { within: [{ clock: 'result-to-seen' as const, times }] },
  };
  it('finds what the type says of a clock', () => {
    expect(timesOf(type, 'delivery')).toBe(times);
    expect(timesOf(type, 'result-to-seen')).toBe(times);
  });
  it('finds nothing for a clock that the type does not start', () => {
    expect(timesOf(type, 'acknowledgement')).toBeUndefined();
    expect(timesOf(type, 'order-to-result')).toBeUndefined();
  });
  it('has a deadline of delivery for every type', () => {
    expect(timesOf({}, 'delivery')).toBe(DEFAULT_DEADLINES);
    expect(timesOf(undefined, 'delivery')).toBe(DEFAULT_DEADLINES);
  });
});

describe('clockMs', () => {
  it('is what the times say for the urgency', () => {
    expect(clockMs(DEFAULT_DEADLINES, 'critical')).toBe(4 * HOUR);
    expect(clockMs(DEFAULT_DEADLINES, 'two-week-wait')).toBe(24 * HOUR);
  });
  it('is that of routine for an event without urgency, or with one that nobody knows', () => {
    expect(clockMs(DEFAULT_DEADLINES, undefined)).toBe(168 * HOUR);
    expect(clockMs(DEFAULT_DEADLINES, 'toString')).toBe(168 * HOUR);
  });
  it('is what an organisation has set instead, where it has', () => {
    expect(clockMs(DEFAULT_DEADLINES, 'critical', { critical: 'PT30M' })).toBe(HOUR / 2);
    expect(clockMs(DEFAULT_DEADLINES, 'routine', { critical: 'PT30M' })).toBe(168 * HOUR);
  });
  it('is what the times say where that is no duration', () => {
    expect(clockMs(DEFAULT_DEADLINES, 'critical', { critical: 'half an hour' })).toBe(4 * HOUR);
  });
});

describe('deadlinesProblem', () => {
  it('has nothing against none, or against all four', () => {
    expect(deadlinesProblem(undefined)).toBeUndefined();
    expect(deadlinesProblem({ delivery: DEFAULT_DEADLINES })).toBeUndefined();
    expect(deadlinesProblem({ delivery: DEFAULT_DEADLINES, acknowledgement: DEFAULT_DEADLINES })).toBeUndefined();
  });
  it.each([
    [null],
    [{}],
    [{ delivery: { routine: 'P7D' } }],
    [{ delivery: { ...DEFAULT_DEADLINES, later: 'P9D' } }],
    [{ delivery: DEFAULT_DEADLINES, acknowledgement: { routine: 'P7D' } }],
  ])('asks for exactly the four urgencies: %j', (deadlines) => {
    expect(deadlinesProblem(deadlines)).toContain('exactly');
  });
  it('takes no deadline that it does not know', () => {
    expect(deadlinesProblem({ delivery: DEFAULT_DEADLINES, answer: DEFAULT_DEADLINES })).toContain('nothing else');
  });
  it.each(['P1M', 'PT0S', 7])('names the urgency with a duration that is none: %p', (routine) => {
    expect(deadlinesProblem({ delivery: { ...DEFAULT_DEADLINES, routine } })).toContain('routine');
  });
});

describe('deadlinesProblem of what is awaited', () => {
  const seen = { clock: 'result-to-seen', times: DEFAULT_DEADLINES };
  const problemOf = (within: unknown) => deadlinesProblem(undefined, { within }, [{ name: 'final' }]);

  it('has nothing against clocks that are whole', () => {
    expect(problemOf([])).toBeUndefined();
    expect(
      problemOf([{ ...seen, of: ['final'], by: 'receiver', each: true, until: [{ type: 't', of: ['seen'] }] }]),
    ).toBeUndefined();
  });
  it.each([
    ['array', {}],
    ['no clock', [{ ...seen, clock: 'delivery' }]],
    ['no clock', [{ ...seen, clock: 'toString' }]],
    ['twice', [seen, seen]],
    ['states', [{ ...seen, of: ['unknown'] }]],
    ['states', [{ ...seen, of: [] }]],
    ['receiver or publisher', [{ ...seen, by: 'anybody' }]],
    ['true or false', [{ ...seen, each: 'yes' }]],
    ['until', [{ ...seen, until: [] }]],
    ['until', [{ ...seen, until: [{ of: ['seen'] }] }]],
    ['exactly', [{ clock: 'result-to-seen' }]],
    ['urgent', [{ ...seen, times: { ...DEFAULT_DEADLINES, urgent: 'P1W' } }]],
  ])('says %s: %j', (words, within) => expect(problemOf(within)).toContain(words));
});
