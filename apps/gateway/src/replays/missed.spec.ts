import { describe, expect, it } from '@jest/globals';
import { isMissed, isReceived } from './missed.js';

describe('what a subscription missed', () => {
  it.each(['parked', 'expired', 'suppressed', 'filtered', undefined])('is an event that is %s', (state) => {
    expect(isMissed({ ...(state !== undefined && { state }) })).toBe(true);
  });

  it.each(['delivered', 'acknowledged', 'waiting', 'delivering', 'paused', 'handled-outside'])(
    'is not an event that is %s',
    (state) => {
      expect(isMissed({ state })).toBe(false);
    },
  );

  it('is not what its people passed over on purpose', () => {
    expect(isMissed({ state: 'filtered', reason: 'sought-past' })).toBe(false);
  });

  it('is told from what is sent a second time', () => {
    expect(isReceived({ state: 'delivered' })).toBe(true);
    expect(isReceived({ state: 'acknowledged' })).toBe(true);
    expect(isReceived({ state: 'parked' })).toBe(false);
    expect(isReceived({})).toBe(false);
  });
});
