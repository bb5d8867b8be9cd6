import { describe, expect, it } from '@jest/globals';
import { deliveryView, eventView } from '../journeys/journey-view.fixture.js';
import type { DeliveryView, EventView, JourneyView } from '../journeys/journey-view.js';
import type { Role } from '../people/roles.js';
import { actsOn } from './acts.js';

const delivery = (org: string, state: DeliveryView['state'], more: Partial<DeliveryView> = {}) =>
  deliveryView(state, { org, ...more });
const event = (deliveries: DeliveryView[], more: Partial<EventView> = {}) => eventView({ deliveries, ...more });
const journey = (events: EventView[], holders = ['X9H2T']): Pick<JourneyView, 'events' | 'heading'> => ({
  events,
  heading: {
    ...{ state: 'awaited', holders, since: '', sentence: '', problems: [] },
    event: { id: 'e1', source: 's' },
  },
});
const who = (ods: string, roles: Role[] = ['operator'], actsForAll = false) => ({
  ods,
  actsForAll,
  roles: new Set(roles),
});
/** Of the exchange. */
const ADMINISTRATOR = who('X9S0B', ['operator', 'administrator'], true);
const SUBSCRIPTIONS: Record<string, { ods: string; protocol: 'HTTP' | 'PULL'; status: 'active' | 'disabled' }> = {
  hook: { ods: 'X9H2T', protocol: 'HTTP', status: 'active' },
  pull: { ods: 'X9H2T', protocol: 'PULL', status: 'active' },
  off: { ods: 'X9H2T', protocol: 'HTTP', status: 'disabled' },
};
const acts = (events: EventView[], known = who('X9H2T'), holders?: string[]) =>
  actsOn(journey(events, holders), known, (id) => SUBSCRIPTIONS[id] && { ...SUBSCRIPTIONS[id], types: ['t'] });

describe('actsOn', () => {
  it('offers nothing without the role', () => {
    const parked = event([delivery('X9H2T', 'parked', { subscription: 'hook' })]);
    expect(acts([parked], who('X9H2T', ['viewer', 'information-governance']))).toEqual({
      nudge: [],
      repeat: [],
      handle: [],
    });
  });
  it('offers to nudge those who hold it, but nobody to themselves, and nobody when nothing waits', () => {
    expect(acts([event([])], who('X9G1P')).nudge).toEqual(['X9H2T']);
    expect(acts([event([])], who('X9H2T'), ['X9H2T', 'X9L3B']).nudge).toEqual(['X9L3B']);
    const { heading: waiting, events } = journey([event([])]);
    const { event: _event, ...heading } = waiting;
    expect(actsOn({ events, heading }, who('X9G1P'), () => undefined).nudge).toEqual([]);
  });
  it('offers to send again what is sent: to own subscriptions that are delivered to', () => {
    const sent = event(
      ['hook', 'pull', 'off', 'gone'].map((subscription) => delivery('X9H2T', 'delivered', { subscription })),
    );
    expect(acts([sent]).repeat).toEqual([{ subscription: 'hook', org: 'X9H2T', types: ['t'] }]);
    expect(acts([sent], who('X9L3B')).repeat).toEqual([]);
    expect(acts([sent], ADMINISTRATOR).repeat).toHaveLength(1);
  });
  it('lets a receiver say that what is parked was handled, and the operator of the exchange', () => {
    const parked = event([delivery('X9H2T', 'parked', { subscription: 'hook', reason: 'endpoint-refused' })]);
    expect(acts([parked]).handle).toMatchObject([{ org: 'X9H2T', side: 'receiver', subscription: 'hook' }]);
    expect(acts([parked], ADMINISTRATOR).handle).toHaveLength(1);
    expect(acts([parked], who('X9S0B')).handle).toEqual([]);
    const late = event([delivery('X9H2T', 'expired', { subscription: 'hook', reason: 'deadline-missed' })]);
    expect(acts([late]).handle).toHaveLength(1);
    // Its publisher sees that it is parked, and nothing by which to name it.
    expect(acts([event([delivery('X9H2T', 'parked')])], who('X9G1P')).handle).toEqual([]);
  });
  it('lets a publisher say so of what only it can see to', () => {
    const ended = delivery('X9H2T', 'parked', { reason: 'receiver-ended', corrects: 'e0' });
    const over = delivery('X9L3B', 'expired', { reason: 'retention-over' });
    const late = delivery('X9L4C', 'expired', { reason: 'deadline-missed' });
    const open = acts([event([ended, over, late])], who('X9G1P')).handle;
    expect(open.map(({ org, side }) => [org, side])).toEqual([
      ['X9H2T', 'publisher'],
      ['X9L3B', 'publisher'],
    ]);
    expect(acts([event([ended])]).handle).toEqual([]);
    expect(acts([event([ended])], ADMINISTRATOR).handle).toMatchObject([{ side: 'publisher' }]);
  });
  it('offers nothing twice for an event that was recorded twice', () => {
    const parked = [delivery('X9H2T', 'parked', { subscription: 'hook' })];
    expect(acts([event(parked), event(parked, { duplicateof: 'x:1' })]).handle).toHaveLength(1);
  });
});
