import { describe, expect, it } from '@jest/globals';
import type { DeliveryView, StepView } from '../journeys/journey-view.js';
import { deliveryHistories } from './attempts.js';

const delivery = (org: string, subscription?: string): DeliveryView => ({
  org,
  state: 'parked',
  since: '2026-11-21T10:00:00.000Z',
  attempts: 2,
  ...(subscription !== undefined && { subscription }),
});
const step = (org: string, more: Partial<StepView> = {}): StepView => ({
  id: 'i',
  kind: 'attempt',
  time: '2026-11-21T10:00:00.000Z',
  org,
  ...more,
});

describe('deliveryHistories', () => {
  it('tells of every attempt its reason, status, latency and what the endpoint said', () => {
    const failed = step('X9H2T', {
      ...{ subscription: 's1', attempt: 2, status: 503, latencyms: 1_200, reason: 'endpoint-timeout' },
      ...{ answer: 'service unavailable', nextattempt: '2026-11-21T10:01:00.000Z' },
    });
    const [history] = deliveryHistories({ deliveries: [delivery('X9H2T', 's1')], steps: [failed] });
    expect(history).toMatchObject({ word: 'Parked' });
    expect(history?.steps).toEqual([
      {
        ...{ at: failed.time, word: 'Attempt failed', tone: 'orange', attempt: 2, status: 503, took: '1.2 s' },
        notes: 'Reason: endpoint-timeout. It said: “service unavailable”. Another attempt was to follow.',
      },
    ]);
  });
  it('keeps the subscriptions of one receiver apart, for who may tell them apart', () => {
    const deliveries = [delivery('X9H2T', 's1'), delivery('X9H2T', 's2'), delivery('X9L3B', 's3')];
    const steps = [step('X9H2T', { subscription: 's1' }), step('X9H2T', { subscription: 's2' })];
    expect(deliveryHistories({ deliveries, steps }).map((one) => one.steps.length)).toEqual([1, 1, 0]);
    expect(deliveryHistories({ deliveries: [delivery('X9H2T')], steps })[0]?.steps).toHaveLength(2);
  });
});
