import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudEvent, defaultSchemasFolder } from '@signalbox/contracts';
import type { Step } from '@signalbox/messaging';
import { Webhook } from 'standardwebhooks';

import type { RunningRelay } from '../../apps/relay/src/relay.js';
import { waitFor } from '../support/index.js';
import { GatewayHouse, LABORATORY, NHS_NUMBER, PRACTICE, REPORTED } from './fixtures/gateway-house.js';
import { Receiver, relayOver } from './relay-rig.js';

/** Whether the public library takes a delivery with this secret. */
function verifies(secret: string, { headers, body }: { headers: object; body: string }): boolean {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

describe('the care of a subscription', () => {
  let house: GatewayHouse;
  let relay: RunningRelay | undefined;
  let receiver: Receiver;

  beforeAll(async () => {
    house = await GatewayHouse.open({
      env: {
        SIGNALBOX_SCHEMAS_FOLDER: defaultSchemasFolder(),
        SIGNALBOX_TEST_EVERY_MS: '0',
      },
    });
  });
  afterAll(() => house.close());
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    receiver.stop();
    await relay?.close();
    relay = undefined;
  });

  const startRelayWith = async (settings: Record<string, string> = {}): Promise<void> => {
    relay = await relayOver(house.nats, {
      SIGNALBOX_WEBHOOK_HANDSHAKE: 'skip',
      SIGNALBOX_WEBHOOK_TIMEOUT_MS: '5000',
      SIGNALBOX_RETRY_DELAYS_MS: '50',
      SIGNALBOX_DELIVERY_REDO_MS: '100',
      SIGNALBOX_ENDPOINT_PAUSE_MS: '100',
      SIGNALBOX_ENDPOINT_PAUSE_MAX_MS: '200',
      SIGNALBOX_BACKLOG_EVERY_MS: '100',
      SIGNALBOX_ENDPOINT_HEALTH_EVERY_MS: '100',
      ...settings,
    });
  };
  const ask = (method: string, path: string, body?: object) =>
    house.json(method, `/subscriptions/${path}`, PRACTICE, body);
  const subscribe = async (more: object = {}): Promise<{ id: string; sinksecrets: string[] }> => {
    const wish = { types: [REPORTED], protocol: 'HTTP', sink: receiver.sink, ...more };
    const { status, json } = await house.json('POST', '/subscriptions', PRACTICE, wish);
    expect(status).toBe(201);
    return json as { id: string; sinksecrets: string[] };
  };
  const active = async (more: object = {}): Promise<{ id: string; sinksecrets: string[] }> => {
    const made = await subscribe(more);
    await waitFor('the subscription to be active', async () => (await ask('GET', made.id)).json.status === 'active');
    return made;
  };
  const healthOf = async (id: string) => (await ask('GET', `${id}/health`)).json;
  const untilHealth = async (id: string, condition: string) =>
    waitFor(`the endpoint to be ${condition}`, async () => {
      const health = await healthOf(id);
      return health.condition === condition && health;
    });
  /** As the gateway stores it after acceptance; each with an ordering key of its own. */
  const publish = async (more: CloudEvent['attributes'] = {}): Promise<string> => {
    const id = randomUUID();
    const event: CloudEvent = {
      attributes: {
        specversion: '1.0',
        id,
        source: 'urn:ods:X9H2T:tie',
        type: REPORTED,
        time: '2026-11-22T12:00:00Z',
        datacontenttype: 'application/fhir+json',
        sourceorg: 'X9H2T',
        partitionkey: randomUUID(),
        ...more,
      },
      data: { kind: 'json', bytes: Buffer.from(`{"nhs":"${NHS_NUMBER}","family":"Featherstonehaugh"}`) },
    };
    await house.engine.events.append(event, { sourceorg: 'X9H2T' });
    return id;
  };
  const stepsOf = async (subscription: string, enough: (steps: Step[]) => boolean): Promise<Step[]> => {
    const mine = (all: Step[]) => all.filter((step) => step.subscription === subscription);
    return mine(await house.records<Step>('STEPS', (all) => enough(mine(all))));
  };

  it('leaves an endpoint that is down alone, says so in words, and goes on by itself when it is back', async () => {
    await startRelayWith();
    const { id } = await active();
    expect(await healthOf(id)).toMatchObject({
      subscription: id,
      status: 'active',
      condition: expect.stringMatching(/^(untold|healthy)$/),
      stage: 0,
    });
    receiver.answer = (_request, answer) => void answer.destroy();
    const events = await Promise.all(Array.from({ length: 40 }, () => publish()));
    const down = await waitFor('the circuit to be open', async () => {
      const health = await untilHealth(id, 'failing');
      return health.circuit !== 'closed' && health.limit >= 1 && health;
    });
    expect(down).toMatchObject({ stage: 1, since: expect.any(String), updated: expect.any(String) });
    expect(down.advice).toMatch(/^Look into its log/);
    const { condition, stage, since, sentence, advice } = down;
    const shown = await ask('GET', id);
    expect(shown.json).toMatchObject({ status: 'active', warning: { condition, stage, since, sentence, advice } });
    expect((await house.json('GET', '/subscriptions', PRACTICE)).json).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ id, warning: shown.json['warning'] })]),
    });
    const held = await waitFor('the whole backlog to be told', async () => {
      const { waiting, unsettled } = (await healthOf(id)) as Record<'waiting' | 'unsettled', number>;
      return waiting + unsettled === events.length && { waiting, unsettled };
    });
    expect(held.waiting + held.unsettled).toBe(events.length);

    receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    await waitFor('every event to arrive', () => new Set(receiver.ids).size >= events.length);
    const well = await untilHealth(id, 'healthy');
    expect(well).toMatchObject({ stage: 0, circuit: 'closed' });
    expect((await ask('GET', id)).json).not.toHaveProperty('warning');
    const steps = await stepsOf(
      id,
      (all) =>
        all.filter(({ kind }) => kind === 'delivered').length >= events.length &&
        all.findLast(({ kind }) => kind === 'warned')?.reason === 'healthy',
    );
    expect(steps.filter(({ kind }) => kind === 'parked')).toEqual([]);
    const warned = steps.filter(({ kind }) => kind === 'warned');
    expect([warned[0]?.reason, warned.at(-1)?.reason]).toEqual(['failing', 'healthy']);
    expect(warned[0]).toMatchObject({ org: PRACTICE.ods, eventid: expect.any(String), detail: expect.any(String) });
    expect(warned.every((step) => step.state === undefined)).toBe(true);
  });

  it('waits as long as the endpoint asks for, with everything', async () => {
    await startRelayWith({ SIGNALBOX_DELIVERY_CONCURRENCY: '1' });
    const { id } = await active();
    const times: number[] = [];
    receiver.answer = (_request, answer) => {
      times.push(Date.now());
      answer.writeHead(times.length === 1 ? 429 : 204, times.length === 1 ? { 'retry-after': '1' } : {}).end();
    };
    const events = [await publish(), await publish()];
    await waitFor('both to arrive', () => events.every((one) => receiver.ids.filter((id) => id === one).length >= 1));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(950);
    const steps = await stepsOf(id, (all) => all.filter(({ kind }) => kind === 'delivered').length >= 2);
    expect(steps[0]).toMatchObject({ kind: 'attempt', reason: 'endpoint-overloaded', status: 429 });
  });

  it('keeps an excerpt of what the endpoint said, and nothing of what it was sent', async () => {
    await startRelayWith();
    const { id } = await active();
    receiver.answer = (_request, answer) =>
      void answer
        .writeHead(422, { 'content-type': 'text/plain' })
        .end(`unknown patient ${NHS_NUMBER} FEATHERSTONEHAUGH`);
    await publish();
    const steps = await stepsOf(id, (all) => all.some(({ kind }) => kind === 'parked'));
    expect(steps).toMatchObject([
      { kind: 'attempt', reason: 'endpoint-refused', status: 422, answer: 'unknown patient …' },
      { kind: 'parked' },
    ]);
    expect(JSON.stringify(steps)).not.toMatch(/9990000018|featherston/i);
  });

  it('sends a test: an example, marked and signed, that leaves no trace but the answer', async () => {
    const { id, sinksecrets } = await subscribe();
    const unasked = await ask('POST', `${id}/test`);
    expect([unasked.status, unasked.json.findings[0].path]).toEqual([422, '/status']);
    await startRelayWith();
    await waitFor('the subscription to be active', async () => (await ask('GET', id)).json.status === 'active');
    const good = await ask('POST', `${id}/test`);
    expect([good.status, good.json]).toEqual([
      200,
      {
        outcome: 'delivered',
        status: 204,
        latencyms: expect.any(Number),
        type: REPORTED,
        source: expect.stringMatching(/^urn:ods:/),
        id: expect.stringMatching(/^test-/),
      },
    ]);
    const [got] = receiver.received;
    expect(got?.headers).toMatchObject({ 'signalbox-test': 'true', traceparent: expect.any(String) });
    expect(got?.event.attributes).toMatchObject({ id: good.json.id, type: REPORTED });
    expect(verifies(sinksecrets[0]!, { headers: got!.headers, body: got!.body })).toBe(true);

    receiver.answer = (_request, answer) => void answer.writeHead(500).end('no room on disk');
    const bad = await ask('POST', `${id}/test`, { type: REPORTED });
    expect(bad.json).toMatchObject({
      outcome: 'retry',
      status: 500,
      reason: 'endpoint-error',
      answer: 'no room on disk',
    });
    const other = await ask('POST', `${id}/test`, { type: 'org.signalbox.booking.booked.v1' });
    expect([other.status, other.json.findings[0].path]).toEqual([422, '/type']);

    const real = await publish();
    receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    const steps = await stepsOf(id, (all) => all.some(({ kind }) => kind === 'delivered'));
    expect(new Set(steps.map(({ eventid }) => eventid))).toEqual(new Set([real]));
  });

  it('has no test for what is fetched, for what is not yours, and while no relay is there', async () => {
    const pull = await subscribe({ protocol: 'PULL', sink: undefined });
    const fetched = await ask('POST', `${pull.id}/test`);
    expect([fetched.status, fetched.json.code, fetched.json.findings[0].path]).toEqual([422, 'SB-4220', '/protocol']);
    const { id } = await subscribe();
    for (const call of ['test', 'rotate-secret'])
      expect((await house.json('POST', `/subscriptions/${id}/${call}`, LABORATORY, {})).json.code).toBe('SB-4040');
    expect((await house.json('GET', `/subscriptions/${id}/health`, LABORATORY)).json.code).toBe('SB-4040');
    await ask('POST', `${id}/pause`);
    const alone = await ask('POST', `${id}/test`);
    expect([alone.status, alone.json.code, alone.headers.get('retry-after')]).toEqual([503, 'SB-5034', '5']);
  });

  /** A relay is told of changes in their order: it knows all that were made until now. */
  const untilHeard = () => active({ filters: [{ exact: { urgency: 'unheard-of' } }] });

  it('exchanges a secret without a moment in which the receiver cannot verify', async () => {
    await startRelayWith();
    const { id, sinksecrets } = await active();
    const former = sinksecrets[0]!;
    const turned = await ask('POST', `${id}/rotate-secret`, { overlapms: 600_000 });
    expect([turned.status, turned.json]).toEqual([
      200,
      { id, sinksecrets: [expect.stringMatching(/^whsec_/)], oldsecretsuntil: expect.any(String) },
    ]);
    const fresh = turned.json.sinksecrets[0] as string;
    expect(fresh).not.toBe(former);
    expect((await ask('GET', id)).json).not.toHaveProperty('sinksecrets');
    expect((await ask('POST', `${id}/rotate-secret`)).json.findings[0].rule).toBe('rotation-under-way');

    await untilHeard();
    await publish();
    const [both] = await waitFor('a delivery', () => receiver.received.length > 0 && receiver.received);
    expect([former, fresh].map((secret) => verifies(secret, both!))).toEqual([true, true]);
    await ask('DELETE', id);

    const other = await active();
    const next = (await ask('POST', `${other.id}/rotate-secret`, { overlapms: 500 })).json;
    await untilHeard();
    await waitFor('the former secret to end', () => Date.now() > Date.parse(next.oldsecretsuntil as string));
    await publish();
    const [, one] = await waitFor('another delivery', () => receiver.received.length > 1 && receiver.received);
    expect([other.sinksecrets[0]!, next.sinksecrets[0] as string].map((secret) => verifies(secret, one!))).toEqual([
      false,
      true,
    ]);

    const revoked = await ask('POST', `${other.id}/rotate-secret`, { overlapms: 0 });
    expect(revoked.json).toEqual({ id: other.id, sinksecrets: [expect.any(String)] });
    const pull = await subscribe({ protocol: 'PULL', sink: undefined });
    expect((await ask('POST', `${pull.id}/rotate-secret`)).status).toBe(422);
    expect((await ask('POST', `${other.id}/rotate-secret`, { overlapms: -1 })).json.findings[0].path).toBe(
      '/overlapms',
    );
  });

  it('judges what is fetched by what nobody has fetched', async () => {
    const { id } = await subscribe({ protocol: 'PULL', sink: undefined });
    expect(await healthOf(id)).toMatchObject({ condition: 'healthy', waiting: 0, stage: 0 });
    await publish();
    expect(await healthOf(id)).toMatchObject({ condition: 'healthy', waiting: 1, oldest: expect.any(String) });
    const { json } = await ask('POST', `${id}/pull`);
    await ask('POST', `${id}/ack`, { cursor: json.cursor });
    expect(await healthOf(id)).toMatchObject({ condition: 'healthy', waiting: 0 });
    await ask('POST', `${id}/pause`);
    expect(await healthOf(id)).toMatchObject({ condition: 'paused', status: 'paused' });
  });

  it('finds what waits to be fetched behind many events that are for others, and says where it did not look', async () => {
    const { id } = await subscribe({
      protocol: 'PULL',
      sink: undefined,
      filters: [{ exact: { urgency: 'critical' } }],
    });
    const all = await subscribe({ protocol: 'PULL', sink: undefined });
    await Promise.all(Array.from({ length: 210 }, () => publish()));
    expect(await healthOf(id)).toMatchObject({ waiting: 0, sentence: expect.stringMatching(/^Everything/) });
    await publish({ urgency: 'critical' });
    expect(await healthOf(id)).toMatchObject({ waiting: 1, sentence: 'Events wait to be fetched.' });
    const { waiting, more } = await healthOf(all.id);
    expect([waiting === 211, more === true]).toContain(true);
  });

  it('sends to a private place only for the organisation that the operator opened it for', async () => {
    await startRelayWith({ SIGNALBOX_WEBHOOK_TIMEOUT_MS: '300' });
    const { id } = await active({ sink: 'https://10.255.255.1:8443/hook' });
    const test = async () => (await ask('POST', `${id}/test`)).json;
    expect(await test()).toMatchObject({ outcome: 'refused', reason: 'egress-refused' });
    const open = (egressAllow: unknown) =>
      house.json('PATCH', `/organisations/${PRACTICE.ods}`, house.operator, { egressAllow });
    expect((await open(['10.255.255.0/24'])).json.egressAllow).toEqual(['10.255.255.0/24']);
    await untilHeard();
    expect((await test()).reason).toMatch(/^endpoint-(timeout|unreachable|insecure|disconnected)$/);
    for (const entry of ['127.0.0.1', '169.254.169.254', '0.0.0.0/0', '::1', 'localhost']) {
      const refused = await open([entry]);
      expect([refused.status, refused.json.findings[0].path]).toEqual([422, '/egressAllow/0']);
    }
    expect((await house.json('PATCH', `/organisations/${PRACTICE.ods}`, PRACTICE, { egressAllow: [] })).status).toBe(
      403,
    );
    expect((await open([])).json.egressAllow).toEqual([]);
    await untilHeard();
    expect(await test()).toMatchObject({ outcome: 'refused', reason: 'egress-refused' });
  });
});
