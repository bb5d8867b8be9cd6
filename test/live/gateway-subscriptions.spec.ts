import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeBatch } from '@signalbox/contracts';
import type { Step } from '@signalbox/messaging';
import {
  anEvent,
  GatewayHouse,
  HOSPITAL,
  LABORATORY,
  PRACTICE,
  REPORTED,
  REQUESTED,
} from './fixtures/gateway-house.js';

const BATCH = 'application/cloudevents-batch+json';
const RESULTS = 'org.signalbox.result.*';

/** Stands where the ledger stands and answers what a test tells it to. */
async function startStandIn(): Promise<{ server: Server; url: string; answers: Map<string, object>; asked: string[] }> {
  const answers = new Map<string, object>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    if (request.url?.includes('silent')) return;
    const answer = answers.get(request.url ?? '');
    response.writeHead(answer ? 200 : 404, {
      'content-type': answer ? 'application/json' : 'application/problem+json',
    });
    response.end(JSON.stringify(answer ?? { code: 'SB-4040' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, answers, asked };
}

describe('subscriptions of a gateway', () => {
  let house: GatewayHouse;
  let ledger: Awaited<ReturnType<typeof startStandIn>>;

  beforeAll(async () => {
    ledger = await startStandIn();
    house = await GatewayHouse.open({ env: { SIGNALBOX_LEDGER_URL: ledger.url } });
  });
  afterAll(async () => {
    await house.close();
    ledger.server.closeAllConnections();
    ledger.server.close();
  });

  const subscribe = (body: object, as: typeof HOSPITAL | typeof PRACTICE | typeof LABORATORY = PRACTICE) =>
    house.json('POST', '/subscriptions', as, body);
  const pulling = async (more: object = {}, as: typeof HOSPITAL | typeof PRACTICE = PRACTICE) => {
    const made = await subscribe({ types: [RESULTS], protocol: 'PULL', ...more }, as);
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return made.json.id as string;
  };
  const pull = (id: string, body: object = {}, as: typeof HOSPITAL | typeof PRACTICE = PRACTICE) =>
    house.json('POST', `/subscriptions/${id}/pull`, as, body);
  const ack = (id: string, body: object) => house.json('POST', `/subscriptions/${id}/ack`, PRACTICE, body);
  const idsOf = (answer: { json: { items: { event: { id: string } }[] } }) =>
    answer.json.items.map(({ event }) => event.id);
  const stepsOf = async (subscription: string, count: number) => {
    const mine = (all: Step[]) => all.filter((step) => step.subscription === subscription);
    return mine(await house.records<Step>('STEPS', (all) => mine(all).length >= count));
  };

  it('gives the same events until they are acknowledged, then the next ones', async () => {
    const id = await pulling();
    const events = [anEvent(), anEvent(), anEvent()];
    for (const event of events) await house.publish(event);
    const first = await pull(id, { limit: 2 });
    expect(idsOf(first)).toEqual([events[0]!['id'], events[1]!['id']]);
    expect(first.json.more).toBe(true);
    expect(idsOf(await pull(id, { limit: 2 }))).toEqual(idsOf(first));
    expect((await ack(id, { cursor: first.json.cursor })).status).toBe(204);
    const second = await pull(id);
    expect(idsOf(second)).toEqual([events[2]!['id']]);
    expect((await ack(id, { cursor: second.json.cursor })).status).toBe(204);
    const nothing = await pull(id);
    expect(nothing.json).toEqual({ items: [], more: false });
    const kinds = (await stepsOf(id, 6)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'acknowledged')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'delivered').length).toBeGreaterThanOrEqual(3);
  });

  it('never goes back when an old cursor is acknowledged again', async () => {
    const id = await pulling();
    for (const event of [anEvent(), anEvent()]) await house.publish(event);
    const one = await pull(id, { limit: 1 });
    const both = await pull(id);
    await ack(id, { cursor: both.json.cursor });
    expect((await ack(id, { cursor: one.json.cursor })).status).toBe(204);
    expect((await pull(id)).json.items).toEqual([]);
  });

  it('refuses a cursor that was changed or is of another subscription', async () => {
    const [one, other] = [await pulling(), await pulling()];
    await house.publish(anEvent());
    const { cursor } = (await pull(one)).json as { cursor: string };
    for (const [id, text] of [
      [other, cursor],
      [one, `${cursor.slice(0, -2)}AA`],
      [one, 'bm90aGluZw'],
    ] as const) {
      const answer = await ack(id, { cursor: text });
      expect([answer.status, answer.json.code]).toEqual([422, 'SB-4220']);
    }
  });

  it('delivers content byte for byte, as JSON and as a CloudEvents batch', async () => {
    const id = await pulling();
    const data = '{ "resourceType":"Patient", "gender" : "unknown", "n": 1.0e1 }';
    const { data: _data, ...attributes } = anEvent();
    await house.publish(`${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`);
    expect((await pull(id)).text).toContain(`"data":${data}`);
    const batch = await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {}, { accept: BATCH });
    expect(batch.headers.get('content-type')).toContain(BATCH);
    const [item] = decodeBatch({ 'content-type': BATCH }, Buffer.from(batch.text));
    const content = item?.event?.data;
    expect(content?.kind === 'json' && Buffer.from(content.bytes).toString()).toBe(data);
    expect((await ack(id, { cursor: batch.headers.get('signalbox-cursor') })).status).toBe(204);
    const empty = await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {}, { accept: BATCH });
    expect([empty.status, empty.text]).toEqual([204, '']);
  });

  it('waits for a first event as long as it is asked to', async () => {
    const id = await pulling();
    const waiting = pull(id, { waitms: 10_000 });
    const event = anEvent();
    await house.publish(event);
    expect(idsOf(await waiting)).toEqual([event['id']]);
    const began = Date.now();
    await ack(id, { cursor: (await pull(id)).json.cursor });
    expect((await pull(id, { waitms: 300 })).json.items).toEqual([]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(300);
  });

  it('passes over what is filtered, addressed to others or no longer granted, with a step that says why', async () => {
    const source = 'urn:ods:X9H2T:tie';
    const id = await pulling({ filters: [{ exact: { urgency: 'urgent' } }], source });
    const sent = [
      anEvent({ urgency: 'routine' }),
      anEvent({ urgency: 'urgent', targetorg: 'X9L3B' }),
      anEvent({ urgency: 'urgent', source: 'urn:ods:X9H2T:other' }),
      anEvent({ urgency: 'urgent', targetorg: 'X9G1P' }),
    ];
    for (const event of sent) await house.publish(event);
    expect(idsOf(await pull(id))).toEqual([sent[3]!['id']]);
    const steps = await stepsOf(id, 4);
    const reasonOf = (event: object) => steps.find(({ eventid }) => eventid === (event as { id: string }).id)?.reason;
    expect(sent.map(reasonOf)).toEqual(['no-match', 'other-recipient', 'other-source', undefined]);
  });

  it('gives nothing that a grant no longer covers, though it was subscribed to', async () => {
    const grants = (await house.json('GET', '/organisations/X9H2T/grants', house.operator)).json.items as {
      id: string;
      action: string;
    }[];
    const id = await pulling({ types: [REQUESTED] }, HOSPITAL);
    await house.publish(anEvent({ type: REQUESTED }));
    const grant = grants.find(({ action }) => action === 'subscribe')!;
    expect((await house.json('DELETE', `/organisations/X9H2T/grants/${grant.id}`, house.operator)).status).toBe(204);
    expect((await pull(id, {}, HOSPITAL)).json.items).toEqual([]);
    expect(await stepsOf(id, 1)).toEqual([expect.objectContaining({ kind: 'suppressed', reason: 'no-grant' })]);
    const again = { application: 'tie', action: 'subscribe', types: '*', purpose: 'direct care' };
    await house.json('POST', '/organisations/X9H2T/grants', house.operator, again);
  });

  it('starts where it is told to: now, or at a time', async () => {
    const before = anEvent();
    await house.publish(before);
    expect((await pull(await pulling())).json.items).toEqual([]);
    const since = await pulling({ start: '2026-01-01T00:00:00Z' });
    expect(idsOf(await pull(since, { limit: 500 }))).toContain(before['id']);
  });

  it('asks for a grant to subscribe to every type, and says which one lacks it', async () => {
    const refused = await subscribe({ types: [REPORTED, REQUESTED], protocol: 'PULL' });
    expect([refused.status, refused.json.code, refused.json.findings[0].path]).toEqual([403, 'SB-3005', '/types/1']);
    expect((await subscribe({ types: ['*'], protocol: 'PULL' })).status).toBe(403);
    expect((await subscribe({ types: [REPORTED], protocol: 'PULL' }, LABORATORY)).status).toBe(403);
  });

  it('reports every mistake in a wish at once', async () => {
    const shape = await subscribe({ types: [], protocol: 'MQTT', filter: [], start: 'yesterday' });
    expect([shape.status, shape.json.code]).toEqual([400, 'SB-4000']);
    expect(shape.json.findings.map(({ path }: { path: string }) => path).sort()).toEqual([
      '',
      '/protocol',
      '/start',
      '/types',
    ]);
    const sense = await subscribe({
      types: [RESULTS, 'org.signalbox.result.misspelt.v1'],
      protocol: 'HTTP',
      sink: 'ftp://x/',
      filters: [{ sql: 'urgency = ' }],
    });
    expect([sense.status, sense.json.code]).toEqual([422, 'SB-4220']);
    expect(sense.json.findings.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['/types/1', '/sink', expect.stringMatching(/^.filters/)]),
    );
    const plain = await house.call('POST', '/subscriptions', {
      as: PRACTICE,
      body: 'types',
      headers: { 'content-type': 'text/plain' },
    });
    expect([plain.status, plain.json.code]).toEqual([415, 'SB-4150']);
  });

  it('shows the secret of a webhook once and leaves it pending until its endpoint consents', async () => {
    const made = await subscribe({ types: [RESULTS], protocol: 'HTTP', sink: 'https://receiver.example/events' });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ status: 'pending', sinksecrets: [expect.stringMatching(/^whsec_/)] });
    const path = made.headers.get('location') ?? '';
    const read = await house.json('GET', path, PRACTICE);
    expect(read.json.sinksecrets).toBeUndefined();
    const list = await house.json('GET', '/subscriptions', PRACTICE);
    expect(list.text).not.toContain('whsec_');
    await house.json('POST', `${path}/pause`, PRACTICE);
    expect((await house.json('POST', `${path}/resume`, PRACTICE)).json.status).toBe('pending');
    const pulled = await house.json('POST', `${path}/pull`, PRACTICE, {});
    expect([pulled.status, pulled.json.code]).toEqual([422, 'SB-4220']);
  });

  it('changes, pauses, goes on and ends a subscription, over the state that was read', async () => {
    const id = await pulling();
    const path = `/subscriptions/${id}`;
    const first = await house.json('GET', path, PRACTICE);
    const etag = first.headers.get('etag') ?? '';
    const changed = await house.json('PATCH', path, PRACTICE, { types: [REPORTED] }, { 'if-match': etag });
    expect(changed.json).toMatchObject({ types: [REPORTED] });
    const late = await house.json('PATCH', path, PRACTICE, { types: [RESULTS] }, { 'if-match': etag });
    expect([late.status, late.json.code]).toEqual([412, 'SB-4120']);
    await house.json('POST', `${path}/pause`, PRACTICE);
    const event = anEvent();
    await house.publish(event);
    expect((await pull(id)).json.code).toBe('SB-4220');
    expect((await house.json('POST', `${path}/resume`, PRACTICE)).json.status).toBe('active');
    expect(idsOf(await pull(id))).toEqual([event['id']]);
    expect((await house.json('DELETE', path, PRACTICE)).status).toBe(204);
    expect((await house.json('GET', path, PRACTICE)).status).toBe(404);
  });

  it('does not know the subscriptions of other organisations', async () => {
    const id = await pulling();
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['POST', '/pause', undefined],
      ['POST', '/resume', undefined],
      ['POST', '/pull', {}],
      ['POST', '/ack', { cursor: 'x' }],
    ] as const) {
      const answer = await house.json(method, `/subscriptions/${id}${path}`, HOSPITAL, body);
      expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 404, 'SB-4040']);
    }
    expect((await house.json('GET', '/subscriptions', LABORATORY)).json).toEqual({ items: [] });
  });

  it('takes the word of a receiver for one event that a webhook brought', async () => {
    const made = await subscribe({ types: [RESULTS], protocol: 'HTTP', sink: 'https://receiver.example/events' });
    const event = { source: 'urn:ods:X9H2T:tie', id: randomUUID() };
    const path = `/events/${event.id}?source=${encodeURIComponent(event.source)}`;
    ledger.answers.set(path, { ...event, type: REPORTED, journey: randomUUID(), sourceorg: 'X9H2T' });
    expect((await ack(made.json.id, event)).status).toBe(204);
    const [step] = await stepsOf(made.json.id, 1);
    expect(step).toMatchObject({ kind: 'acknowledged', eventid: event.id, org: 'X9G1P', channel: 'webhook' });
    expect((await ack(made.json.id, { ...event, id: 'unknown' })).status).toBe(404);
    expect((await ack(made.json.id, {})).json.code).toBe('SB-4000');
  });

  it('asks the ledger with the token of the caller and passes its answer on', async () => {
    const journey = randomUUID();
    ledger.answers.set(`/journeys/${journey}`, { journey, holder: 'X9G1P' });
    const found = await house.json('GET', `/journeys/${journey}`, PRACTICE);
    expect([found.status, found.json]).toEqual([200, { journey, holder: 'X9G1P' }]);
    expect(ledger.asked).toContain(`/journeys/${journey} Bearer ${await house.token(PRACTICE)}`);
    expect((await house.json('GET', '/events/unknown', PRACTICE)).status).toBe(404);
    ledger.answers.set('/events/a%2Fb%20c?source=x', { id: 'a/b c' });
    expect((await house.json('GET', '/events/a%2Fb%20c?source=x', PRACTICE)).json).toEqual({ id: 'a/b c' });
    const asked = ledger.asked.length;
    for (const path of ['/events/..', '/events/%2e%2e', '/journeys/%2E']) {
      expect([path, await house.statusOf(path, PRACTICE)]).toEqual([path, 404]);
    }
    expect(ledger.asked).toHaveLength(asked);
  });

  it('says that the ledger is away when it does not answer in its time', async () => {
    await house.stop();
    await house.start({ SIGNALBOX_LEDGER_TIMEOUT_MS: '300' });
    house.forgetTokens();
    await house.token(PRACTICE);
    const began = Date.now();
    const silent = await house.json('GET', '/events/silent', PRACTICE);
    expect([silent.status, silent.json.code]).toEqual([503, 'SB-5032']);
    // Five seconds would be its time by default.
    expect(Date.now() - began).toBeLessThan(4_500);
  });
});
