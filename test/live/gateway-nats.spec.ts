import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect, headers as newHeaders, type NatsConnection } from '@nats-io/transport-node';
import { anEvent, GatewayHouse, HOSPITAL, PRACTICE, REPORTED } from './fixtures/gateway-house.js';

describe('the door for publishers on NATS', () => {
  let house: GatewayHouse;
  let publisher: NatsConnection;

  beforeAll(async () => {
    house = await GatewayHouse.open();
    const { user, password } = house.nats.users.publisher;
    publisher = await connect({ servers: house.nats.url, user, pass: password, inboxPrefix: `_INBOX_${user}` });
  });
  afterAll(async () => {
    await publisher.close();
    await house.close();
  });

  const ask = async (subject: string, body: string, pairs: Record<string, string>) => {
    const headers = newHeaders();
    for (const [name, value] of Object.entries(pairs)) headers.set(name, value);
    const answer = await publisher.request(subject, body, { headers, timeout: 5_000 });
    return {
      status: answer.headers?.get('status'),
      type: answer.headers?.get('content-type'),
      json: answer.json<{ code?: string }>(),
    };
  };
  const bearer = async (actor = HOSPITAL as typeof HOSPITAL | typeof PRACTICE) => `Bearer ${await house.token(actor)}`;

  it('takes an event in structured mode and answers as HTTP does', async () => {
    const event = anEvent();
    const sent = { Authorization: await bearer(), 'content-type': 'application/cloudevents+json' };
    const answer = await ask(`publish.${REPORTED}`, JSON.stringify(event), sent);
    expect(answer).toMatchObject({
      status: '202',
      type: 'application/json',
      json: { id: event['id'], duplicate: false },
    });
    const overHttp = await house.publish(event);
    expect(overHttp.json).toEqual({ ...answer.json, duplicate: true });
  });

  it('takes an event in binary mode', async () => {
    const { data, datacontenttype, ...attributes } = anEvent();
    const pairs = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]));
    const sent = { Authorization: await bearer(), 'ce-datacontenttype': String(datacontenttype), ...pairs };
    const answer = await ask(`publish.${REPORTED}`, JSON.stringify(data), sent);
    expect(answer.status).toBe('202');
    const stored = (await house.stored()).find(({ event }) => event.attributes['id'] === attributes['id']);
    expect(stored?.event.data).toMatchObject({ kind: 'json' });
  });

  it('refuses with the same codes: no token, no grant, another type than the subject names, bad content', async () => {
    const structured = { 'content-type': 'application/cloudevents+json' };
    const refused = async (subject: string, event: object, more: Record<string, string>) => {
      const { status, type, json } = await ask(subject, JSON.stringify(event), { ...structured, ...more });
      expect(type).toBe('application/problem+json');
      return [status, json.code];
    };
    const subject = `publish.${REPORTED}`;
    const Authorization = await bearer();
    expect(await refused(subject, anEvent(), {})).toEqual(['401', 'SB-3001']);
    const practice = { Authorization: await bearer(PRACTICE) };
    expect(await refused(subject, anEvent({ source: 'urn:ods:X9G1P:x' }), practice)).toEqual(['403', 'SB-3005']);
    expect(await refused('publish.org.signalbox.result.other.v1', anEvent(), { Authorization })).toEqual([
      '422',
      'SB-2004',
    ]);
    expect(await refused(subject, anEvent({ data: {} }), { Authorization })).toEqual(['422', 'SB-2003']);
  });
});
