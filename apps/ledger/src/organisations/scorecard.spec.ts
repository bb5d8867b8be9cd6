import { describe, expect, it } from '@jest/globals';
import type { Measure } from './measures.js';
import { cardOf, cardsOf, failureRate, periodStart, type Score } from './scorecard.js';
import { countOfRepeat, countsOfArrival, countsOfEvent, countsOfRefusal, OTHER, talliesOf } from './tallies.js';

const TYPE = 'org.signalbox.referral.requested.v1';
const AT = '2026-11-22T10:30:00.000Z';
const origin = { sourceorg: 'X9G1P', source: 'urn:ods:X9G1P:records', type: TYPE, product: 'PAS', version: '1.2' };
const event = (more: object = {}) => ({ ...origin, recorded: AT, rules: [], again: false, ...more });
const every = { application: () => true, product: () => true, version: () => true, type: () => true };
const score = (measure: Measure, count: number, more: Partial<Score> = {}): Score => ({
  type: TYPE,
  application: 'records',
  product: '',
  version: '',
  measure,
  count,
  ...more,
});

describe('talliesOf', () => {
  it('counts an event once, and each of its rules once, in its hour and on its day', () => {
    const counts = countsOfEvent(event({ rules: ['nhs-number', 'nhs-number', 'ods-code'], late: 'newer' }));
    const tallies = talliesOf(counts, every, '2026-11-20T00:00:00.000Z');
    const days = tallies.filter(({ grain }) => grain === 'day');
    expect(days.map(({ measure, count }) => [measure, count])).toEqual([
      ['accepted', 1],
      ['found', 1],
      ['late', 1],
      ['found-rule:nhs-number', 1],
      ['found-rule:ods-code', 1],
    ]);
    expect(days[0]).toMatchObject({ started: '2026-11-22T00:00:00.000Z', application: 'records', product: 'PAS' });
    expect(tallies.filter(({ grain }) => grain === 'hour')[0]).toMatchObject({ started: '2026-11-22T10:00:00.000Z' });
  });

  it('adds what became of an event to the hour in which it was accepted', () => {
    const arrived = countsOfArrival({ ...origin, kind: 'delivered', recorded: AT, ms: 90_000_000 });
    expect(talliesOf(arrived, every, '').every(({ started }) => started <= AT)).toBe(true);
  });

  it('keeps no hours that are over, but their days', () => {
    const tallies = talliesOf(countsOfEvent(event()), every, '2026-11-22T11:00:00.000Z');
    expect(new Set(tallies.map(({ grain }) => grain))).toEqual(new Set(['day']));
  });

  it('sums what is not told apart under one name, an unknown type too', () => {
    const few = { ...every, product: () => false, type: () => false };
    expect(talliesOf(countsOfEvent(event()), few, '')[0]).toMatchObject({
      product: OTHER,
      type: OTHER,
      version: '1.2',
    });
    const odd = countsOfRefusal({ ...origin, type: '=cmd|x', source: '', time: AT, code: 'SB-2001', rules: [] });
    expect(talliesOf(odd, every, '')[0]).toMatchObject({ type: OTHER, application: '' });
  });

  it('tells a clock that is ahead from a delay, and repetitions from what is new', () => {
    const ahead = countsOfEvent(event({ sent: '2026-11-22T10:31:00.000Z' }));
    expect(ahead.map(({ measure }) => measure)).toEqual(['accepted', 'clean', 'ahead']);
    expect(countsOfEvent(event({ again: true })).map(({ measure }) => measure)).toEqual(['duplicate']);
    expect(countOfRepeat(origin, 'conflict', AT).measure).toBe('conflict');
  });
});

describe('cardOf', () => {
  const scores = [
    score('accepted', 90),
    score('clean', 80),
    score('found', 10),
    score('refused:SB-2003', 8),
    score('refused:SB-3005', 2),
    score('found-rule:nhs-number', 10),
    score('refused-rule:nhs-number', 8),
    score('delivered', 40),
    score('acknowledged', 30),
    score('duplicate', 25),
    score('late', 9),
  ];

  it('gives each share with its own denominator', () => {
    const card = cardOf(scores, 20);
    expect(card).toMatchObject({ offered: 100, enough: true });
    expect(card.validity).toMatchObject({ share: 0.8, refused: 10 });
    expect(card.validity.byrule).toEqual([{ rule: 'nhs-number', accepted: 10, refused: 8 }]);
    expect(card.acknowledgement).toMatchObject({ delivered: 40, acknowledged: 30, share: 0.75 });
    expect(card.repeats).toMatchObject({ duplicates: 25, share: 0.2 });
    expect(card.order).toMatchObject({ late: 9, share: 0.1 });
  });

  it('gives no share and no time of too little', () => {
    const card = cardOf([score('accepted', 5), score('clean', 5), score('to-accept:3', 5)], 20);
    expect(card).toMatchObject({ offered: 5, enough: false, timeliness: { toaccept: { count: 5 } } });
    expect(card.validity).not.toHaveProperty('share');
    expect(card.timeliness.toaccept).not.toHaveProperty('p50');
  });

  it('says what enforcing refuses: by rules alone, not for want of a grant', () => {
    expect(failureRate(cardOf(scores, 20), 20)).toEqual({ failed: 18, of: 98, share: 18 / 98 });
  });

  it('tells subjects apart, the most offered first', () => {
    const cards = cardsOf([score('accepted', 1), score('accepted', 7, { product: 'PAS' })], 1);
    expect(cards.map(({ product, offered }) => [product, offered])).toEqual([
      ['PAS', 7],
      ['', 1],
    ]);
  });
});

describe('periodStart', () => {
  it('counts clock hours and UTC days, the present one included', () => {
    const now = new Date(AT);
    expect(periodStart('24h', now)).toBe('2026-11-21T11:00:00.000Z');
    expect(periodStart('7d', now)).toBe('2026-11-16T00:00:00.000Z');
    expect(periodStart('30d', now)).toBe('2026-10-24T00:00:00.000Z');
  });
});
