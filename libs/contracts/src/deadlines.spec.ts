import { describe, expect, it } from '@jest/globals';
import { deadlinesProblem, DEFAULT_DEADLINES, deliveryDeadlineMs, durationMs } from './deadlines.js';

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

describe('deliveryDeadlineMs', () => {
  const type = { deadlines: { delivery: { ...DEFAULT_DEADLINES, critical: 'PT1H' } } };
  it('is what the type says for the urgency', () => {
    expect(deliveryDeadlineMs(type, 'critical')).toBe(HOUR);
    expect(deliveryDeadlineMs(type, 'two-week-wait')).toBe(24 * HOUR);
  });
  it('is that of routine for an event without urgency, or with one that nobody knows', () => {
    expect(deliveryDeadlineMs(type, undefined)).toBe(168 * HOUR);
    expect(deliveryDeadlineMs(type, 'toString')).toBe(168 * HOUR);
  });
  it('is the default for a type without deadlines', () => {
    expect(deliveryDeadlineMs({}, 'critical')).toBe(4 * HOUR);
    expect(deliveryDeadlineMs(undefined, undefined)).toBe(168 * HOUR);
  });
});

describe('deadlinesProblem', () => {
  it('has nothing against none, or against all four', () => {
    expect(deadlinesProblem(undefined)).toBeUndefined();
    expect(deadlinesProblem({ delivery: DEFAULT_DEADLINES })).toBeUndefined();
  });
  it.each([[null], [{}], [{ delivery: { routine: 'P7D' } }], [{ delivery: { ...DEFAULT_DEADLINES, later: 'P9D' } }]])(
    'asks for exactly the four urgencies: %j',
    (deadlines) => {
      expect(deadlinesProblem(deadlines)).toContain('exactly');
    },
  );
  it.each(['P1M', 'PT0S', 7])('names the urgency with a duration that is none: %p', (routine) => {
    expect(deadlinesProblem({ delivery: { ...DEFAULT_DEADLINES, routine } })).toContain('routine');
  });
});
