import { describe, expect, test } from '@jest/globals';

import { answerLine, pauseAfter, verdictOf } from './verdict.js';

describe('the answer of a local receiver', () => {
  test.each([
    [200, 'taken'],
    [204, 'taken'],
    [302, 'again'],
    [400, 'refused'],
    [401, 'refused'],
    [408, 'again'],
    [410, 'gone'],
    [422, 'refused'],
    [425, 'again'],
    [429, 'again'],
    [500, 'again'],
    [503, 'again'],
  ])('%d means %s, as it does for the exchange', (status, verdict) => {
    expect(verdictOf({ status })).toBe(verdict);
  });

  test('that never came means again', () => {
    expect(verdictOf({ status: undefined, why: 'nobody listens there' })).toBe('again');
  });

  test('is followed by pauses that double up to half a minute, and never by less than was asked for', () => {
    expect([1, 2, 3, 6, 60].map((attempt) => pauseAfter(attempt, { status: 500 }))).toEqual([
      1_000, 2_000, 4_000, 30_000, 30_000,
    ]);
    expect(pauseAfter(1, { status: 429, retryAfterMs: 90_000 })).toBe(90_000);
  });

  test('is told in words, not by its number alone', () => {
    expect(answerLine({ status: 204 }, 12, undefined)).toBe('<-- 204  12 ms');
    expect(answerLine({ status: 500 }, 3, 2_000)).toBe('<-- 500  3 ms  failed, again in 2 s');
    expect(answerLine({ status: 500 }, 3, undefined)).toBe('<-- 500  3 ms  failed, given up');
    expect(answerLine({ status: 422 }, 3, undefined)).toMatch(/refused: the exchange would park/);
    expect(answerLine({ status: undefined, why: 'no answer in time' }, 9, 1_000)).toMatch(
      /^<-- no answer in time {2}9 ms/,
    );
  });
});
