import { describe, expect, it } from '@jest/globals';
import { OVERDUE, PARKED, workOf } from './work-table.js';

const active = { status: 'active', protocol: 'HTTP' } as const;

describe('the table of who has to do what', () => {
  it('gives every row an owner, a reason in a sentence and one next thing to do', () => {
    for (const work of [...Object.values(PARKED), ...Object.values(OVERDUE)]) {
      expect(['receiver', 'publisher', 'operator']).toContain(work.owner);
      expect(work.sentence).toMatch(/^[A-Z].*\.$/);
      expect(work.next).toMatch(/^[A-Z].*\.$/);
    }
  });
  it('gives what a receiver can mend to the receiver, and corrections that nobody takes to their publisher', () => {
    expect(workOf({ state: 'parked', reason: 'endpoint-refused', subscription: active }).owner).toBe('receiver');
    expect(workOf({ state: 'parked', reason: 'receiver-ended', subscription: undefined }).owner).toBe('publisher');
    expect(workOf({ state: 'parked', reason: 'no-grant', subscription: active }).owner).toBe('publisher');
    expect(workOf({ state: 'parked', reason: 'egress-refused', subscription: active }).owner).toBe('operator');
  });
  it('asks nobody to retry what a subscription left that has ended', () => {
    for (const reason of ['endpoint-refused', 'egress-refused', 'of-tomorrow']) {
      const { owner, next } = workOf({ state: 'parked', reason, subscription: undefined });
      expect(owner).toBe('receiver');
      expect(next).toMatch(/cannot be retried: .* mark it handled outside\.$/);
    }
  });
  it('has a next action for a reason that it does not know', () => {
    expect(workOf({ state: 'parked', reason: 'of-tomorrow', subscription: active }).owner).toBe('receiver');
    expect(workOf({ state: 'parked', subscription: active }).next).not.toBe('');
  });
  it('names what stands in the way of a late delivery', () => {
    const late = { state: 'expired', reason: 'deadline-missed' } as const;
    expect(workOf({ ...late, subscription: active })).toBe(OVERDUE.active);
    expect(workOf({ ...late, subscription: { status: 'active', protocol: 'PULL' } })).toBe(OVERDUE.pull);
    expect(workOf({ ...late, subscription: { status: 'paused', protocol: 'PULL' } })).toBe(OVERDUE.paused);
    expect(workOf({ ...late, subscription: undefined }).owner).toBe('publisher');
  });
  it('gives what the exchange no longer holds back to its publisher', () => {
    expect(workOf({ state: 'expired', reason: 'retention-over', subscription: active }).owner).toBe('publisher');
  });
});
