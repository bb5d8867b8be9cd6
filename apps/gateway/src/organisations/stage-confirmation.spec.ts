import { describe, expect, it } from '@jest/globals';
import { StageConfirmations } from './stage-confirmation.js';

const asked = {
  ods: 'X9G1P',
  type: 'org.signalbox.referral.*',
  strictness: 'enforce',
  by: 'X9S0B:operator',
  before: 'warn',
};
const NOW = Date.parse('2026-11-22T12:00:00Z');

describe('a confirmation', () => {
  const confirmations = new StageConfirmations(Buffer.alloc(32, 1), 60_000);
  const confirm = confirmations.of(asked, NOW);

  it('holds for what was shown, for a while', () => {
    expect(confirmations.holds(confirm, asked, NOW + 59_000)).toBe(true);
    expect(confirmations.holds(confirm, asked, NOW + 60_000)).toBe(false);
  });

  it.each([
    ['another organisation', { ods: 'X9H2T' }],
    ['another type', { type: '*' }],
    ['another strictness', { strictness: 'warn' }],
    ['another start', { from: '2026-12-01T00:00:00.000Z' }],
    ['somebody else', { by: 'X9G1P:system' }],
    ['what was changed since', { before: 'observe' }],
  ])('does not hold for %s', (_what, other) => {
    expect(confirmations.holds(confirm, { ...asked, ...other }, NOW)).toBe(false);
  });

  it('is not made without the key', () => {
    const stranger = new StageConfirmations(Buffer.alloc(32, 2), 60_000).of(asked, NOW);
    for (const word of [stranger, '', '.', 'zzzzzzzzzz.', `${confirm}0`.slice(1)])
      expect(confirmations.holds(word, asked, NOW)).toBe(false);
  });
});
