import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { intervalsOf, type PathwayEvent } from './pathway.js';

let serial = 0;
const HOUR = 3_600_000;
const event = (type: string, hour: number, more: Partial<PathwayEvent> = {}): PathwayEvent => {
  serial += 1;
  const id = `e${String(serial)}`;
  return {
    identity: `identity-${String(serial).padStart(4, '0')}`,
    id,
    type: `org.signalbox.${type}.v1`,
    journey: 'j',
    sourceorg: 'X9H2T',
    targetorg: 'X9G1P',
    recorded: new Date(hour * HOUR).toISOString(),
    ...more,
  };
};
const practice = { sourceorg: 'X9G1P', targetorg: 'X9H2T' };
const pathway = () => [
  event('referral.requested', 0, practice),
  event('referral.responded', 5),
  event('booking.booked', 8),
  event('booking.outcome-recorded', 100),
  event('result.reported', 130, { sourceorg: 'X9L3B' }),
  event('result.acknowledged', 140, practice),
];
const told = (events: readonly PathwayEvent[]) =>
  intervalsOf(events).map(({ part, waits, acts, ms }) => [part, waits, acts, ms / HOUR]);

describe('intervalsOf', () => {
  it('measures each part of a pathway, between who waited and who acted', () => {
    expect(told(pathway())).toEqual([
      ['referral-to-response', 'X9G1P', 'X9H2T', 5],
      ['response-to-booking', 'X9G1P', 'X9H2T', 3],
      ['booking-to-outcome', 'X9G1P', 'X9H2T', 92],
      ['outcome-to-result', 'X9H2T', 'X9L3B', 30],
      ['result-to-acknowledgement', 'X9L3B', 'X9G1P', 10],
    ]);
  });

  it('comes to the same in whatever order events were read', () => {
    const events = pathway();
    const once = intervalsOf(events);
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        expect(intervalsOf(shuffled)).toEqual(once);
      }),
      { numRuns: 50 },
    );
  });

  it('has nothing while an end is missing', () => {
    expect(told([event('referral.requested', 0, practice)])).toEqual([]);
    expect(told([event('referral.responded', 5)])).toEqual([]);
  });

  it('ends what an answer names as its cause, else the oldest; and each once', () => {
    const first = event('result.reported', 0);
    const second = event('result.corrected', 10);
    const noted = event('result.acknowledged', 12, { ...practice, causationid: second.id });
    const later = event('result.acknowledged', 20, practice);
    const again = event('result.acknowledged', 30, practice);
    expect(told([first, second, noted, later, again]).map(([, , , hours]) => hours)).toEqual([2, 20]);
  });

  it('does not end the next one by what answers once more what has ended', () => {
    const [one, other] = [event('referral.requested', 0, practice), event('referral.requested', 1, practice)];
    const answers = [2, 3].map((hour) => event('referral.responded', hour, { causationid: one.id }));
    const late = event('referral.responded', 9, { causationid: other.id });
    const hours = (events: readonly PathwayEvent[]) =>
      told(events).flatMap(([part, , , took]) => (part === 'referral-to-response' ? [took] : []));
    expect(hours([one, other, ...answers])).toEqual([2]);
    expect(hours([one, other, ...answers, late])).toEqual([2, 8]);
  });

  it('takes another version of a type for the same', () => {
    const requested = { ...event('referral.requested', 0, practice), type: 'org.signalbox.referral.requested.v2' };
    expect(told([requested, event('referral.responded', 1)])).toHaveLength(1);
  });
});
