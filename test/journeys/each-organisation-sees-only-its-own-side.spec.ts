import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@signalbox/client';
import { type ExampleEvent, examples, startHouse, type TestHouse, waitFor } from '../support/index.js';

const TYPE = 'org.signalbox.referral.requested.v1';
/** What anybody may ask for without saying who they are; everything else is closed. */
const PUBLIC = new Set([
  'GET /catalogue',
  'GET /catalogue/{type}',
  'GET /schemas/{path}',
  'GET /asyncapi.json',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/codes',
  'GET /docs/rules',
  'GET /docs/style.css',
  'POST /oauth2/token',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /fhir/metadata',
  'GET /fhir/SubscriptionTopic/{name}',
]);
const LEDGER_ROUTES = [
  'GET /journeys',
  'GET /journeys/{id}',
  'GET /events/{id}',
  'GET /events/{id}/recipients',
  'GET /subscriptions/{id}/deliveries',
  'GET /subscriptions/{id}/deliveries/attempts',
  'POST /deliveries/query',
  'GET /catalogue/{type}/use',
  'GET /find',
  'POST /find',
];

/** The code of a refusal, as a problem or as the issue of an OperationOutcome. */
function codeOf(said: string): string | undefined {
  const { code, issue } = JSON.parse(said) as { code?: string; issue?: { details: { coding: { code: string }[] } }[] };
  return code ?? issue?.[0]?.details.coding[0]?.code;
}

type Who = 'practice' | 'hospital' | 'laboratory' | 'operator';
interface Row {
  route: string;
  target: () => string;
  answers: Record<Who, number>;
  body?: object;
}

/** The practice refers to the hospital; the laboratory may receive everything and has no part in it. */
describe('an organisation', () => {
  let house: TestHouse;
  let clients: Record<Who, Client>;
  let hospitalSubscription: string;
  let event: ExampleEvent;
  let journey: string;
  let patient: string;

  beforeAll(async () => {
    house = await startHouse();
    const all = 'org.signalbox.*';
    const subscribe = ['subscribe', all] as const;
    clients = {
      practice: await house.enrol({ ods: 'X9G1P', grants: [['publish', 'org.signalbox.referral.*'], subscribe] }),
      hospital: await house.enrol({ ods: 'X9H2T', grants: [subscribe] }),
      laboratory: await house.enrol({ ods: 'X9L3B', grants: [['publish', 'org.signalbox.result.*'], subscribe] }),
      operator: house.operator,
    };
    const pulls = await Promise.all(
      [clients.practice, clients.hospital, clients.laboratory].map(async (client) => ({
        client,
        id: (await client.subscriptions.create({ types: [all], protocol: 'PULL' })).id,
      })),
    );
    hospitalSubscription = pulls[1]!.id;
    const example = examples('accepts').find(({ type }) => type === TYPE)!.event;
    patient = /"(999\d{7})"/.exec(JSON.stringify(example['data']))![1]!;
    journey = randomUUID();
    event = {
      ...example,
      id: randomUUID(),
      source: 'urn:ods:X9G1P:system',
      correlationid: journey,
      targetorg: 'X9H2T',
    };
    await clients.practice.publish({ ...event, time: new Date().toISOString() });
    // What was published lies in its stream: every pull comes by it.
    const received = await Promise.all(
      pulls.map(async ({ client, id }) => {
        const { events, cursor } = await client.subscriptions.pull(id, { waitMs: 0 });
        if (cursor !== undefined) await client.subscriptions.acknowledge(id, cursor);
        return events.length;
      }),
    );
    expect(received).toEqual([0, 1, 0]);
    await waitFor('the ledger to tell of every delivery', async () => {
      const { events } = await house.operator.journey(journey);
      const told = events[0]?.deliveries.map(({ org, state }) => `${org} ${state}`).toSorted() ?? [];
      return told.join() === 'X9G1P filtered,X9H2T acknowledged,X9L3B filtered';
    });
  });
  afterAll(() => house.stop());

  const ask = async (app: 'gateway' | 'ledger', route: string, target: string, as?: Client, body?: object) => {
    const [method = 'GET'] = route.split(' ');
    const answer = await fetch(house.urls[app] + target, {
      method,
      headers: {
        accept: 'application/json',
        ...(as && { authorization: `Bearer ${await as.token()}` }),
        ...(method !== 'GET' && method !== 'DELETE' && { 'content-type': 'application/json' }),
      },
      ...(method !== 'GET' && method !== 'DELETE' && { body: JSON.stringify(body ?? {}) }),
    });
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
  };

  it('is asked who it is on every route but the public ones', async () => {
    const { text } = await ask('gateway', 'GET', '/openapi.json');
    const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => /^(get|post|put|patch|delete)$/.test(key))
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    const closed = routes.filter((route) => !PUBLIC.has(route));
    expect(closed.length).toBeGreaterThan(20);
    const asked = [
      ...closed.map((route) => ['gateway', route] as const),
      ...LEDGER_ROUTES.map((route) => ['ledger', route] as const),
    ];
    for (const [app, route] of asked) {
      const target = route.split(' ')[1]!.replaceAll(/\{\w+\}/g, randomUUID());
      const { status, type, text: said } = await ask(app, route, target);
      const form = target.startsWith('/fhir/') ? 'application/fhir+json' : 'application/problem+json';
      expect([route, status, type]).toEqual([route, 401, form]);
      expect([route, codeOf(said)]).toEqual([route, 'SB-3001']);
    }
  });

  const inside = { practice: 200, hospital: 200, laboratory: 404, operator: 200 };
  const receiver = { practice: 404, hospital: 200, laboratory: 404, operator: 200 };
  const hospitalOnly = (status: number) => ({ practice: 404, hospital: status, laboratory: 404, operator: 404 });
  const operatorOnly = { practice: 403, hospital: 403, laboratory: 403, operator: 200 };
  const subscription = () => `/subscriptions/${hospitalSubscription}`;

  const ledgerRows: Row[] = [
    { route: 'GET /events/{id}', target: () => `/events/${event.id}`, answers: inside },
    { route: 'GET /journeys/{id}', target: () => `/journeys/${journey}`, answers: inside },
    {
      route: 'GET /events/{id}/recipients',
      target: () => `/events/${event.id}/recipients`,
      answers: { practice: 200, hospital: 404, laboratory: 404, operator: 200 },
    },
    { route: 'GET /subscriptions/{id}/deliveries', target: () => `${subscription()}/deliveries`, answers: receiver },
    {
      route: 'GET /subscriptions/{id}/deliveries/attempts',
      target: () => `${subscription()}/deliveries/attempts?id=${event.id}`,
      answers: receiver,
    },
  ];
  const gatewayRows: Row[] = [
    ...ledgerRows,
    { route: 'GET /subscriptions/{id}', target: subscription, answers: hospitalOnly(200) },
    { route: 'PATCH /subscriptions/{id}', target: subscription, answers: hospitalOnly(200) },
    { route: 'POST /subscriptions/{id}/pause', target: () => `${subscription()}/pause`, answers: receiver },
    { route: 'POST /subscriptions/{id}/resume', target: () => `${subscription()}/resume`, answers: receiver },
    { route: 'GET /subscriptions/{id}/health', target: () => `${subscription()}/health`, answers: hospitalOnly(200) },
    // It is fetched: there is nothing to test and nothing to sign, which only its owner is told.
    { route: 'POST /subscriptions/{id}/test', target: () => `${subscription()}/test`, answers: hospitalOnly(422) },
    {
      route: 'POST /subscriptions/{id}/rotate-secret',
      target: () => `${subscription()}/rotate-secret`,
      answers: hospitalOnly(422),
    },
    { route: 'POST /subscriptions/{id}/pull', target: () => `${subscription()}/pull`, answers: hospitalOnly(200) },
    {
      route: 'POST /subscriptions/{id}/ack',
      target: () => `${subscription()}/ack`,
      answers: hospitalOnly(422),
      body: { cursor: 'AAAA' },
    },
    { route: 'GET /organisations', target: () => '/organisations', answers: operatorOnly },
    { route: 'GET /organisations/{ods}', target: () => '/organisations/X9H2T', answers: operatorOnly },
    { route: 'GET /organisations/{ods}/grants', target: () => '/organisations/X9H2T/grants', answers: operatorOnly },
    {
      route: 'GET /organisations/{ods}/applications',
      target: () => '/organisations/X9H2T/applications',
      answers: operatorOnly,
    },
    { route: 'GET /organisations/{ods}/deadlines', target: () => '/organisations/X9H2T/deadlines', answers: receiver },
    {
      route: 'PUT /organisations/{ods}/deadlines/{type}/{clock}',
      target: () => '/organisations/X9H2T/deadlines/org.signalbox.referral.requested.v1/acknowledgement',
      answers: receiver,
      body: { times: { urgent: 'PT12H' } },
    },
    {
      route: 'PATCH /organisations/{ods}',
      target: () => '/organisations/X9H2T',
      answers: operatorOnly,
      body: { name: 'Another name' },
    },
  ];

  describe.each([
    ['gateway', gatewayRows],
    ['ledger', ledgerRows],
  ] as const)('at the %s', (app, rows) => {
    it.each(rows)('is answered on $route what is its own, and nothing of others', async (row) => {
      const { route, target, answers, body } = row;
      const got = await Promise.all(
        Object.entries(clients).map(async ([who, client]) => {
          const { status, text } = await ask(app, route, target(), client, body);
          // Whoever has no part in it is told nothing that the real thing would be told by.
          if (status === 404) expect(text).not.toContain(journey);
          return [who, status] as const;
        }),
      );
      expect(Object.fromEntries(got)).toEqual(answers);
    });
  });

  it('lists and finds, by patient too, only journeys that it has a part in', async () => {
    for (const who of Object.keys(clients) as Who[]) {
      const expected = who === 'laboratory' ? [] : [journey];
      const listed = await ask('ledger', 'GET', '/journeys', clients[who]);
      const found = await ask('ledger', 'POST', '/find', clients[who], { value: patient });
      for (const { status, text } of [listed, found]) {
        const { journeys } = JSON.parse(text) as { journeys: { journey: string }[] };
        expect([who, status, journeys.map((one) => one.journey)]).toEqual([who, 200, expected]);
      }
    }
  });

  it('lists its own subscriptions only', async () => {
    for (const who of ['practice', 'laboratory', 'operator'] as const) {
      const listed = await clients[who].subscriptions.list();
      expect(listed.map(({ id }) => id)).not.toContain(hospitalSubscription);
    }
    const own = await clients.hospital.subscriptions.list();
    expect(own.map(({ id }) => id)).toEqual([hospitalSubscription]);
  });

  it('cannot speak for another, neither in the source nor in the attribute that the exchange sets', async () => {
    const own = { ...event, id: randomUUID(), time: new Date().toISOString() };
    for (const forged of [
      { ...own, source: 'urn:ods:X9H2T:system' },
      { ...own, sourceorg: 'X9H2T' },
    ]) {
      await expect(clients.practice.publish(forged)).rejects.toMatchObject({ status: 403, code: 'SB-3006' });
    }
  });

  it('cannot end what is not its own', async () => {
    for (const who of ['practice', 'laboratory', 'operator'] as const) {
      expect((await ask('gateway', 'DELETE', subscription(), clients[who])).status).toBe(404);
    }
    expect((await clients.hospital.subscriptions.get(hospitalSubscription)).status).toBe('active');
  });
});
