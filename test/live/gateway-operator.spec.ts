import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { anEvent, GatewayHouse, HOSPITAL, PRACTICE } from './fixtures/gateway-house.js';

describe('the calls of the operator', () => {
  let house: GatewayHouse;

  beforeAll(async () => {
    house = await GatewayHouse.open();
  });
  afterAll(() => house.close());

  const operate = (method: string, path: string, body?: object) => house.json(method, path, house.operator, body);
  const publicKey = () => ({ ...generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }), alg: 'EdDSA' });

  it('adds an organisation, its application and its grants, and lists them', async () => {
    const made = await operate('POST', '/organisations', { ods: 'X9T4R', name: 'A trust' });
    expect([made.status, made.json]).toEqual([201, { ods: 'X9T4R', name: 'A trust', active: true }]);
    const application = await operate('POST', '/organisations/X9T4R/applications', {
      id: 'ris',
      name: 'RIS',
      keys: [publicKey()],
    });
    expect([application.status, application.json.keys[0].alg]).toEqual([201, 'EdDSA']);
    const wanted = {
      action: 'publish',
      types: 'org.signalbox.result.*',
      purpose: 'direct care',
      expires: '2030-01-01T00:00:00Z',
    };
    const grant = await operate('POST', '/organisations/X9T4R/grants', wanted);
    expect([grant.status, grant.json]).toEqual([
      201,
      { ...wanted, id: expect.any(String), ods: 'X9T4R', application: '*', created: expect.any(String) },
    ]);
    expect((await operate('GET', '/organisations/X9T4R')).json.name).toBe('A trust');
    expect((await operate('GET', '/organisations')).json.items.length).toBeGreaterThanOrEqual(5);
    expect((await operate('GET', '/organisations/X9T4R/applications')).json.items).toEqual([application.json]);
    expect((await operate('GET', '/organisations/X9T4R/grants')).json.items).toEqual([grant.json]);
    expect((await operate('DELETE', `/organisations/X9T4R/grants/${grant.json.id}`)).status).toBe(204);
    expect((await operate('DELETE', `/organisations/X9T4R/grants/${grant.json.id}`)).json.code).toBe('SB-4040');
  });

  it('refuses what exists, what is malformed, and keys that are private or of another algorithm', async () => {
    expect((await operate('POST', '/organisations', { ods: HOSPITAL.ods, name: 'Again' })).json.code).toBe('SB-4091');
    const again = { id: HOSPITAL.application, name: 'x', keys: [publicKey()] };
    expect((await operate('POST', `/organisations/${HOSPITAL.ods}/applications`, again)).json.code).toBe('SB-4091');
    const malformed = await operate('POST', '/organisations', { ods: 'x9 ', name: '', extra: true });
    expect([malformed.status, malformed.json.findings.length]).toEqual([400, 3]);
    const secret = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    for (const key of [
      { ...secret, alg: 'EdDSA' },
      { ...publicKey(), alg: 'HS256' },
    ]) {
      const answer = await operate('POST', `/organisations/${HOSPITAL.ods}/applications`, {
        id: 'other',
        name: 'x',
        keys: [key],
      });
      expect([answer.status, answer.json.code, answer.json.findings[0].path.startsWith('/keys/0')]).toEqual([
        422,
        'SB-4220',
        true,
      ]);
    }
    expect((await operate('POST', '/organisations/X9NON/grants', {})).json.code).toBe('SB-4040');
  });

  it('switches an application off at once, and on again', async () => {
    const path = `/organisations/${HOSPITAL.ods}/applications/${HOSPITAL.application}`;
    expect((await house.publish(anEvent())).status).toBe(202);
    await operate('PATCH', path, { active: false });
    const refused = await house.publish(anEvent());
    expect([refused.status, refused.json.code]).toEqual([401, 'SB-3007']);
    const token = await house.askForToken(await house.assertion(HOSPITAL));
    expect([token.status, token.json.error]).toEqual([401, 'invalid_client']);
    await operate('PATCH', path, { active: true });
    expect((await house.publish(anEvent())).status).toBe(202);
    await operate('PATCH', `/organisations/${HOSPITAL.ods}`, { active: false });
    expect((await house.publish(anEvent())).json.code).toBe('SB-3007');
    await operate('PATCH', `/organisations/${HOSPITAL.ods}`, { active: true });
  });

  it('is for nobody else', async () => {
    for (const [method, path, body] of [
      ['POST', '/organisations', { ods: 'X9Z9Z', name: 'x' }],
      ['GET', '/organisations', undefined],
      ['GET', '/organisations/X9H2T', undefined],
      ['PATCH', '/organisations/X9H2T', { active: false }],
      ['POST', '/organisations/X9H2T/applications', {}],
      ['GET', '/organisations/X9H2T/applications', undefined],
      ['PATCH', '/organisations/X9H2T/applications/tie', { active: false }],
      ['POST', '/organisations/X9H2T/grants', { action: 'administer', types: '*', purpose: 'x' }],
      ['GET', '/organisations/X9H2T/grants', undefined],
      ['DELETE', '/organisations/X9H2T/grants/x', undefined],
    ] as const) {
      const answer = await house.json(method, path, HOSPITAL, body);
      expect([method, path, answer.status, answer.json.code]).toEqual([method, path, 403, 'SB-3005']);
    }
  });

  it('lets an organisation have shorter deadlines, the operator longer ones, and nobody those of others', async () => {
    const type = 'org.signalbox.referral.requested.v1';
    const path = `/organisations/${HOSPITAL.ods}/deadlines`;
    const clock = `${path}/${type}/delivery`;
    const ask = (method: string, where: string, who: Parameters<typeof house.json>[2], times?: object) =>
      house.json(method, where, who, times && { times });
    const shorter = await ask('PUT', clock, HOSPITAL, { urgent: 'PT12H' });
    expect([shorter.status, shorter.json.times.urgent, shorter.json.by]).toEqual([
      200,
      'PT12H',
      `${HOSPITAL.ods}:${HOSPITAL.application}`,
    ]);
    expect(shorter.json.times.routine).toBe(shorter.json.standard.routine);
    const longer = await ask('PUT', clock, HOSPITAL, { urgent: 'P30D', critical: 'soon' });
    expect([longer.status, longer.json.findings.map((one: { rule: string; path: string }) => one.rule)]).toEqual([
      422,
      ['deadline-bound', 'duration'],
    ]);
    expect((await ask('PUT', clock, house.operator, { urgent: 'P30D' })).json.times.urgent).toBe('P30D');
    const listed = (await ask('GET', path, HOSPITAL)).json.items as { type: string; clock: string; by?: string }[];
    expect(listed.filter(({ by }) => by !== undefined)).toMatchObject([{ type, clock: 'delivery' }]);
    expect(listed.map((one) => one.type)).toContain(type);
    for (const [method, where] of [
      ['GET', path],
      ['PUT', clock],
      ['DELETE', clock],
    ] as const)
      expect((await ask(method, where, PRACTICE, method === 'PUT' ? { urgent: 'PT1H' } : undefined)).status).toBe(404);
    expect((await ask('PUT', `${path}/${type}/result-to-seen`, HOSPITAL, { urgent: 'PT1H' })).status).toBe(404);
    expect((await ask('DELETE', clock, HOSPITAL)).status).toBe(204);
    expect((await ask('DELETE', clock, HOSPITAL)).status).toBe(404);
  });
});
