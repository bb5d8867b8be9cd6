import { describe, expect, it } from '@jest/globals';

import { driverOf } from './rendezvous.js';

const SUBSCRIPTIONS = Array.from({ length: 300 }, (_, index) => `subscription-${String(index)}`);
const share = (relays: string[]): Map<string, string | undefined> =>
  new Map(SUBSCRIPTIONS.map((id) => [id, driverOf(id, relays)]));

describe('which relay drives a subscription', () => {
  it('is the same whoever asks, in whatever order the relays are known', () => {
    expect(share(['a', 'b', 'c'])).toEqual(share(['c', 'a', 'b']));
    expect(driverOf('any', [])).toBeUndefined();
  });

  it('is spread over all of them', () => {
    const counts = new Map<string | undefined, number>();
    for (const relay of share(['a', 'b', 'c']).values()) counts.set(relay, (counts.get(relay) ?? 0) + 1);
    for (const relay of ['a', 'b', 'c']) expect(counts.get(relay)).toBeGreaterThan(60);
  });

  it('changes only for what a relay that went had', () => {
    const before = share(['a', 'b', 'c']);
    const after = share(['a', 'b']);
    for (const [id, relay] of before) if (relay !== 'c') expect(after.get(id)).toBe(relay);
  });
});
