import { describe, expect, it } from '@jest/globals';
import { STUCK } from '@signalbox/contracts';
import type { DeliveryState } from '@signalbox/messaging';
import { type StuckFacts, whyOverdue, whyRefused, whyStuck } from './why.js';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const ago = (minutes: number): string => new Date(NOW.getTime() - minutes * 60_000).toISOString();

const facts = (
  delivery: Partial<StuckFacts['delivery']> & { readonly state: DeliveryState },
  more: Partial<Omit<StuckFacts, 'delivery'>> = {},
): StuckFacts => ({
  delivery: { org: 'X9H2T', since: ago(10), attempts: 0, ...delivery },
  event: { sourceorg: 'X9G1P', targetorg: 'X9H2T', recorded: ago(10) },
  subscription: { status: 'active', protocol: 'HTTP' },
  now: NOW,
  patienceMs: 60_000,
  ...more,
});
const why = (...given: Parameters<typeof facts>) => whyStuck(facts(...given), 'X9S0B');
const reason = (...given: Parameters<typeof facts>) => why(...given)?.reason;

describe('why something stands still', () => {
  it('is told with whose move it is, since when, by when, and the next action of the one table', () => {
    expect(why({ state: 'parked', reason: 'endpoint-refused', attempts: 1, due: ago(-5) })).toEqual({
      reason: 'subscriber-refused',
      owner: { side: 'receiver', ods: 'X9H2T' },
      since: ago(10),
      due: ago(-5),
      detail: 'The endpoint refused the event.',
      next: STUCK['subscriber-refused'].next,
    });
  });
  it('is nothing while there is still time, and once it has arrived', () => {
    expect(why({ state: 'waiting' }, { event: { sourceorg: 'X9G1P', recorded: ago(0.5) } })).toBeUndefined();
    expect(why({ state: 'delivered', delivered: ago(5) })).toBeUndefined();
    expect(why({ state: 'acknowledged', delivered: ago(5), acknowledged: ago(4) })).toBeUndefined();
  });
  it.each([
    ['endpoint-unreachable', 'subscriber-down'],
    ['endpoint-timeout', 'subscriber-down'],
    ['endpoint-error', 'delivering'],
    ['endpoint-overloaded', 'delivering'],
  ])('is, after an attempt that ended with %s, %s', (code, expected) => {
    expect(why({ state: 'waiting', attempts: 2, reason: code })).toMatchObject({
      reason: expected,
      detail: `2 attempts failed, the last one: ${code}.`,
    });
  });
  it.each([
    ['paused', 'subscriber-down'],
    ['disabled', 'subscriber-down'],
    ['pending', 'subscriber-down'],
  ] as const)('is, while the subscription is %s, %s, whatever the attempts said', (status, expected) => {
    const subscription = { status, protocol: 'HTTP' } as const;
    expect(reason({ state: 'waiting' }, { subscription })).toBe(expected);
    expect(reason({ state: 'paused' }, { subscription })).toBe(expected);
    expect(reason({ state: 'waiting', attempts: 1, reason: 'endpoint-error' }, { subscription })).toBe(expected);
  });
  it('is that nobody receives it when its recipient has ended the subscription or left the exchange', () => {
    expect(reason({ state: 'waiting' }, { subscription: undefined })).toBe('no-recipient');
    expect(reason({ state: 'waiting' }, { receiverActive: false })).toBe('no-recipient');
    expect(reason({ state: 'suppressed', reason: 'no-grant' }, { receiverActive: false })).toBe('no-recipient');
    const others = { sourceorg: 'X9G1P', recorded: ago(10) };
    expect(reason({ state: 'waiting' }, { subscription: undefined, event: others })).toBeUndefined();
  });
  it('is a missing grant only for whom the event is addressed to; information governance of its publisher decides', () => {
    const told = why({ state: 'suppressed', reason: 'no-grant' });
    expect(told).toMatchObject({ reason: 'no-grant', owner: { side: 'information-governance', ods: 'X9G1P' } });
    const broadcast = { sourceorg: 'X9G1P' };
    expect(why({ state: 'suppressed', reason: 'no-grant' }, { event: broadcast })).toBeUndefined();
  });
  it('is the endpoint of its subscription when that fails, and else the event before it', () => {
    expect(reason({ state: 'waiting' }, { troubled: 'endpoint-unreachable' })).toBe('subscriber-down');
    expect(reason({ state: 'waiting' }, { troubled: 'endpoint-error' })).toBe('held-order');
    expect(reason({ state: 'waiting' })).toBe('delivering');
  });
  it('gives what is fetched the time until its deadline', () => {
    const subscription = { status: 'active', protocol: 'PULL' } as const;
    expect(why({ state: 'waiting', due: ago(-5) }, { subscription })).toBeUndefined();
    expect(reason({ state: 'waiting', due: ago(5) }, { subscription })).toBe('subscriber-down');
  });
  it('counts from the missed deadline, and leaves what can no longer be sent to its publisher', () => {
    const late = why({ state: 'expired', reason: 'deadline-missed', since: ago(1), due: ago(3) });
    expect(late).toMatchObject({ reason: 'expired-to-human', since: ago(3), owner: { side: 'receiver' } });
    const gone = why({ state: 'expired', reason: 'retention-over' });
    expect(gone).toMatchObject({ reason: 'expired-to-human', owner: { side: 'publisher', ods: 'X9G1P' } });
  });
  it('gives what only the operator of the exchange can mend to the operator', () => {
    expect(why({ state: 'parked', reason: 'egress-refused' })?.owner).toEqual({ side: 'operator', ods: 'X9S0B' });
  });
  it('is a clock that ran out, by what it waits for', () => {
    const overdue = { clock: 'acknowledgement', started: ago(9), due: ago(2) };
    expect(why({ state: 'delivered', delivered: ago(9) }, { overdue })).toMatchObject({
      reason: 'delivered-unacknowledged',
      since: ago(9),
      due: ago(2),
    });
    const answer = { clock: 'referral-to-response', started: ago(9), due: ago(2), owner: 'X9H2T' };
    expect(reason({ state: 'acknowledged', delivered: ago(9) }, { overdue: answer })).toBe('acknowledged-no-action');
    expect(whyOverdue('delivery')).toBe('expired-to-human');
  });
  it('is a declared outage of the receiver before anything else that it could mend', () => {
    const outage = { since: ago(30) };
    expect(why({ state: 'waiting', attempts: 3, reason: 'endpoint-unreachable' }, { outage })).toMatchObject({
      reason: 'outage-declared',
      since: ago(30),
      owner: { side: 'receiver', ods: 'X9H2T' },
    });
  });
  it('says of what a person has seen to that nothing waits', () => {
    expect(why({ state: 'handled-outside' })?.next).toBe(STUCK['handled-outside'].next);
  });
  it('is unknown for a reason of tomorrow, and the operator is to look', () => {
    expect(why({ state: 'parked', reason: 'of-tomorrow' })).toMatchObject({
      reason: 'unknown',
      owner: { side: 'operator', ods: 'X9S0B' },
    });
    expect(reason({ state: 'waiting', attempts: 1, reason: 'of-tomorrow' })).toBe('unknown');
  });
  it('tells a sender that may not from content that does not meet its rules', () => {
    expect(whyRefused('SB-3005')).toBe('rejected-identity');
    expect(whyRefused('SB-4090')).toBe('rejected-identity');
    expect(whyRefused('SB-3009')).toBe('rejected-identity');
    expect(whyRefused('SB-2003')).toBe('rejected-schema');
  });
});
