import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Step } from '@signalbox/messaging';
import { Registry } from '@signalbox/registry';
import { createLog } from '@signalbox/runtime';
import { waitFor } from '../support/index.js';
import {
  anEvent,
  GatewayHouse,
  HOSPITAL,
  LABORATORY,
  NHS_NUMBER,
  REPORTED,
  REQUESTED,
} from './fixtures/gateway-house.js';

const BATCH = 'application/cloudevents-batch+json';

describe('a gateway that takes events', () => {
  let house: GatewayHouse;
  let registry: Registry;

  beforeAll(async () => {
    house = await GatewayHouse.open();
    registry = await Registry.open(house.engine, createLog('test', 'silent'));
  });
  afterAll(async () => {
    registry.close();
    await house.close();
  });

  const storedAs = async (id: unknown, family?: string) =>
    (await house.stored(family)).filter(({ event }) => event.attributes['id'] === id);

  it('answers 202 for an event that lies in the engine by then, with what the exchange knows beside it', async () => {
    const event = anEvent();
    const answer = await house.publish(event);
    expect(answer.status).toBe(202);
    expect(answer.json).toEqual({
      id: event['id'],
      source: event['source'],
      journey: expect.stringMatching(/^[0-9a-f-]{36}$/),
      state: 'accepted',
      duplicate: false,
    });
    const [stored] = await storedAs(event['id']);
    const { sourceorg, correlationid, partitionkey, recordedtime } = stored!.event.attributes;
    expect(sourceorg).toBe(HOSPITAL.ods);
    expect(correlationid).toBe(answer.json.journey);
    expect(partitionkey).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(Math.abs(Date.parse(String(recordedtime)) - Date.now())).toBeLessThan(60_000);
    expect(stored?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
  });

  it('tells an event late that comes after a newer version of it, or after the one that supersedes it', async () => {
    const device = (value: string) => ({
      resourceType: 'Device',
      gender: 'other',
      identifier: [{ system: 'urn:x', value }],
    });
    const older = anEvent({ time: '2026-11-21T08:00:00Z', data: device('D-1') });
    const newer = anEvent({ time: '2026-11-21T09:00:00Z', data: device('D-1') });
    const other = anEvent({ time: '2026-11-21T07:00:00Z', data: device('D-2') });
    for (const event of [newer, older, other]) expect((await house.publish(event)).status).toBe(202);
    expect((await storedAs(newer['id']))[0]?.late).toBeUndefined();
    expect((await storedAs(older['id']))[0]?.late).toBe(newer['id']);
    expect((await storedAs(other['id']))[0]?.late).toBeUndefined();
    const first = anEvent();
    const correction = anEvent({ supersedes: first['id'] });
    for (const event of [correction, first]) expect((await house.publish(event)).status).toBe(202);
    expect((await storedAs(first['id']))[0]?.late).toBe(correction['id']);
  });

  it('keeps the content byte for byte, odd spacing and number forms included', async () => {
    const id = randomUUID();
    const data = '{ "resourceType" : "Patient",\n\t"gender":"unknown", "x": 1.50e+2, "y": "\\u00e9" }';
    const { data: _data, ...attributes } = anEvent({ id });
    const answer = await house.publish(`${JSON.stringify(attributes).slice(0, -1)},"data":${data}}`);
    expect(answer.status).toBe(202);
    const [stored] = await storedAs(id);
    const content = stored!.event.data;
    expect(content.kind === 'absent' ? '' : Buffer.from(content.bytes).toString()).toBe(data);
  });

  it('takes binary mode, and the same event in structured mode is then a repeat', async () => {
    const { data, ...attributes } = anEvent({ subject: 'caf\u00e9' });
    const headers = Object.fromEntries(
      Object.entries(attributes)
        .filter(([name]) => name !== 'datacontenttype')
        .map(([name, value]) => [`ce-${name}`, encodeURIComponent(String(value)).replaceAll('%3A', ':')]),
    );
    const body = JSON.stringify(data);
    const first = await house.call('POST', '/events', {
      as: HOSPITAL,
      body,
      headers: { ...headers, 'content-type': 'application/fhir+json' },
    });
    expect(first.status).toBe(202);
    const again = await house.publish({ ...attributes, data });
    expect(again.json).toEqual({ ...first.json, duplicate: true });
  });

  it('judges each item of a batch alone and answers in their order', async () => {
    const [good, other] = [anEvent(), anEvent({ type: REQUESTED })];
    const bad = anEvent({ type: 'org.signalbox.result.unheard-of.v1' });
    const { specversion: _version, ...broken } = anEvent();
    const body = JSON.stringify([good, bad, broken, other, good]);
    const answer = await house.call('POST', '/events', { as: HOSPITAL, body, headers: { 'content-type': BATCH } });
    expect(answer.status).toBe(200);
    const { items } = answer.json as { items: { status: number; code?: string; id?: string; duplicate?: boolean }[] };
    expect(items.map(({ status }) => status)).toEqual([202, 422, 400, 202, 202]);
    expect(items.map(({ code }) => code)).toEqual([undefined, 'SB-2001', 'SB-1002', undefined, undefined]);
    expect([items[0]?.duplicate, items[4]?.duplicate]).toEqual([false, true]);
    expect(await storedAs(good['id'])).toHaveLength(1);
    expect(await storedAs(other['id'], 'referral')).toHaveLength(1);
  });

  it('answers a repeat as it answered the first time and records it once, with a step', async () => {
    const event = anEvent();
    const first = await house.publish(event);
    const second = await house.publish(event);
    expect(second.status).toBe(202);
    expect(second.json).toEqual({ ...first.json, duplicate: true });
    expect(await storedAs(event['id'])).toHaveLength(1);
    const steps = await house.records<Step>('STEPS', (all) => all.some(({ eventid }) => eventid === event['id']));
    expect(steps.find(({ eventid }) => eventid === event['id'])?.kind).toBe('duplicate');
  });

  it('refuses other content under the same source and id, with a step', async () => {
    const event = anEvent();
    await house.publish(event);
    const other = await house.publish({ ...event, data: { resourceType: 'Patient', gender: 'other' } });
    expect([other.status, other.json.code]).toEqual([409, 'SB-4090']);
    const attribute = await house.publish({ ...event, urgency: 'urgent' });
    expect([attribute.status, attribute.json.code]).toEqual([409, 'SB-4090']);
    expect(await storedAs(event['id'])).toHaveLength(1);
    const steps = await house.records<Step>('STEPS', (all) => all.some(({ eventid }) => eventid === event['id']));
    expect(steps.find(({ eventid }) => eventid === event['id'])?.kind).toBe('conflict');
  });

  it('takes one of two simultaneous posts of an event and calls the other a repeat', async () => {
    const event = anEvent();
    const answers = await Promise.all([1, 2, 3, 4].map(() => house.publish(event)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(answers.filter(({ json }) => json.duplicate === false)).toHaveLength(1);
    expect(await storedAs(event['id'])).toHaveLength(1);
  });

  it('takes one of two simultaneous posts with different content and refuses the other', async () => {
    const event = anEvent();
    const answers = await Promise.all([house.publish(event), house.publish({ ...event, urgency: 'urgent' })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    expect(await storedAs(event['id'])).toHaveLength(1);
  });

  it('gives all events of one patient the same ordering key, which does not tell the patient', async () => {
    const [one, two] = [anEvent(), anEvent()];
    await house.publish(one);
    await house.publish(two);
    const keys = [...(await storedAs(one['id'])), ...(await storedAs(two['id']))].map(
      ({ event }) => event.attributes['partitionkey'],
    );
    expect(keys[0]).toBe(keys[1]);
    const plain = createHash('sha256').update(NHS_NUMBER).digest('base64url').slice(0, 22);
    expect(keys[0]).not.toBe(plain);
  });

  it('lets content pass that a publisher is only warned about, and tells what was found', async () => {
    const { ods } = HOSPITAL;
    const data = { resourceType: 'Patient', gender: 'no such code' };
    await registry.putStage({ ods, type: REPORTED, strictness: 'warn' });
    const publishUntil = (status: number) =>
      waitFor(`answer ${String(status)}`, async () => {
        const answer = await house.publish(anEvent({ data }));
        return answer.status === status ? answer : undefined;
      });
    expect((await publishUntil(202)).json.findings).toEqual([expect.objectContaining({ path: '/data/gender' })]);
    await registry.putStage({ ods, type: REPORTED, strictness: 'observe' });
    await waitFor('nothing to be told', async () => (await publishUntil(202)).json.findings === undefined);
    const identifier = await house.publish(anEvent({ data, subject: NHS_NUMBER }));
    expect(identifier.json.code).toBe('SB-2005');
    await registry.deleteStage(ods, REPORTED);
    expect((await publishUntil(422)).json.code).toBe('SB-2003');
  });

  it('judges without storing and without a grant', async () => {
    const [good, bad] = [anEvent(), anEvent({ data: { resourceType: 'Patient' } })];
    const judged = (event: object) => house.json('POST', '/events/validate', LABORATORY, event, structured);
    const structured = { 'content-type': 'application/cloudevents+json' };
    expect((await judged(good)).json).toEqual({ valid: true, type: REPORTED, findings: [] });
    const { json, status } = await judged(bad);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      valid: false,
      code: 'SB-2003',
      findings: [{ path: '/data/gender', rule: 'required' }],
    });
    expect(await storedAs(good['id'])).toHaveLength(0);
  });

  it('judges a batch item by item without storing', async () => {
    const { specversion: _version, ...broken } = anEvent();
    const body = [anEvent(), broken, anEvent({ type: 'org.signalbox.result.other.v1' })];
    const before = await house.engine.events.lastSequence('result');
    const { status, json } = await house.json('POST', '/events/validate', LABORATORY, body, { 'content-type': BATCH });
    const items = json.items as { valid: boolean; code?: string }[];
    expect([status, items.map(({ valid, code }) => [valid, code])]).toEqual([
      200,
      [
        [true, undefined],
        [false, 'SB-1002'],
        [false, 'SB-2001'],
      ],
    ]);
    expect(await house.engine.events.lastSequence('result')).toBe(before);
  });

  it('leaves nothing behind of a request whose sender went away before it was whole', async () => {
    const event = anEvent();
    const body = JSON.stringify(event);
    const before = await house.engine.events.lastSequence('result');
    const { port, hostname } = new URL(house.url);
    const socket = connect(Number(port), hostname);
    const head = `POST /events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await house.token(HOSPITAL)}\r\n`;
    const length = `content-type: application/cloudevents+json\r\ncontent-length: ${String(body.length)}\r\n\r\n`;
    await new Promise<void>((resolve) => socket.write(head + length + body.slice(0, -5), () => resolve()));
    socket.destroy();
    await new Promise((resolve) => socket.once('close', resolve));
    expect((await house.publish(event)).json.duplicate).toBe(false);
    expect(await house.engine.events.lastSequence('result')).toBe(before + 1);
  });
});
