import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import type { DeliveryGroups, DeliveryHistory, DeliveryPage } from '../../apps/ledger/src/journeys/deliveries.js';
import type { JourneyView } from '../../apps/ledger/src/journeys/journey-view.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE } from './ledger-rig.js';
import { waitFor } from '../support/index.js';

const ANSWER = 'no appointment type of that name';

describe('what became of the deliveries of a subscription', () => {
  let exchange: LedgerExchange;
  const journey = randomUUID();
  const parked: CloudEvent[] = [];
  let delivered: CloudEvent;
  let acted: CloudEvent;
  const toHospital = { org: HOSPITAL, subscription: 'hospital', channel: 'HTTP' } as const;

  async function post<T>(ods: string, body: object): Promise<{ status: number; body: T }> {
    const headers = { authorization: `Bearer ${await exchange.token(ods)}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = await fetch(`${exchange.ledger!.url}/deliveries/query`, init);
    return { status: answer.status, body: (await answer.json()) as T };
  }
  const idsOf = ({ deliveries }: DeliveryPage) => deliveries.map(({ id }) => id);
  const idOf = (event: CloudEvent) => String(event.attributes['id']);
  const pathOf = (event: CloudEvent) =>
    `/subscriptions/hospital/deliveries/attempts?id=${idOf(event)}&source=${encodeURIComponent(String(event.attributes['source']))}`;

  const secondsLater = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();

  async function park(reason: string): Promise<void> {
    const event = await exchange.accept({ attributes: { correlationid: journey } });
    const attempt = { attempt: 1, state: 'delivering', reason, status: 422, latencyms: 12, answer: ANSWER } as const;
    await exchange.step(event, 'attempt', { ...toHospital, ...attempt });
    await exchange.step(event, 'parked', {
      ...toHospital,
      time: secondsLater(parked.push(event)),
      attempt: 1,
      state: 'parked',
      reason,
    });
  }

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.subscribe('laboratory', LABORATORY, { status: 'paused' });
    await exchange.open();
    for (const reason of ['endpoint-refused', 'endpoint-refused', 'attempts-exhausted']) await park(reason);
    delivered = await exchange.accept({ attributes: { correlationid: journey } });
    await exchange.step(delivered, 'delivered', { ...toHospital, attempt: 1, latencyms: 5, late: 'newer-1' });
    await exchange.step(delivered, 'attempt', {
      ...toHospital,
      attempt: 2,
      replay: 'replay-1',
      reason: 'endpoint-timeout',
    });
    acted = await exchange.accept({ attributes: { correlationid: journey } });
    await exchange.step(acted, 'parked', {
      ...toHospital,
      time: secondsLater(10),
      attempt: 3,
      state: 'parked',
      reason: 'too-old',
    });
    await exchange.step(acted, 'handed-over', {
      ...toHospital,
      by: `${HOSPITAL}:desk`,
      note: 'Given to the booking office',
    });
    await waitFor('all of its steps to be read', async () => {
      const { status, body } = await exchange.json<DeliveryHistory>(HOSPITAL, pathOf(acted));
      return status === 200 && body.attempts.length === 2;
    });
    await exchange.until<JourneyView>(PRACTICE, `/journeys/${journey}`, ({ events }) => events.length === 5);
  });
  afterAll(() => exchange.stop());

  it('is listed by state, oldest first, page by page, without gap or repetition', async () => {
    const first = await post<DeliveryPage>(HOSPITAL, { state: ['parked'], limit: 3 });
    expect(first.status).toBe(200);
    expect(idsOf(first.body)).toEqual(parked.map(idOf));
    expect(first.body.deliveries[0]).toMatchObject({
      ...{ subscription: 'hospital', state: 'parked', reason: 'endpoint-refused', attempts: 1, status: 422 },
      ...{ answer: ANSWER, journey, stream: 'EVENTS_REFERRAL', sequence: 1 },
    });
    const second = await post<DeliveryPage>(HOSPITAL, { state: ['parked'], limit: 3, after: first.body.next });
    expect(idsOf(second.body)).toEqual([idOf(acted)]);
    expect(second.body).not.toHaveProperty('next');
  });

  it('is counted by cause, with attempts, times and a sample', async () => {
    const { body } = await post<DeliveryGroups>(HOSPITAL, {
      subscription: 'hospital',
      state: ['parked'],
      group: 'reason',
    });
    expect(body.groups.map(({ reason, count, attempts, journeys }) => [reason, count, attempts, journeys])).toEqual([
      ['endpoint-refused', 2, 2, 1],
      ['attempts-exhausted', 1, 1, 1],
      ['too-old', 1, 3, 1],
    ]);
    expect(body.groups[0]?.sample.id).toBe(idOf(parked[1]!));
    expect(Date.parse(body.groups[0]!.first)).toBeLessThanOrEqual(Date.parse(body.groups[0]!.last));
    const states = await post<DeliveryGroups>(HOSPITAL, { group: 'state', journey });
    expect(states.body.groups.map(({ state, count }) => [state, count])).toEqual([
      ['parked', 4],
      ['delivered', 1],
    ]);
  });

  it('is told attempt by attempt, with the answer of the endpoint and the marks of the delivery', async () => {
    const refused = await exchange.json<DeliveryHistory>(HOSPITAL, pathOf(parked[0]!));
    expect(refused.body.attempts).toMatchObject([
      { kind: 'attempt', attempt: 1, reason: 'endpoint-refused', status: 422, latencyms: 12, answer: ANSWER },
      { kind: 'parked', reason: 'endpoint-refused' },
    ]);
    const handed = await exchange.json<DeliveryHistory>(HOSPITAL, pathOf(acted));
    expect(handed.body.delivery).toMatchObject({ state: 'parked', reason: 'too-old' });
    expect(handed.body.attempts.at(-1)).toMatchObject({ by: `${HOSPITAL}:desk`, note: 'Given to the booking office' });
  });

  it('stays delivered when a replay of it fails', async () => {
    const { body } = await exchange.json<DeliveryHistory>(HOSPITAL, pathOf(delivered));
    expect(body.delivery).toMatchObject({ state: 'delivered', attempts: 2, late: 'newer-1', replay: 'replay-1' });
    expect(body.delivery).not.toHaveProperty('reason');
  });

  it('is shown as paused while its subscription is, and found so', async () => {
    const paused = await post<DeliveryPage>(LABORATORY, { state: ['paused'] });
    expect(paused.body.deliveries).toHaveLength(5);
    expect(new Set(paused.body.deliveries.map(({ state }) => state))).toEqual(new Set(['paused']));
    expect((await post<DeliveryPage>(LABORATORY, { state: ['waiting'] })).body.deliveries).toEqual([]);
  });

  it('is listed newest first for one subscription', async () => {
    const { body } = await exchange.json<DeliveryPage>(
      HOSPITAL,
      '/subscriptions/hospital/deliveries?state=parked&limit=2',
    );
    expect(idsOf(body)).toEqual([idOf(acted), idOf(parked[2]!)]);
    expect(body.next).toBeDefined();
  });

  it('is nobody else’s to see, whoever asks and however', async () => {
    for (const path of ['/subscriptions/hospital/deliveries', pathOf(delivered), '/subscriptions/nothing/deliveries']) {
      expect([path, (await exchange.json(LABORATORY, path)).status]).toEqual([path, 404]);
    }
    expect((await post<DeliveryPage>(PRACTICE, { subscription: 'hospital' })).body.deliveries).toEqual([]);
    expect((await post<DeliveryPage>(OPERATOR_ORG, { subscription: 'hospital' })).body.deliveries).toHaveLength(5);
    expect((await exchange.json(OPERATOR_ORG, '/subscriptions/hospital/deliveries')).status).toBe(200);
  });

  it('tells a publisher neither what an endpoint answered nor what people at the receiver wrote', async () => {
    const seen = await exchange.until<JourneyView>(
      PRACTICE,
      `/journeys/${journey}`,
      ({ events }) => events.length === 5,
    );
    const text = JSON.stringify(seen);
    for (const secret of [ANSWER, 'booking office', `${HOSPITAL}:desk`]) expect(text).not.toContain(secret);
    const own = await exchange.json<JourneyView>(HOSPITAL, `/journeys/${journey}`);
    for (const told of [ANSWER, 'booking office']) expect(JSON.stringify(own.body)).toContain(told);
  });

  it('refuses questions that it does not understand, and says where', async () => {
    const bad = await post<{ code: string; findings: { path: string }[] }>(HOSPITAL, {
      state: ['lost'],
      limit: 0,
      more: 1,
    });
    expect([bad.status, bad.body.code]).toEqual([400, 'SB-4000']);
    expect(bad.body.findings.map(({ path }) => path).toSorted()).toEqual(['', '/limit', '/state']);
    expect((await post(HOSPITAL, { after: 'somewhere' })).status).toBe(400);
    const listed = await exchange.json<{ code: string }>(HOSPITAL, '/subscriptions/hospital/deliveries?limit=many');
    expect([listed.status, listed.body.code]).toEqual([400, 'SB-4000']);
  });
});
