import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConformanceReceiver, type ReceivedRequest } from '../../apps/relay/src/channels/conformance-receiver.js';
import type { RunningRelay } from '../../apps/relay/src/relay.js';
import { waitFor } from '../support/index.js';
import { notificationFaults } from './fixtures/fhir-notification-checks.js';
import {
  type Actor,
  anEvent,
  type Answer,
  GatewayHouse,
  HOSPITAL,
  NHS_NUMBER,
  PRACTICE,
  REPORTED,
} from './fixtures/gateway-house.js';
import { relayOver } from './relay-rig.js';

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport';
const FHIR = { 'content-type': 'application/fhir+json' };

describe('the FHIR door of a gateway', () => {
  let house: GatewayHouse;
  let relay: RunningRelay;
  let receiver: ConformanceReceiver;
  let base: string;

  beforeAll(async () => {
    house = await GatewayHouse.open({ env: { SIGNALBOX_FHIR_EVENTS_MAX: '2' } });
    receiver = await ConformanceReceiver.start();
    base = `${house.url}/fhir`;
    relay = await relayOver(house.nats, {
      SIGNALBOX_PUBLIC_URL: house.url,
      SIGNALBOX_WEBHOOK_HANDSHAKE_DELAYS_MS: '20',
    });
  });
  afterAll(async () => {
    await relay.close();
    receiver.close();
    await house.close();
  });

  const aSubscription = (more: object = {}, channel: object = {}, content = 'id-only') => ({
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'results of our patients',
    criteria: `${base}/SubscriptionTopic/${REPORTED}`,
    channel: {
      type: 'rest-hook',
      endpoint: receiver.sink,
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${BACKPORT}-payload-content`, valueCode: content }] },
      header: ['Authorization: Bearer of-the-receiver'],
      ...channel,
    },
    ...more,
  });
  const call = (method: string, path: string, body?: unknown, as: Actor = PRACTICE): Promise<Answer> =>
    house.call(method, `/fhir${path}`, {
      as,
      headers: FHIR,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const created = async (resource: object): Promise<string> => {
    const made = await call('POST', '/Subscription', resource);
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    expect(made.headers.get('location')).toBe(`${base}/Subscription/${made.json.id as string}`);
    return made.json.id as string;
  };
  const active = async (resource: object): Promise<string> => {
    const id = await created(resource);
    await waitFor('the handshake', async () => (await call('GET', `/Subscription/${id}`)).json.status === 'active');
    return id;
  };
  /** FHIRPath of every issue. */
  const issuesOf = (answer: Answer): string[] => {
    expect(answer.headers.get('content-type')).toBe('application/fhir+json');
    expect(answer.json.resourceType).toBe('OperationOutcome');
    return answer.json.issue.map(({ expression }: { expression?: string[] }) => expression?.[0] ?? '');
  };
  const numbersIn = (bundle: {
    entry: { resource: { parameter: { name: string; part: { valueString: string }[] }[] } }[];
  }) =>
    bundle.entry[0]!.resource.parameter.flatMap(({ name, part }) =>
      name === 'notification-event' ? [Number(part[0]!.valueString)] : [],
    );
  const notified = (id: string): ReceivedRequest[] =>
    receiver.requests.filter(({ body }) => body.includes('event-notification') && body.includes(id));

  it('says what it can do, with a topic for every family and type, to anybody', async () => {
    const statement = await house.call('GET', '/fhir/metadata');
    expect([statement.status, statement.json.fhirVersion]).toEqual([200, '4.0.1']);
    const topics = statement.json.rest[0].resource[0].extension.map(
      (one: { valueCanonical: string }) => one.valueCanonical,
    );
    expect(topics).toEqual(
      expect.arrayContaining([`${base}/SubscriptionTopic/result`, `${base}/SubscriptionTopic/${REPORTED}`]),
    );
    const topic = await fetch(topics.find((one: string) => one.endsWith(REPORTED)) as string);
    expect(((await topic.json()) as { url: string }).url).toBe(`${base}/SubscriptionTopic/${REPORTED}`);
    expect(issuesOf(await house.call('GET', '/fhir/SubscriptionTopic/nothing'))).toEqual(['']);
  });

  it('takes a Subscription, keeps what it was asked and shows no header', async () => {
    const filter = {
      extension: [
        { url: `${BACKPORT}-filter-criteria`, valueString: 'Bundle?urgency=urgent,critical&sourceorg=X9H2T' },
      ],
    };
    const id = await active(
      aSubscription(
        { _criteria: filter },
        { extension: [{ url: `${BACKPORT}-heartbeat-period`, valueUnsignedInt: 600 }] },
      ),
    );
    const read = await call('GET', `/Subscription/${id}`);
    expect(read.json).toMatchObject({
      status: 'active',
      criteria: `${base}/SubscriptionTopic/${REPORTED}`,
      _criteria: filter,
      channel: { endpoint: receiver.sink, header: ['authorization: (kept)'], extension: [{ valueUnsignedInt: 600 }] },
    });
    expect((await house.json('GET', `/subscriptions/${id}`, PRACTICE)).json).toMatchObject({
      protocol: 'FHIR',
      filters: [
        { any: [{ exact: { urgency: 'urgent' } }, { exact: { urgency: 'critical' } }] },
        { exact: { sourceorg: 'X9H2T' } },
      ],
    });
    expect((await house.call('GET', '/subscriptions', { as: PRACTICE })).text).not.toContain('of-the-receiver');
    const same = {
      ...aSubscription({ _criteria: filter }),
      channel: { ...read.json.channel, endpoint: receiver.sink },
    };
    const changed = await call('PUT', `/Subscription/${id}`, { ...same, status: 'active' });
    expect([changed.status, changed.json.channel.header]).toEqual([200, ['authorization: (kept)']]);
    expect((await call('GET', '/Subscription')).json.total).toBeGreaterThanOrEqual(1);
    expect((await call('DELETE', `/Subscription/${id}`)).status).toBe(204);
    expect((await call('GET', `/Subscription/${id}`)).status).toBe(404);
  });

  it('refuses what it cannot do in an OperationOutcome, with every mistake', async () => {
    const broken = aSubscription(
      {
        criteria: 'http://elsewhere/topic',
        end: undefined,
        _criteria: { extension: [{ url: `${BACKPORT}-filter-criteria`, valueString: 'Patient?name=x' }] },
      },
      { header: ['Host: elsewhere'], extension: [{ url: 'http://unknown', valueString: 'x' }] },
    );
    const refused = await call('POST', '/Subscription', broken);
    expect(refused.status).toBe(422);
    expect(issuesOf(refused).sort()).toEqual([
      'Subscription.channel.extension[0]',
      'Subscription.channel.header[0]',
      'Subscription.criteria',
      'Subscription.criteria.extension[0]',
    ]);
    expect(refused.text).not.toContain('elsewhere');
    expect(
      issuesOf(await call('POST', '/Subscription', aSubscription({ end: '2030-01-01T00:00:00Z' }, { type: 'email' }))),
    ).toEqual(['Subscription.end', 'Subscription.channel.type']);
    expect(issuesOf(await call('POST', '/Subscription', aSubscription({}, {}, 'everything')))).toEqual([
      'Subscription.channel.payload.extension',
    ]);
    expect(issuesOf(await call('POST', '/Subscription', aSubscription({}, { endpoint: 'mailto:x' })))).toEqual([
      'Subscription.channel.endpoint',
    ]);
    const canary = await call('POST', '/Subscription', aSubscription({ reason: `about ${NHS_NUMBER}` }));
    expect([canary.status, canary.text.includes(NHS_NUMBER)]).toEqual([422, false]);
    const ungranted = aSubscription({ criteria: `${base}/SubscriptionTopic/referral` });
    const denied = await call('POST', '/Subscription', ungranted);
    expect([denied.status, issuesOf(denied)]).toEqual([403, ['Subscription.criteria']]);
    const stranger = await house.call('POST', '/fhir/Subscription', { headers: FHIR, body: '{}' });
    expect([stranger.status, stranger.json.resourceType]).toEqual([401, 'OperationOutcome']);
    expect(issuesOf(await call('GET', '/Nothing'))).toEqual(['']);
  });

  it('tells what was notified by its number, and gives the content that an id stands for', async () => {
    const id = await active(aSubscription());
    const data = '{ "resourceType":"Patient", "gender" : "unknown", "n": 1.0e1 }';
    const { data: _data, ...attributes } = anEvent();
    for (let at = 0; at < 3; at++) {
      await house.publish(
        `${JSON.stringify({ ...attributes, id: `fhir-${String(at)}` }).slice(0, -1)},"data":${data}}`,
      );
    }
    await waitFor('three notifications', () => notified(id).length === 3);
    const status = await call('GET', `/Subscription/${id}/$status`);
    const [{ resource }] = status.json.entry as [
      { resource: { parameter: { name: string; valueString?: string; valueCode?: string }[] } },
    ];
    expect(resource.parameter).toEqual(
      expect.arrayContaining([
        { name: 'status', valueCode: 'active' },
        { name: 'type', valueCode: 'query-status' },
        { name: 'events-since-subscription-start', valueString: '3' },
      ]),
    );
    const since = await call('GET', `/Subscription/${id}/$events?eventsSinceNumber=2`);
    expect(numbersIn(since.json)).toEqual([2, 3]);
    expect(
      notificationFaults(since.json, {
        type: 'query-event',
        content: 'id-only',
        subscription: id,
        topic: `${base}/SubscriptionTopic/${REPORTED}`,
        status: 'active',
        mediaType: [since.headers.get('content-type') ?? '', 'application/fhir+json'],
      }),
    ).toEqual([]);
    // As many as one answer holds.
    expect(numbersIn((await call('GET', `/Subscription/${id}/$events`)).json)).toEqual([1, 2]);
    const whole = await call(
      'GET',
      `/Subscription/${id}/$events?eventsSinceNumber=1&eventsUntilNumber=1&content=full-resource`,
    );
    expect(whole.text).toContain(`"resource":${data}`);
    const { fullUrl } = since.json.entry[1] as { fullUrl: string };
    const content = await call('GET', fullUrl.slice(base.length));
    expect([content.status, content.text]).toEqual([200, data]);
    expect((await call('GET', fullUrl.slice(base.length), undefined, HOSPITAL)).status).toBe(404);
    expect((await call('GET', `/Bundle/${id}.9`)).status).toBe(404);
    expect(issuesOf(await call('GET', `/Subscription/${id}/$events?eventsSinceNumber=0`))).toEqual([
      'Subscription.eventsSinceNumber',
    ]);
    expect((await call('GET', `/Subscription/$status?id=${id}&status=active`)).json.total).toBe(1);
    await call('DELETE', `/Subscription/${id}`);
  });

  it('is in error while its endpoint refuses, pauses when it is off, and begins anew when it is asked to', async () => {
    receiver.behave({ kind: 'is-gone' });
    const id = await created(aSubscription());
    const statusOf = async (): Promise<string> => (await call('GET', `/Subscription/${id}`)).json.status as string;
    await waitFor('the error', async () => (await statusOf()) === 'error');
    const trouble = (await call('GET', `/Subscription/${id}/$status`)).text;
    expect(trouble).toContain('handshake-refused');
    receiver.behave({ kind: 'takes' });
    expect((await call('PUT', `/Subscription/${id}`, aSubscription())).json.status).toBe('requested');
    await waitFor('the handshake', async () => (await statusOf()) === 'active');
    expect((await call('PUT', `/Subscription/${id}`, aSubscription({ status: 'off' }))).json.status).toBe('off');
    await call('DELETE', `/Subscription/${id}`);
  });
});

describe('the filter test of a gateway', () => {
  let house: GatewayHouse;
  beforeAll(async () => {
    house = await GatewayHouse.open({ env: { SIGNALBOX_FILTER_TEST_EVENTS: '4' } });
  });
  afterAll(() => house.close());

  const test = (body: object) => house.json('POST', '/subscriptions/test-filter', PRACTICE, body);

  it('says of the newest events which would be given and why not the others, and shows no content', async () => {
    const sent = [
      anEvent({ urgency: 'urgent' }),
      anEvent({ urgency: 'routine' }),
      anEvent({ urgency: 'urgent', targetorg: 'X9L3B' }),
      anEvent({ urgency: 'urgent', source: 'urn:ods:X9H2T:other' }),
    ];
    for (const event of sent) await house.publish(event);
    const types = ['org.signalbox.result.*'];
    const filters = [{ exact: { sourceorg: 'X9H2T' } }, { sql: "urgency = 'urgent'" }];
    const answer = await test({ types, filters, source: 'urn:ods:X9H2T:tie' });
    expect([answer.status, answer.json.looked, answer.json.matched]).toEqual([200, 3, 1]);
    expect(
      answer.json.items.map(({ id, matches, why }: { id: string; matches: boolean; why: object }) => [
        id,
        matches,
        why,
      ]),
    ).toEqual([
      [sent[3]!['id'], false, expect.objectContaining({ reason: 'other-source' })],
      [sent[1]!['id'], false, expect.objectContaining({ reason: 'no-match', filters: ['/filters/1'] })],
      [sent[0]!['id'], true, expect.objectContaining({ reason: 'matches' })],
    ]);
    expect(answer.text).not.toContain(NHS_NUMBER);
    expect(answer.text).not.toContain('gender');
    for (let at = 0; at < 4; at++) await house.publish(anEvent());
    expect((await test({ types, last: 100 })).json.looked).toBe(4);
    expect((await test({ types, last: 2 })).json.looked).toBe(2);
  });

  it('teaches with a bad expression where it is wrong and what was expected', async () => {
    const types = [REPORTED];
    const expected = async (sql: string): Promise<string> => {
      const answer = await test({ types, filters: [{ exact: { urgency: 'urgent' } }, { sql }] });
      expect([answer.status, answer.json.findings[0].path]).toEqual([422, '/filters/1/sql']);
      return answer.json.findings[0].expected as string;
    };
    expect(await expected("urgency = 'urgent")).toBe(
      'at character 11: a text that ends with the quote that it begins with',
    );
    expect(await expected('urgency = ')).toMatch(/^at character 11: a name, a number, a text in quotes/);
    expect(await expected('NOPE(urgency)')).toMatch(/^at character 1: a built-in function of CESQL 1\.0\.0/);
    expect((await test({ types: ['*'] })).json.code).toBe('SB-3005');
  });
});
