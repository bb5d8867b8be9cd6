import type { DeliveryView, EventView } from './journey-view.js';

/** An accepted event of a journey about which there is nothing to tell but what a test gives. */
export const eventView = (more: Partial<EventView> = {}): EventView => ({
  id: 'e1',
  source: 's',
  type: 't',
  title: 'Referral requested',
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

/** A delivery to the hospital, `X9H2T`, at the first attempt, but for what a test gives. */
export const deliveryView = (state: DeliveryView['state'], more: Partial<DeliveryView> = {}): DeliveryView => ({
  org: 'X9H2T',
  state,
  since: '2026-11-21T10:00:00.000Z',
  attempts: 1,
  ...more,
});
