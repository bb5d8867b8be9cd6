import { describe, expect, it } from '@jest/globals';
import { deliveryView, eventView } from '../journeys/journey-view.fixture.js';
import type { EventView } from '../journeys/journey-view.js';
import { stationsOf } from './stations.js';

const event = (id: string, more: Partial<EventView> = {}) => eventView({ id, title: `title of ${id}`, ...more });

describe('stationsOf', () => {
  it('counts who has an event, who took note and who acted, of those for whom it is meant', () => {
    const deliveries = [
      deliveryView('acknowledged', { delivered: '2026-11-21T10:01:00.000Z', acknowledged: '2026-11-21T11:00:00.000Z' }),
      deliveryView('delivered', { delivered: '2026-11-21T10:05:00.000Z' }),
      deliveryView('waiting'),
      deliveryView('filtered'),
      deliveryView('suppressed'),
      deliveryView('waiting', { meant: false }),
    ];
    const asked = event('a', { deliveries, answeredby: ['b'], sent: '2026-11-21T09:59:00.000Z' });
    const answer = event('b', { causationid: 'a' });
    expect(stationsOf([asked, answer])[1]).toMatchObject({
      published: '2026-11-21T09:59:00.000Z',
      delivered: { done: 2, of: 3, at: '2026-11-21T10:05:00.000Z' },
      acknowledged: { done: 1, of: 3, at: '2026-11-21T11:00:00.000Z' },
      acted: ['title of b'],
    });
  });
  it('has the newest event first, each once', () => {
    const again = event('a', { duplicateof: 'x:1' });
    expect(
      stationsOf([event('a', { supersededby: ['b'] }), again, event('b')]).map(({ id, replaced }) => [id, replaced]),
    ).toEqual([
      ['b', false],
      ['a', true],
    ]);
  });
});
