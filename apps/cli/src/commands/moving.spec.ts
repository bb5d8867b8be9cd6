import { describe, expect, test } from '@jest/globals';

import { CommandFailure } from '../exit-codes.js';
import { placeOf, planText, seekText, wishOf } from './moving.js';

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CommandFailure) return `${error.exitCode} ${error.message}`;
  }
  return 'taken';
}

describe('a place', () => {
  test('is now, a time with a zone, or positions', () => {
    expect(placeOf('now')).toBe('now');
    expect(placeOf('2026-11-21T10:30:00+01:00')).toEqual({ time: '2026-11-21T09:30:00.000Z' });
    expect(placeOf('referral=120, result=7')).toEqual({ positions: { referral: 120, result: 7 } });
  });

  test.each(['yesterday', '2026-11-21', '2026-11-21T10:30:00', '2026-13-41T10:30:00Z', 'referral=x', '=1', 'a=1;b=2'])(
    'is not %s, and what it should be is told',
    (place) => {
      expect(refusalOf(() => placeOf(place))).toMatch(/^2 The place must be .*such as/);
    },
  );
});

describe('what to send again', () => {
  const time = '2026-11-21T09:30:00.000Z';

  test('is told by exactly one option', () => {
    expect(wishOf({ from: time, to: time, rate: '5' })).toEqual({ from: { time }, to: { time }, rate: 5 });
    expect(wishOf({ journey: 'j' })).toEqual({ from: { journey: 'j' } });
    expect(wishOf({ positions: 'result=3' })).toEqual({ from: { positions: { result: 3 } } });
    for (const none of [
      {},
      { from: time, journey: 'j' },
      { missed: true, journey: 'j' },
      { missed: true, positions: 'a=1' },
    ]) {
      expect(refusalOf(() => wishOf(none))).toMatch(/exactly one of/);
    }
  });

  test('may be what was missed, since a time too', () => {
    expect(wishOf({ missed: true })).toEqual({ from: { missed: true } });
    expect(wishOf({ missed: true, from: time })).toEqual({ from: { missed: true, time } });
  });

  test('is told in sentences, with what could be duplicated and what is not known', () => {
    const plan = {
      dryrun: true,
      events: 1200,
      bytes: 9_600_000,
      journeys: 1,
      rate: 10,
      seconds: 120,
      range: {},
    } as const;
    expect(planText({ ...plan, duplicates: 40 })).toBe(
      '1,200 events (9.6 MB) of 1 journey would be sent.\n' +
        'It has got 40 events of them already: duplicates.\n' +
        'At 10 a second it takes at least 120 seconds.',
    );
    expect(planText({ ...plan, duplicates: 1200 })).toMatch(/has got all of them already/);
    expect(planText({ ...plan, gone: 3 })).toMatch(/is not known\.[^]*3 events cannot be sent/);
    expect(planText({ ...plan, events: 0, bytes: 0, journeys: 0, duplicates: 0 })).toBe(
      '0 events (0 bytes) of 0 journeys would be sent.',
    );
  });
});

describe('a seek', () => {
  const plan = { dryrun: true, passedover: 0, again: 0, start: { result: 8 } };

  test('says what will never be given and what comes once more', () => {
    expect(seekText({ ...plan, passedover: 2 })).toMatch(
      /from result=8\. 2 events would be passed over and never be given/,
    );
    expect(seekText({ ...plan, again: 1 })).toMatch(/1 event would come once more/);
    expect(seekText(plan)).toMatch(/No event lies between/);
  });
});
