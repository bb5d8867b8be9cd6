import { describe, expect, it } from '@jest/globals';
import {
  afterStep,
  type DeliveryStep,
  foreseen,
  type ForeseenEvent,
  type ForeseenSubscription,
  underSubscription,
} from './delivery.js';

const EVENT: ForeseenEvent = {
  identity: 'i1',
  journey: 'j1',
  type: 'org.signalbox.referral.requested.v1',
  source: 'urn:ods:X9G1P:records',
  recorded: '2026-11-21T10:00:00.000Z',
  sequence: 7,
};
const SUBSCRIPTION: ForeseenSubscription = {
  id: 's1',
  ods: 'X9H2T',
  channel: 'http',
  status: 'active',
  start: 1,
  typeMatches: true,
  granted: true,
};
const step = (kind: DeliveryStep['kind'], time: string, more: Partial<DeliveryStep> = {}): DeliveryStep => ({
  id: `${kind}-${time}`,
  kind,
  time: `2026-11-21T10:${time}.000Z`,
  source: EVENT.source,
  eventid: 'e1',
  type: EVENT.type,
  journey: 'j1',
  sourceorg: 'X9G1P',
  org: 'X9H2T',
  subscription: 's1',
  ...more,
});

describe('foreseen', () => {
  it('records a delivery as waiting before its first attempt', () => {
    expect(foreseen(EVENT, SUBSCRIPTION)).toMatchObject({ state: 'waiting', entitled: true, attempts: 0, step: 0 });
  });
  it('records it as paused for a paused subscription', () => {
    expect(foreseen(EVENT, { ...SUBSCRIPTION, status: 'paused' })?.state).toBe('paused');
  });
  it.each([
    ['another type', { typeMatches: false }],
    ['a later start', { start: 8 }],
    ['another source', { source: 'urn:ods:X9G1P:other' }],
    ['a disabled subscription', { status: 'disabled' as const }],
    ['a webhook that has not consented', { status: 'pending' as const }],
  ])('foresees nothing for %s', (_case, change) => {
    expect(foreseen(EVENT, { ...SUBSCRIPTION, ...change })).toBeUndefined();
  });
  it('does not let an organisation know of an event that is addressed to another, or that it has no grant for', () => {
    expect(foreseen({ ...EVENT, targetorg: 'X9L3B' }, SUBSCRIPTION)?.entitled).toBe(false);
    expect(foreseen(EVENT, { ...SUBSCRIPTION, granted: false })?.entitled).toBe(false);
  });
});

describe('underSubscription', () => {
  const waiting = foreseen(EVENT, SUBSCRIPTION)!;
  it.each([
    ['disabled', 'subscription-disabled'],
    ['pending', 'subscription-pending'],
    [undefined, 'subscription-deleted'],
  ] as const)('says why nothing is attempted under a subscription that is %s', (status, reason) => {
    expect(underSubscription(waiting, status)).toMatchObject({ state: 'paused', reason });
  });
  it('shows what waits as paused while its subscription is, and as waiting again afterwards', () => {
    const paused = underSubscription(waiting, 'paused');
    expect(paused.state).toBe('paused');
    expect(underSubscription(paused, 'active').state).toBe('waiting');
  });
  it('leaves what has ended as it ended', () => {
    const parked = { ...waiting, state: 'parked' as const };
    expect(underSubscription(parked, undefined)).toBe(parked);
  });
});

describe('afterStep', () => {
  const waiting = foreseen(EVENT, SUBSCRIPTION);
  const failed = step('attempt', '00:01', {
    attempt: 1,
    state: 'waiting',
    reason: 'endpoint-timeout',
    nextattempt: 'later',
  });

  it('keeps the reason and the time of the next attempt after a failed one', () => {
    const after = afterStep(waiting, failed, 'i1', 1);
    expect(after).toMatchObject({ state: 'waiting', attempts: 1, reason: 'endpoint-timeout', nextattempt: 'later' });
    expect(after.since).toBe(EVENT.recorded);
  });
  it('forgets the reason of the failures once delivered, and keeps their number', () => {
    const after = afterStep(afterStep(waiting, failed, 'i1', 1), step('delivered', '00:09', { attempt: 2 }), 'i1', 2);
    expect(after).toMatchObject({ state: 'delivered', attempts: 2, delivered: '2026-11-21T10:00:09.000Z' });
    expect(after).not.toHaveProperty('reason');
    expect(after).not.toHaveProperty('nextattempt');
  });
  it('changes nothing when a step is read again', () => {
    const once = afterStep(waiting, failed, 'i1', 5);
    expect(afterStep(once, failed, 'i1', 5)).toBe(once);
    expect(afterStep(once, step('delivered', '00:02'), 'i1', 4)).toBe(once);
  });
  it('stays acknowledged when the delivery is recorded after the acknowledgement', () => {
    const acknowledged = afterStep(waiting, step('acknowledged', '00:02'), 'i1', 1);
    const after = afterStep(acknowledged, step('delivered', '00:01'), 'i1', 2);
    expect(after).toMatchObject({
      state: 'acknowledged',
      delivered: '2026-11-21T10:00:01.000Z',
      since: acknowledged.since,
    });
  });
  it.each(['filtered', 'suppressed'] as const)('hides a %s event from its receiver', (kind) => {
    expect(afterStep(waiting, step(kind, '00:01'), 'i1', 1).entitled).toBe(false);
  });
  it('makes a delivery of a step whose event has not been read yet', () => {
    expect(afterStep(undefined, step('delivered', '00:01'), 'i1', 1)).toMatchObject({ attempts: 1, org: 'X9H2T' });
  });
  it('waits again after a person retried a parked delivery', () => {
    const parked = afterStep(waiting, step('parked', '00:01', { reason: 'endpoint-refused' }), 'i1', 1);
    const after = afterStep(parked, step('retried', '05:00'), 'i1', 2);
    expect(after).toMatchObject({ state: 'waiting', since: '2026-11-21T10:05:00.000Z' });
    expect(after).not.toHaveProperty('reason');
  });
});
