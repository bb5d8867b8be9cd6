import { describe, expect, it } from '@jest/globals';
import { answerTo, awaitedAfter, awaitedBy, type Awaiting } from './awaited.js';

const times = { routine: 'P1D', urgent: 'P1D', 'two-week-wait': 'P1D', critical: 'P1D' };
const clock = 'response-to-booking' as const;
const TYPE: Awaiting = {
  awaits: {
    text: 'an answer',
    next: ['booked', 'said', 'noted'],
    by: 'publisher',
    of: ['taken', 'asked back'],
    within: [
      { clock, times, of: ['taken'], text: 'a booking', until: [{ type: 'booked' }, { type: 'said', of: ['no'] }] },
    ],
  },
};

describe('what is awaited after an event', () => {
  it('is what the lines for its meaning say, with the clock that runs meanwhile', () => {
    expect(awaitedAfter(TYPE, 'taken')).toMatchObject([{ text: 'a booking', by: 'publisher', within: { clock } }]);
    expect(awaitedBy(TYPE, clock)).toEqual(awaitedAfter(TYPE, 'taken')[0]);
  });
  it('is what the type awaits at all, where no line is for its meaning or the meaning is not known', () => {
    const next = ['booked', 'said', 'noted'];
    const usual = { text: 'an answer', by: 'publisher', until: next.map((type) => ({ type })), next, each: false };
    expect([awaitedAfter(TYPE, 'asked back'), awaitedAfter(TYPE, undefined)]).toEqual([[usual], [usual]]);
  });
  it('is nothing after a meaning that ends it, and after a type that awaits nothing', () => {
    expect([awaitedAfter(TYPE, 'refused'), awaitedAfter({}, 'taken'), awaitedAfter(undefined, undefined)]).toEqual([
      [],
      [],
      [],
    ]);
  });
});

describe('an answer', () => {
  const [step] = awaitedAfter(TYPE, 'taken');
  const closing = (type: string) => (['cancelled', 'said', 'noted'].includes(type) ? { closes: true } : undefined);
  it.each([
    ['booked', 'any', undefined, 'answered'],
    ['said', 'no', undefined, 'answered'],
    ['said', 'later', undefined, undefined],
    ['said', undefined, undefined, undefined],
    ['cancelled', undefined, 'referral', 'closed'],
    ['cancelled', undefined, 'booking', undefined],
    ['noted', undefined, 'referral', undefined],
    ['other', undefined, 'referral', undefined],
  ])('is %s (%s) of %s: %s', (type, meaning, family = 'referral', ended) => {
    const answer = { type, family, ...(meaning !== undefined && { meaning }) };
    expect(answerTo(answer, step!, { family: 'referral' }, closing)).toBe(ended);
  });
});
