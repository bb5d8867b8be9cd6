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
  withinMs: 3_600_000,
};
const SUBSCRIPTION: ForeseenSubscription = {
  id: 's1',
  ods: 'X9H2T',
  channel: 'http',
  status: 'active',
  asked: '2026-11-01T00:00:00.000Z',
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
  it.each(['paused', 'disabled', 'pending'] as const)(
    'records it as paused for a subscription that is %s, which gets it when it goes on',
    (status) => expect(foreseen(EVENT, { ...SUBSCRIPTION, status })?.state).toBe('paused'),
  );
  it.each([
    ['another type', { typeMatches: false }],
    ['a later start', { start: 8 }],
  ])('foresees nothing for %s', (_case, change) => {
    expect(foreseen(EVENT, { ...SUBSCRIPTION, ...change })).toBeUndefined();
  });
  it('does not let an organisation know of an event that is addressed to another, or that it has no grant for', () => {
    expect(foreseen({ ...EVENT, targetorg: 'X9L3B' }, SUBSCRIPTION)?.entitled).toBe(false);
    expect(foreseen(EVENT, { ...SUBSCRIPTION, granted: false })?.entitled).toBe(false);
    expect(foreseen(EVENT, { ...SUBSCRIPTION, source: 'urn:ods:X9G1P:other' })?.entitled).toBe(false);
  });
  it('is due within the time that the type allows, counted from when it was accepted and asked for', () => {
    expect(foreseen(EVENT, SUBSCRIPTION)?.due).toBe('2026-11-21T11:00:00.000Z');
    const later = { ...SUBSCRIPTION, asked: '2026-11-21T10:30:00.000Z' };
    expect(foreseen(EVENT, later)?.due).toBe('2026-11-21T11:30:00.000Z');
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

  describe('of a delivery that is past its deadline', () => {
    const expired = afterStep(waiting, step('expired', '30:00', { reason: 'deadline-missed' }), 'i1', 1);

    it('stays expired, with its reason, while it is tried on', () => {
      const tried = afterStep(expired, { ...failed, attempt: 9 }, 'i1', 2);
      expect(tried).toMatchObject({ state: 'expired', reason: 'deadline-missed', attempts: 9, nextattempt: 'later' });
      expect(tried.since).toBe(expired.since);
      expect(afterStep(tried, step('retried', '40:00'), 'i1', 3).state).toBe('expired');
      expect(afterStep(tried, step('paused', '40:00'), 'i1', 3).state).toBe('expired');
    });
    it.each(['delivered', 'acknowledged', 'parked', 'filtered', 'suppressed', 'handled-outside'] as const)(
      'is %s by a later step that says so',
      (kind) => expect(afterStep(expired, step(kind, '50:00'), 'i1', 2).state).toBe(kind),
    );
    it('takes over that it cannot be delivered any more', () => {
      const over = afterStep(expired, step('expired', '50:00', { reason: 'retention-over' }), 'i1', 2);
      expect(over).toMatchObject({ state: 'expired', reason: 'retention-over', since: expired.since });
    });
    it('stays delivered when it was delivered just before it would have expired', () => {
      const delivered = afterStep(waiting, step('delivered', '29:59'), 'i1', 1);
      expect(afterStep(delivered, step('expired', '30:00'), 'i1', 2).state).toBe('delivered');
    });
    it('is told to no receiver that it was not meant for', () => {
      const foreign = foreseen({ ...EVENT, targetorg: 'X9L3B' }, SUBSCRIPTION);
      expect(afterStep(foreign, step('expired', '30:00'), 'i1', 1).entitled).toBe(false);
    });
  });

  describe('once it has arrived', () => {
    const arrived = afterStep(waiting, step('delivered', '00:05'), 'i1', 1);

    it.each(['attempt', 'retried', 'filtered', 'suppressed'] as const)('stays so after a later %s', (kind) => {
      const after = afterStep(arrived, step(kind, '09:00', { replay: 'r1', reason: 'endpoint-timeout' }), 'i1', 2);
      expect(after).toMatchObject({ state: 'delivered', entitled: true, since: arrived.since, replay: 'r1', step: 2 });
      expect(after).not.toHaveProperty('reason');
    });
    describe('and its repetition is refused', () => {
      const refused = { replay: 'r1', reason: 'endpoint-refused', status: 422, answer: 'no such clinic' } as const;
      const tried = afterStep(arrived, step('attempt', '08:59', { ...refused, attempt: 2 }), 'i1', 2);
      const stopped = afterStep(tried, step('parked', '09:00', { replay: 'r1', reason: 'endpoint-refused' }), 'i1', 3);

      it('is parked with what was said to the repetition, and with when it had arrived', () => {
        expect(tried).toMatchObject({
          state: 'delivered',
          since: arrived.since,
          status: 422,
          answer: 'no such clinic',
        });
        expect(stopped).toMatchObject({
          ...{ state: 'parked', since: '2026-11-21T10:09:00.000Z', delivered: arrived.delivered, entitled: true },
          ...refused,
        });
      });
      it.each(['retried', 'attempt', 'handled-outside', 'filtered', 'suppressed', 'expired', 'paused'] as const)(
        'has arrived again, since it had, once that is over by a step %s',
        (kind) => {
          const after = afterStep(stopped, step(kind, '10:00'), 'i1', 4);
          expect(after).toMatchObject({ state: 'delivered', since: arrived.since, entitled: true, step: 4 });
          expect(after).not.toHaveProperty('reason');
        },
      );
      it('is acknowledged again when it was', () => {
        const acknowledged = afterStep(arrived, step('acknowledged', '06:00'), 'i1', 2);
        const parked = afterStep(acknowledged, step('parked', '09:00', refused), 'i1', 3);
        expect(parked.state).toBe('parked');
        const since = '2026-11-21T10:06:00.000Z';
        for (const kind of ['retried', 'handled-outside'] as const)
          expect(afterStep(parked, step(kind, '10:00'), 'i1', 4)).toMatchObject({ state: 'acknowledged', since });
        expect(afterStep(parked, step('delivered', '10:00'), 'i1', 4).state).toBe('acknowledged');
      });
    });
  });
  it('keeps its state and reason when somebody else looks after it, or a warning is given', () => {
    const parked = afterStep(waiting, step('parked', '00:01', { reason: 'endpoint-refused', answer: 'no' }), 'i1', 1);
    for (const kind of ['handed-over', 'warned'] as const)
      expect(afterStep(parked, step(kind, '05:00', { by: 'X9H2T:desk' }), 'i1', 2)).toEqual({ ...parked, step: 2 });
  });
  it('keeps the marks of the delivery and the last answer of the endpoint', () => {
    const failed = step('attempt', '00:01', { state: 'waiting', answer: 'busy', corrects: 'e0', late: 'e9' });
    const after = afterStep(afterStep(waiting, failed, 'i1', 1), step('delivered', '00:02'), 'i1', 2);
    expect(after).toMatchObject({ state: 'delivered', answer: 'busy', corrects: 'e0', late: 'e9' });
  });
  it('hides a correction from a receiver that lost its grant', () => {
    expect(afterStep(undefined, step('parked', '00:01', { reason: 'no-grant' }), 'i1', 1).entitled).toBe(false);
    expect(afterStep(undefined, step('parked', '00:01', { reason: 'receiver-ended' }), 'i1', 1).entitled).toBe(true);
  });
  it('is not told to such a receiver either when a person of the publisher saw to it', () => {
    const parked = afterStep(undefined, step('parked', '00:01', { reason: 'no-grant', corrects: 'e0' }), 'i1', 1);
    const handled = afterStep(parked, step('handled-outside', '05:00'), 'i1', 2);
    expect(handled).toMatchObject({ state: 'handled-outside', entitled: false, corrects: 'e0' });
  });
});
