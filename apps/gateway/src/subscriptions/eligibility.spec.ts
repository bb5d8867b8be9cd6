import { describe, expect, it } from '@jest/globals';
import { eligibilityOf, REASONS } from './eligibility.js';

const type = 'org.signalbox.result.reported.v1';
const wish = { ods: 'X9G1P', types: ['org.signalbox.result.*'], filters: [] };
const ask = (attributes: object = {}, more: object = {}, granted = true) =>
  eligibilityOf(
    { attributes: { id: '1', source: 's', type, ...attributes }, data: { kind: 'absent' } },
    { ...wish, ...more },
    () => granted,
  );

describe('an event at the moment of delivery', () => {
  it('is delivered when the subscription asks for it and a grant covers it', () => {
    expect(ask()).toEqual({ kind: 'deliver' });
    expect(ask({ targetorg: 'X9G1P' })).toEqual({ kind: 'deliver' });
  });

  it('ends in a named state for a reason that is explained when it is not', () => {
    const outcomes = [
      ask({ type: 'org.signalbox.booking.booked.v1' }),
      ask({ targetorg: 'X9L3B' }),
      ask({}, { source: 'another' }),
      ask({}, { filters: [{ exact: { urgency: 'urgent' } }] }),
      ask({}, {}, false),
    ];
    expect(outcomes).toEqual([
      { kind: 'filtered', reason: 'other-type' },
      { kind: 'filtered', reason: 'other-recipient' },
      { kind: 'filtered', reason: 'other-source' },
      { kind: 'filtered', reason: 'no-match' },
      { kind: 'suppressed', reason: 'no-grant' },
    ]);
    for (const outcome of outcomes) expect('reason' in outcome && REASONS[outcome.reason]).toBeTruthy();
  });

  it('is suppressed only when it would have been delivered: what is not asked for is filtered', () => {
    expect(ask({ targetorg: 'X9L3B' }, {}, false).kind).toBe('filtered');
  });
});
