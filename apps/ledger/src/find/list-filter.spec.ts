import { describe, expect, it } from '@jest/globals';
import type { JourneyView } from '../journeys/journey-view.js';
import { filterOf, filters, matches } from './list-filter.js';
import { walkOf } from './candidates.js';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const view = {
  updated: '2026-11-22T06:00:00.000Z',
  organisations: ['X9G1P', 'X9H2T'],
  heading: { state: 'awaited' },
  events: [{ type: 'org.signalbox.referral.requested.v1', sourceorg: 'X9G1P', deliveries: [{ org: 'X9H2T' }] }],
} as unknown as JourneyView;

describe('the filter of a list', () => {
  it('is read from an address, and what is left empty asks for nothing', () => {
    expect(filterOf({ type: '', org: ' x9g1p ', state: 'stuck', age: '1d', other: 'x' })).toEqual({
      org: 'X9G1P',
      state: 'stuck',
      age: '1d',
    });
    expect(filters(filterOf({ type: '' }))).toBe(false);
  });

  it.each([
    ['type', 'Anybody Jones'],
    ['org', 'not a code'],
    ['from', ['A', 'B']],
    ['state', 'unheard-of'],
    ['state', 'toString'],
    ['age', '2d'],
  ])('is refused when %s= is none, without repeating it', (name, value) => {
    expect(() => filterOf({ [name]: value })).toThrow(new RegExp(`${name}=`));
    expect(() => filterOf({ [name]: value })).not.toThrow(/Jones|code\b.*not a code|unheard/);
  });

  it.each([
    [{ type: 'org.signalbox.referral.requested.v1' }, true],
    [{ type: 'org.signalbox.result.reported.v1' }, false],
    [{ org: 'X9H2T' }, true],
    // An organisation that takes part where the viewer cannot see it does not take part for the viewer.
    [{ org: 'X9L3B' }, false],
    [{ from: 'X9G1P', to: 'X9H2T' }, true],
    [{ from: 'X9H2T' }, false],
    [{ to: 'X9G1P' }, false],
    [{ state: 'awaited' }, true],
    [{ state: 'closed' }, false],
    [{ age: '4h' }, true],
    [{ age: '1d' }, false],
  ] as const)('takes %j for %s', (filter, expected) => {
    expect(matches(view, filter, NOW)).toBe(expected);
  });

  it('is walked by what finds most of it', () => {
    expect(walkOf({ state: 'stuck', type: 't' })).toBe('open');
    expect(walkOf({ type: 't', age: '1d' })).toBe('type');
    expect(walkOf({ type: 't', org: 'A' })).toBe('recent');
    expect(walkOf({ state: 'closed' })).toBe('recent');
  });
});
