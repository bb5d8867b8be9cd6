import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultSchemasFolder } from '@signalbox/contracts';
import { GatewayHouse, HOSPITAL, LABORATORY, NHS_NUMBER, PRACTICE } from './fixtures/gateway-house.js';

const OPERATIONS = 'org.signalbox.operations.*';
const DECLARED = 'org.signalbox.operations.outage-declared.v1';
const ENDED = 'org.signalbox.operations.outage-ended.v1';

describe('what the exchange tells about itself', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open({
      env: { SIGNALBOX_SCHEMAS_FOLDER: defaultSchemasFolder(), SIGNALBOX_OUTAGES_A_DAY: '2' },
    });
  });
  afterAll(() => house.close());

  const outages = `/organisations/${HOSPITAL.ods}/outages`;
  const subscribe = async (actor: typeof PRACTICE | typeof LABORATORY, types: string[], protocol = 'PULL') =>
    house.json('POST', '/subscriptions', actor, {
      types,
      protocol,
      ...(protocol === 'FHIR' && { sink: 'https://receiver.example/fhir' }),
    });
  /** What a subscription is given, in order. */
  const pulled = async (actor: typeof PRACTICE | typeof LABORATORY, id: string) => {
    const { json } = await house.json('POST', `/subscriptions/${id}/pull`, actor, { limit: 50 });
    return (json.items as { event: { type: string; targetorg: string; data: Record<string, unknown> } }[]).map(
      ({ event }) => event,
    );
  };

  it('is published by no application, whatever grants say', async () => {
    const { accepts } = (await house.call('GET', `/catalogue/${DECLARED}`)).json.examples;
    const event = { ...(accepts[0].event ?? accepts[0]), source: `urn:ods:${HOSPITAL.ods}:${HOSPITAL.application}` };
    const refused = await house.publish(event);
    expect([refused.status, refused.json.code]).toEqual([403, 'SB-3009']);
    expect(await house.engine.events.lastSequence('operations')).toBe(0);
  });

  it('is received by name and without a grant, and never as FHIR', async () => {
    expect((await subscribe(LABORATORY, ['org.signalbox.result.*'])).json.code).toBe('SB-3005');
    expect((await subscribe(LABORATORY, [OPERATIONS])).status).toBe(201);
    const fhir = await subscribe(LABORATORY, [OPERATIONS], 'FHIR');
    expect([fhir.status, fhir.json.findings[0].path]).toEqual([422, '/types']);
  });

  it('says that a publisher is out, and that it is back, to those who subscribe to what it sends, and to them alone', async () => {
    const results = await subscribe(PRACTICE, ['org.signalbox.result.*']);
    const mine = (await subscribe(PRACTICE, [OPERATIONS])).json.id as string;
    const others = (await subscribe(LABORATORY, [OPERATIONS])).json.id as string;
    expect(results.status).toBe(201);
    const wish = { types: ['org.signalbox.result.*'], reason: 'system-failure', note: 'Urgent results by telephone.' };
    const declared = await house.json('POST', outages, HOSPITAL, wish);
    expect([declared.status, declared.json]).toEqual([
      201,
      { ...wish, id: expect.any(String), ods: HOSPITAL.ods, began: expect.any(String), by: 'X9H2T:tie', told: 1 },
    ]);
    const end = `${outages}/${declared.json.id}/end`;
    const ended = await house.json('POST', end, HOSPITAL);
    expect(ended.json).toMatchObject({ ended: expect.any(String), endedby: 'X9H2T:tie', toldend: 1 });
    // Once more changes nothing and tells nobody.
    expect((await house.json('POST', end, HOSPITAL)).json).toEqual(ended.json);
    const told = await pulled(PRACTICE, mine);
    expect(told.map(({ type, targetorg }) => [type, targetorg])).toEqual([
      [DECLARED, PRACTICE.ods],
      [ENDED, PRACTICE.ods],
    ]);
    expect(told[0]!.data).toMatchObject({ outage: declared.json.id, organisation: HOSPITAL.ods, note: wish.note });
    expect(await pulled(LABORATORY, others)).toEqual([]);
    expect((await house.json('GET', outages, HOSPITAL)).json.items).toEqual([ended.json]);
    expect((await house.json('GET', outages, house.operator)).json.items).toEqual([ended.json]);
  });

  it('is not declared for another organisation, for types that one does not send, or with a patient in its note', async () => {
    const reason = 'network-failure';
    const answers = await Promise.all([
      house.json('POST', outages, PRACTICE, { reason }),
      house.json('GET', outages, PRACTICE),
      house.json('POST', `${outages}/anything/end`, PRACTICE),
      house.json('POST', `${outages}/anything/end`, HOSPITAL),
      house.json('POST', `/organisations/${PRACTICE.ods}/outages`, PRACTICE, {
        reason,
        types: ['org.signalbox.result.*'],
      }),
      house.json('POST', `/organisations/${PRACTICE.ods}/outages`, PRACTICE, { reason }),
      house.json('POST', outages, HOSPITAL, { reason, types: ['org.signalbox.nothing.*'] }),
      house.json('POST', outages, HOSPITAL, { reason, expectedend: '2020-01-01T00:00:00Z' }),
      house.json('POST', outages, HOSPITAL, { reason, note: `About ${NHS_NUMBER}` }),
      house.json('POST', outages, HOSPITAL, { reason: 'holidays' }),
    ]);
    expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
      [404, 'SB-4040'],
      [404, 'SB-4040'],
      [404, 'SB-4040'],
      [404, 'SB-4040'],
      [403, 'SB-3005'],
      [422, 'SB-4220'],
      [422, 'SB-4220'],
      [422, 'SB-4220'],
      [400, 'SB-4000'],
      [400, 'SB-4000'],
    ]);
  });

  it('tells of so many outages of one organisation a day, and of no more', async () => {
    const wish = { reason: 'network-failure', expectedend: '2099-01-01T00:00:00Z' };
    const weeks = await house.json('POST', outages, HOSPITAL, { ...wish, expectedend: '2099-W10-1T00:00:00Z' });
    expect([weeks.json.code, weeks.json.findings[0].path]).toEqual(['SB-4000', '/expectedend']);
    expect((await house.json('POST', outages, HOSPITAL, wish)).status).toBe(201);
    const third = await house.json('POST', outages, HOSPITAL, wish);
    expect([third.status, third.json.code, Number(third.headers.get('retry-after')) > 80_000]).toEqual([
      429,
      'SB-4290',
      true,
    ]);
  });
});
