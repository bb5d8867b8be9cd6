import { describe, expect, it } from '@jest/globals';

import { eligibility, type Wish } from './eligibility.js';

const REPORTED = 'org.signalbox.result.reported.v1';
const anEvent = (attributes: Record<string, string> = {}) => ({
  attributes: { specversion: '1.0', id: '1', source: 'urn:ods:X9L3B:lims', type: REPORTED, ...attributes },
  data: { kind: 'absent' as const },
});
const wish: Wish = { ods: 'X9G1P', types: ['org.signalbox.result.*'], filters: [] };
const granted = (): boolean => true;

describe('whether an event is delivered to a subscription', () => {
  it('is, without targetorg, for every holder of a grant', () => {
    expect(eligibility(anEvent(), wish, granted)).toEqual({ kind: 'deliver' });
  });

  it('is when it is addressed to the subscriber', () => {
    expect(eligibility(anEvent({ targetorg: 'X9G1P' }), wish, granted)).toEqual({ kind: 'deliver' });
  });

  it('is not when it is addressed to another organisation', () => {
    expect(eligibility(anEvent({ targetorg: 'X9H2T' }), wish, granted)).toEqual({
      kind: 'filtered',
      reason: 'other-recipient',
    });
  });

  it('is only for whom it is addressed to, and never for all, when the exchange tells about itself', () => {
    const about = { type: 'org.signalbox.operations.alert-raised.v1' };
    const asking = { ...wish, types: ['org.signalbox.operations.*'] };
    const other = { kind: 'filtered', reason: 'other-recipient' };
    expect(eligibility(anEvent({ ...about, targetorg: 'X9G1P' }), asking, granted)).toEqual({ kind: 'deliver' });
    expect(eligibility(anEvent({ ...about, targetorg: 'X9H2T' }), asking, granted)).toEqual(other);
    expect(eligibility(anEvent(about), asking, granted)).toEqual(other);
    const wide = { ...wish, types: ['*'] };
    expect(eligibility(anEvent({ ...about, targetorg: 'X9G1P' }), wide, granted)).toEqual({
      kind: 'filtered',
      reason: 'other-type',
    });
  });

  it('is not when the types of the subscription changed while it waited', () => {
    expect(eligibility(anEvent(), { ...wish, types: ['org.signalbox.booking.*'] }, granted)).toEqual({
      kind: 'filtered',
      reason: 'other-type',
    });
  });

  it('is only for the source that was asked for, when one was', () => {
    const one = { ...wish, source: 'urn:ods:X9L3B:lims' };
    expect(eligibility(anEvent(), one, granted)).toEqual({ kind: 'deliver' });
    expect(eligibility(anEvent({ source: 'urn:ods:X9L3B:other' }), one, granted)).toEqual({
      kind: 'filtered',
      reason: 'other-source',
    });
  });

  it('is not when one of the filters does not match', () => {
    const urgent = { ...wish, filters: [{ exact: { urgency: 'urgent' } }] };
    expect(eligibility(anEvent({ urgency: 'urgent' }), urgent, granted)).toEqual({ kind: 'deliver' });
    expect(eligibility(anEvent({ urgency: 'routine' }), urgent, granted)).toEqual({
      kind: 'filtered',
      reason: 'no-match',
    });
  });

  it('is suppressed without a grant for exactly its type', () => {
    const asked: string[] = [];
    const verdict = eligibility(anEvent(), wish, (type) => {
      asked.push(type);
      return false;
    });
    expect(verdict).toEqual({ kind: 'suppressed', reason: 'no-grant' });
    expect(asked).toEqual([REPORTED]);
  });

  it('is filtered, not suppressed, when it would not have been sent anyway', () => {
    expect(eligibility(anEvent({ targetorg: 'X9H2T' }), wish, () => false)).toMatchObject({ kind: 'filtered' });
  });
});
