import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Rejection } from '@signalbox/messaging';
import { askDoor, connectTenant, newNatsKey } from '../support/index.js';
import { anEvent, GatewayHouse, HOSPITAL, PRACTICE, REPORTED } from './fixtures/gateway-house.js';

const SUBJECT = `publish.${REPORTED}`;

describe('the door for organisations on NATS', () => {
  let house: GatewayHouse;
  const tenants = new Map<string, NatsConnection>();
  const of = (actor: { readonly ods: string }): NatsConnection => tenants.get(actor.ods)!;

  beforeAll(async () => {
    house = await GatewayHouse.open();
    const keys = [HOSPITAL, PRACTICE].map((actor) => ({ ...actor, key: newNatsKey() }));
    for (const { ods, application, key } of keys) {
      const path = `/organisations/${ods}/applications/${application}`;
      await house.json('PATCH', path, house.operator, { natskeys: [key.publicKey] });
    }
    await house.nats.tenants(
      keys.map(({ ods, application, key }) => ({
        ods,
        applications: [{ id: application, natskeys: [key.publicKey] }],
      })),
    );
    for (const { ods, application, key } of keys)
      tenants.set(ods, await connectTenant(house.nats.url, key, application));
  });
  afterAll(async () => {
    await Promise.all([...tenants.values()].map((tenant) => tenant.close()));
    await house.close();
  });

  it('takes an event in structured mode and answers as HTTP does, without a token', async () => {
    const event = anEvent();
    const answer = await askDoor(of(HOSPITAL), SUBJECT, JSON.stringify(event));
    expect(answer).toMatchObject({
      status: '202',
      type: 'application/json',
      json: { id: event['id'], duplicate: false },
    });
    const overHttp = await house.publish(event);
    expect(overHttp.json).toEqual({ ...answer.json, duplicate: true });
  });

  it('takes an event in binary mode, and its source organisation from the account', async () => {
    const { data, datacontenttype, ...attributes } = anEvent();
    const pairs = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)]));
    const sent = { 'ce-datacontenttype': String(datacontenttype), ...pairs };
    const answer = await askDoor(of(HOSPITAL), SUBJECT, JSON.stringify(data), sent);
    expect(answer.status).toBe('202');
    const stored = (await house.stored()).find(({ event }) => event.attributes['id'] === attributes['id']);
    expect(stored?.event).toMatchObject({ attributes: { sourceorg: HOSPITAL.ods }, data: { kind: 'json' } });
  });

  it.each([
    ['no grant', PRACTICE, { source: 'urn:ods:X9G1P:records' }, SUBJECT, ['403', 'SB-3005']],
    ['a source of another organisation', PRACTICE, {}, SUBJECT, ['403', 'SB-3006']],
    ['an application without a key', HOSPITAL, { source: 'urn:ods:X9H2T:other' }, SUBJECT, ['401', 'SB-3007']],
    ['a source that names no application', HOSPITAL, { source: 'https://x.example/' }, SUBJECT, ['401', 'SB-3007']],
    ['another type than the subject', HOSPITAL, {}, 'publish.org.signalbox.result.other.v1', ['422', 'SB-2004']],
    ['bad content', HOSPITAL, { data: {} }, SUBJECT, ['422', 'SB-2003']],
  ] as const)(
    'refuses %s with the code that HTTP has for it, and records it',
    async (_what, actor, more, subject, told) => {
      const event = anEvent(more);
      const { status, type, json } = await askDoor(of(actor), subject, JSON.stringify(event));
      expect([status, json.code]).toEqual(told);
      expect(type).toBe('application/problem+json');
      const records = await house.records<Rejection>('REJECTED', (all) =>
        all.some(({ eventid }) => eventid === event['id']),
      );
      expect(records.find(({ eventid }) => eventid === event['id'])).toMatchObject({ org: actor.ods, code: told[1] });
    },
  );

  it('has nobody to answer for another organisation', async () => {
    const { ods } = PRACTICE;
    await expect(askDoor(of(HOSPITAL), `publish.${ods}.${REPORTED}`, JSON.stringify(anEvent()))).rejects.toThrow(
      /no responders/,
    );
  });
});
