import { describe, expect, it } from '@jest/globals';
import type { Subscription } from '@signalbox/registry';
import { firstOf, sameTerms, termsOf, widens } from './terms.js';

const REQUESTED = 'org.signalbox.referral.requested.v1';
const RESPONDED = 'org.signalbox.referral.responded.v1';
const subscription = (more: Partial<Subscription> = {}): Subscription => ({
  id: 's1',
  ods: 'X9H2T',
  application: 'system',
  types: [REQUESTED],
  filters: [],
  protocol: 'HTTP',
  sinksecrets: [],
  config: {},
  status: 'active',
  start: { referral: 10 },
  created: '2026-11-21T10:00:00.000Z',
  updated: '2026-11-21T10:00:00.000Z',
  revision: 1,
  ...more,
});

describe('the terms of a subscription', () => {
  const first = termsOf(subscription(), undefined, {});

  it('count from its start, for the types that it asks for', () => {
    expect(firstOf(first, 'referral', REQUESTED)).toBe(10);
    expect(firstOf(first, 'referral', RESPONDED)).toBeUndefined();
    expect(firstOf(first, 'booking', REQUESTED)).toBeUndefined();
  });

  it('count from the position reached for a type that is added later, and from the start for the others still', () => {
    const later = termsOf(subscription({ types: [REQUESTED, RESPONDED] }), first, { referral: 50 });
    expect(firstOf(later, 'referral', RESPONDED)).toBe(51);
    expect(firstOf(later, 'referral', REQUESTED)).toBe(10);
    const again = termsOf(subscription({ types: [REQUESTED, RESPONDED] }), later, { referral: 99 });
    expect(firstOf(again, 'referral', RESPONDED)).toBe(51);
  });

  it('count from the earliest of the patterns that match a type', () => {
    const wider = termsOf(subscription({ types: [REQUESTED, 'org.signalbox.*'] }), first, { referral: 50 });
    expect(firstOf(wider, 'referral', REQUESTED)).toBe(10);
    expect(firstOf(wider, 'referral', RESPONDED)).toBe(51);
  });

  it('begin anew when the subscription is set to another start', () => {
    const later = termsOf(subscription({ types: [REQUESTED, RESPONDED] }), first, { referral: 50 });
    const sought = termsOf(subscription({ types: [REQUESTED, RESPONDED], start: { referral: 3 } }), later, {});
    expect(firstOf(sought, 'referral', RESPONDED)).toBe(3);
  });

  it('widen by a type or an earlier start, not by losing one or by a later start', () => {
    expect(widens(undefined, first)).toBe(true);
    expect(widens(first, termsOf(subscription({ types: [REQUESTED, RESPONDED] }), first, {}))).toBe(true);
    expect(widens(first, termsOf(subscription({ start: { referral: 9 } }), first, {}))).toBe(true);
    expect(widens(first, termsOf(subscription({ start: { referral: 10, booking: 1 } }), first, {}))).toBe(true);
    expect(widens(first, termsOf(subscription({ start: { referral: 11 } }), first, {}))).toBe(false);
    expect(widens(first, termsOf(subscription({ types: [] }), first, {}))).toBe(false);
  });

  it('are the same whatever the order in which they are written', () => {
    const two = subscription({ types: [REQUESTED, RESPONDED], start: { referral: 1, booking: 2 } });
    const turned = subscription({ types: [RESPONDED, REQUESTED], start: { booking: 2, referral: 1 } });
    expect(sameTerms(termsOf(two, undefined, {}), termsOf(turned, undefined, {}))).toBe(true);
    expect(sameTerms(first, termsOf(two, first, {}))).toBe(false);
  });
});
