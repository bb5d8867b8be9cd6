import { describe, expect, it } from '@jest/globals';
import { STUCK, type StuckReason } from '@signalbox/contracts';
import type { Why } from '../stuck/why.js';
import type { ExplainedJourney } from '../stuck/why-book.js';
import { stillnessOf } from './journey-desk.js';

const why = (reason: StuckReason, since: string): Why => ({
  reason,
  owner: { side: STUCK[reason].owner, ods: 'X9H2T' },
  since,
  next: STUCK[reason].next,
});
const event = (id: string, deliveries: Why[], own?: Why) => ({
  ...{ id, source: 's', title: `title of ${id}` },
  deliveries: deliveries.map((one) => ({ org: 'X9H2T', why: one })),
  ...(own !== undefined && { why: own }),
});
const still = (...events: object[]) =>
  stillnessOf({ events, heading: { event: { id: 'b', source: 's' } } } as unknown as ExplainedJourney);

describe('stillnessOf', () => {
  it('says in the words of the one table why things stand still, with whose move it is', () => {
    expect(still(event('a', [why('subscriber-down', '2026-11-21T10:00:00.000Z')]))).toEqual([
      expect.objectContaining({
        reason: 'subscriber-down',
        meaning: STUCK['subscriber-down'].meaning,
        next: STUCK['subscriber-down'].next,
        receiver: 'X9H2T',
        event: { id: 'a', source: 's', title: 'title of a' },
      }),
    ]);
  });
  it('begins with what the journey waits for, then with the oldest', () => {
    const told = still(
      event('a', [why('subscriber-down', '2026-11-20T10:00:00.000Z')]),
      event('b', [], why('acknowledged-no-action', '2026-11-21T10:00:00.000Z')),
      event('c', [why('no-grant', '2026-11-19T10:00:00.000Z')]),
    );
    expect(told.map(({ event: { id } }) => id)).toEqual(['b', 'c', 'a']);
  });
  it('does not say of an event again what its delivery says', () => {
    const same = why('no-recipient', '2026-11-21T10:00:00.000Z');
    expect(still(event('a', [same], same))).toHaveLength(1);
  });
});
