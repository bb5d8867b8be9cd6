import { describe, expect, it } from '@jest/globals';
import { activeSecrets, type Subscription } from '@signalbox/registry';

import { rotated } from './rotation.js';

const NOW = Date.parse('2026-11-22T12:00:00.000Z');
const subscription = { id: 'sub-1', sinksecrets: ['first'] } as unknown as Subscription;

const secretsOf = (one: Subscription, now: number): number => activeSecrets(one, now).length;

describe('a rotation', () => {
  it('puts a new secret before the former one, which ends after the overlap', () => {
    const after = rotated(subscription, { overlapMs: 60_000, now: NOW });
    expect(after.sinksecrets).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/), 'first']);
    expect(after.oldsecretsuntil).toBe('2026-11-22T12:01:00.000Z');
    expect(secretsOf(after, NOW + 59_999)).toBe(2);
    expect(secretsOf(after, NOW + 60_000)).toBe(1);
  });

  it('keeps none of those that have ended', () => {
    const once = rotated(subscription, { overlapMs: 60_000, now: NOW });
    const twice = rotated(once, { overlapMs: 60_000, now: NOW + 60_000 });
    expect(twice.sinksecrets).toHaveLength(2);
    expect(twice.sinksecrets[1]).toBe(once.sinksecrets[0]);
  });

  it('is refused while a former secret still signs, for that is the one which the receiver knows', () => {
    const once = rotated(subscription, { overlapMs: 60_000, now: NOW });
    expect(() => rotated(once, { overlapMs: 60_000, now: NOW + 1 })).toThrow('A former secret still signs');
  });

  it('ends every former secret at once when no overlap is wanted', () => {
    const once = rotated(subscription, { overlapMs: 60_000, now: NOW });
    const revoked = rotated(once, { overlapMs: 0, now: NOW + 1 });
    expect(revoked.sinksecrets).toHaveLength(1);
    expect([...once.sinksecrets]).not.toContain(revoked.sinksecrets[0]);
    expect(revoked).not.toHaveProperty('oldsecretsuntil');
  });

  it('is refused where nothing is signed', () => {
    const pull = { ...subscription, sinksecrets: [] };
    expect(() => rotated(pull, { overlapMs: 0, now: NOW })).toThrow('Nothing is signed');
  });
});
