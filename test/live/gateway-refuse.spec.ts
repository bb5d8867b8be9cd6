import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Rejection } from '@signalbox/messaging';
import {
  anEvent,
  GatewayHouse,
  HOSPITAL,
  LABORATORY,
  NHS_NUMBER,
  PRACTICE,
  RETIRED,
} from './fixtures/gateway-house.js';

const STRUCTURED = 'application/cloudevents+json';
const without = (name: string) => {
  const { [name]: _left, ...event } = anEvent();
  return JSON.stringify(event);
};
const nested = (depth: number) =>
  JSON.stringify(anEvent()).replace('"gender"', `"deep":${'['.repeat(depth)}${']'.repeat(depth)},"gender"`);

describe('a gateway that refuses', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open({ env: { SIGNALBOX_BATCH_BYTES: '2097152', SIGNALBOX_BATCH_EVENTS: '3' } });
  });
  afterAll(() => house.close());

  const post = (body: string, contentType = STRUCTURED, as = HOSPITAL as typeof HOSPITAL | typeof PRACTICE) =>
    house.call('POST', '/events', { as, body, headers: { 'content-type': contentType } });

  // What was sent, and the status and code that it deserves.
  const table: [string, () => [body: string, contentType?: string], number, string][] = [
    ['JSON that is cut off', () => ['{"id":'], 400, 'SB-1001'],
    ['an event without id', () => [without('id')], 400, 'SB-1002'],
    ['an attribute that is an object', () => [JSON.stringify(anEvent({ subject: { a: 1 } }))], 400, 'SB-1003'],
    ['another specversion', () => [JSON.stringify(anEvent({ specversion: '0.3' }))], 400, 'SB-1004'],
    ['data and data_base64', () => [JSON.stringify(anEvent({ data_base64: 'AA==' }))], 400, 'SB-1006'],
    ['an unknown type', () => [JSON.stringify(anEvent({ type: 'org.signalbox.result.other.v1' }))], 422, 'SB-2001'],
    ['a retired type', () => [JSON.stringify(anEvent({ type: RETIRED }))], 422, 'SB-2002'],
    ['content against the schema', () => [JSON.stringify(anEvent({ data: { gender: 'x' } }))], 422, 'SB-2003'],
    ['an event without time', () => [without('time')], 422, 'SB-2004'],
    ['an NHS number in an attribute', () => [JSON.stringify(anEvent({ subject: NHS_NUMBER }))], 422, 'SB-2005'],
    ['a key twice', () => [JSON.stringify(anEvent()).replace('"gender"', '"gender":"other","gender"')], 422, 'SB-2006'],
    ['JSON that is too deep', () => [nested(40)], 422, 'SB-2007'],
    [
      'a source of another organisation',
      () => [JSON.stringify(anEvent({ source: 'urn:ods:X9G1P:tie' }))],
      403,
      'SB-3006',
    ],
    ['a sourceorg of another organisation', () => [JSON.stringify(anEvent({ sourceorg: 'X9G1P' }))], 403, 'SB-3006'],
    [
      'an event that is too large',
      () => [JSON.stringify(anEvent({ data: { x: 'a'.repeat(1_100_000) } }))],
      413,
      'SB-4130',
    ],
    ['a body beyond every limit', () => ['a'.repeat(2_200_000)], 413, 'SB-4130'],
    [
      'a batch of too many',
      () => [JSON.stringify([1, 2, 3, 4].map(() => anEvent())), 'application/cloudevents-batch+json'],
      413,
      'SB-4130',
    ],
    ['another media type', () => ['<event/>', 'application/cloudevents+xml'], 415, 'SB-4150'],
    ['plain JSON', () => ['{}', 'application/json'], 415, 'SB-4150'],
    ['another character set', () => [JSON.stringify(anEvent()), `${STRUCTURED}; charset=iso-8859-1`], 415, 'SB-4151'],
  ];

  it.each(table)('%s', async (_what, sent, status, code) => {
    const answer = await post(...sent());
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.json.traceid).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.text).not.toContain(NHS_NUMBER);
  });

  it('a header that is not valid percent-encoding', async () => {
    const headers = { 'ce-id': '%C0%A0', 'ce-source': 'urn:ods:X9H2T:tie', 'ce-specversion': '1.0', 'ce-type': 'x' };
    const answer = await house.call('POST', '/events', { as: HOSPITAL, body: '{}', headers });
    expect([answer.status, answer.json.code]).toEqual([400, 'SB-1005']);
  });

  it('a token that is missing, malformed, of a stranger, or given too often', async () => {
    const withToken = async (authorization?: string) => {
      const headers = { 'content-type': STRUCTURED, ...(authorization !== undefined && { authorization }) };
      const {
        status,
        json,
        headers: answered,
      } = await house.call('POST', '/events', { body: JSON.stringify(anEvent()), headers });
      return [status, json.code, answered.get('www-authenticate') !== null];
    };
    expect(await withToken()).toEqual([401, 'SB-3001', true]);
    expect(await withToken('Bearer not a token')).toEqual([401, 'SB-3002', true]);
    expect(await withToken('Basic dXNlcjpwYXNz')).toEqual([401, 'SB-3002', true]);
    const [header, claims, signature] = (await house.token(HOSPITAL)).split('.') as [string, string, string];
    const other = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
    expect(await withToken(`Bearer ${header}.${claims}.${other}`)).toEqual([401, 'SB-3002', true]);
  });

  it('an organisation without a grant to publish the type', async () => {
    for (const as of [PRACTICE, LABORATORY]) {
      const answer = await house.publish(anEvent({ source: `urn:ods:${as.ods}:x` }), as);
      expect([answer.status, answer.json.code]).toEqual([403, 'SB-3005']);
    }
  });

  it('a path that is not there and a method that is not offered', async () => {
    const nowhere = await house.call('GET', '/nowhere', { as: HOSPITAL });
    expect([nowhere.status, nowhere.json.code]).toEqual([404, 'SB-4040']);
    const put = await house.call('PUT', '/events', { as: HOSPITAL, body: '{}' });
    expect([put.status, put.json.code, put.headers.get('allow')]).toEqual([405, 'SB-4050', 'POST']);
  });

  it('has one record of each refusal, findings in clear, payload encrypted, patients nowhere', async () => {
    const marker = randomUUID();
    const sent = [
      anEvent({ data: { note: marker, gender: 'unknown' } }),
      anEvent({ type: 'org.signalbox.result.other.v1', data: { note: marker } }),
      anEvent({ id: `patient ${NHS_NUMBER}`, data: { note: marker } }),
      anEvent({ source: 'urn:ods:X9G1P:tie', subject: NHS_NUMBER, data: { note: marker } }),
    ];
    for (const event of sent) expect((await house.publish(event)).status).toBeGreaterThanOrEqual(400);
    const last = anEvent({ id: randomUUID(), type: 'org.signalbox.result.last.v1' });
    await house.publish(last);
    const all = await house.records<Rejection>('REJECTED', (records) =>
      records.some(({ eventid }) => eventid === last['id']),
    );
    const ours = all.slice(all.findIndex(({ eventid }) => eventid === sent[0]?.['id']));
    expect(ours.map(({ code }) => code)).toEqual(['SB-2003', 'SB-2001', 'SB-2005', 'SB-3006', 'SB-2001']);
    expect(ours[0]).toMatchObject({
      org: HOSPITAL.ods,
      application: HOSPITAL.application,
      findings: [{ path: '/data/resourceType' }],
    });
    const text = JSON.stringify(all);
    expect(text).not.toContain(NHS_NUMBER);
    expect(text).not.toContain(marker);
    expect(ours.every(({ payload }) => payload !== undefined && payload.length > 100)).toBe(true);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });
});
