import { describe, expect, it } from '@jest/globals';
import type { DeliveryView, EventView } from '../journeys/journey-view.js';
import { stationsOf } from './stations.js';

const event = (id: string, more: Partial<EventView> = {}): EventView => ({
  id,
  source: 's',
  type: 't',
  title: `title of ${id}`,
  family: 'referral',
  journey: 'j',
  state: 'accepted',
  sourceorg: 'X9G1P',
  recorded: '2026-11-21T10:00:00.000Z',
  size: 1,
  supersededby: [],
  answeredby: [],
  findings: [],
  deliveries: [],
  steps: [],
  ...more,
});
const delivery = (state: DeliveryView['state'], more: Partial<DeliveryView> = {}): DeliveryView => ({
  org: 'X9H2T',
  state,
  since: '',
  attempts: 1,
  ...more,
});

describe('stationsOf', () => {
  it('counts who has an event, who took note and who acted, of those for whom it is meant', () => {
    const deliveries = [
      delivery('acknowledged', { delivered: '2026-11-21T10:01:00.000Z', acknowledged: '2026-11-21T11:00:00.000Z' }),
      delivery('delivered', { delivered: '2026-11-21T10:05:00.000Z' }),
      delivery('waiting'),
      delivery('filtered'),
      delivery('suppressed'),
      delivery('waiting', { meant: false }),
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
