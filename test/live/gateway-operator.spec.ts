import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  ConsoleTokens,
  ensureConsole,
  OPERATOR,
  type Person,
  personId,
  Registry,
  type Role,
  ROLES,
} from '@signalbox/registry';
import { createLog } from '@signalbox/runtime';
import { PUBLIC_ROUTES } from '../../apps/gateway/src/http/authentication.js';
import { DUTIES } from '../../apps/gateway/src/people/duties.js';
import { waitFor } from '../support/index.js';
import { type Actor, anEvent, GatewayHouse, HOSPITAL, PRACTICE } from './fixtures/gateway-house.js';

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

  describe('who signs in to the console', () => {
    const [issuer, subject] = ['https://identity.example', 'somebody'];
    const people = `/organisations/${HOSPITAL.ods}/people`;
    const decided = { by: 'X9S0B:operator', updated: expect.any(String) as unknown };
    const wanted = { issuer, subject, name: 'Ella Frost', roles: ['viewer', 'operator'] };
    let registry: Registry;
    let tokens: ConsoleTokens;

    beforeAll(async () => {
      registry = await Registry.open(house.engine, createLog('test', 'silent'));
      const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      const { d: _private, ...shown } = jwk;
      await ensureConsole(registry, { ...shown, alg: 'EdDSA', kid: 'console' }, house.url);
      tokens = await ConsoleTokens.open(registry, { ...jwk, kid: 'console' });
    });
    afterAll(() => registry.close());

    /** Calls as the console does for somebody. */
    const asked = async (actor: Actor, method: string, path: string, body?: object) =>
      house.call(method, path, {
        ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: { authorization: `Bearer ${(await tokens.of(actor))!}`, 'content-type': 'application/json' },
      });
    const person = async (ods: string, role: Role): Promise<Actor> => {
      const one = { issuer, subject: `${ods} ${role}`, name: role, roles: [role] };
      const { status, json } = await operate('POST', `/organisations/${ods}/people`, one);
      const id = personId(issuer, one.subject);
      expect([status === 201 || json.code === 'SB-4091', status]).toEqual([true, status]);
      await waitFor('the gateway to know the key', async () => {
        const { json: said } = await asked({ ods, application: id }, 'GET', '/subscriptions');
        return said.code !== 'SB-3002';
      });
      return { ods, application: id };
    };

    it('is said by the operator: added once, changed, and removed', async () => {
      const made = await operate('POST', people, wanted);
      const id = personId(issuer, subject);
      expect([made.status, made.json]).toEqual([201, { ...wanted, ods: HOSPITAL.ods, id, active: true, ...decided }]);
      expect((await operate('POST', people, wanted)).json.code).toBe('SB-4091');
      const until = '2030-01-01T00:00:00Z';
      const changed = await operate('PATCH', `${people}/${id}`, { roles: ['administrator'], expires: until });
      expect(changed.json).toEqual({ ...made.json, roles: ['administrator'], expires: until, ...decided });
      expect((await operate('PATCH', `${people}/${id}`, { expires: null })).json.expires).toBeUndefined();
      expect((await operate('GET', people)).json.items.map((one: Person) => one.id)).toContain(id);
      expect((await operate('DELETE', `${people}/${id}`)).status).toBe(204);
      expect((await operate('PATCH', `${people}/${id}`, { active: false })).json.code).toBe('SB-4040');
    });

    it('is refused with every finding where it is malformed, or names a patient or an organisation that is none', async () => {
      const malformed = await operate('POST', people, {
        issuer: 'ftp://x',
        subject: '',
        name: 7,
        roles: ['owner'],
        x: 1,
      });
      const paths = malformed.json.findings.map(({ path }: { path: string }) => path);
      expect([malformed.status, [...new Set(paths)].sort()]).toEqual([
        400,
        ['', '/issuer', '/name', '/roles', '/subject'],
      ]);
      const patient = await operate('POST', people, { ...wanted, name: 'Ella 999 000 0018' });
      expect([patient.json.code, patient.json.findings[0].path]).toEqual(['SB-4220', '/name']);
      expect((await operate('POST', '/organisations/X9ZZZ/people', wanted)).json.code).toBe('SB-4040');
    });

    it('is said by administrators of the organisation, for others of it, and by nobody else', async () => {
      const [administrator, viewer] = [
        await person(HOSPITAL.ods, 'administrator'),
        await person(HOSPITAL.ods, 'viewer'),
      ];
      const one = `${people}/${viewer.application}`;
      expect((await asked(administrator, 'GET', people)).status).toBe(200);
      const renamed = (await asked(administrator, 'PATCH', one, { name: 'Another' })).json;
      expect([renamed.name, renamed.by]).toEqual(['Another', `${HOSPITAL.ods}:${administrator.application}`]);
      const oneself = await asked(administrator, 'PATCH', `${people}/${administrator.application}`, {
        roles: [...ROLES],
      });
      expect([oneself.status, oneself.json.code]).toEqual([403, 'SB-3008']);
      for (const [who, code] of [
        [viewer, 'SB-3005'],
        [HOSPITAL, 'SB-3005'],
      ] as const) {
        expect([
          (await asked(who, 'POST', people, wanted)).json.code,
          (await asked(who, 'GET', people)).json.code,
        ]).toEqual([code, code]);
      }
      const operators = await person(OPERATOR.ods, 'administrator');
      const elsewhere = { ...wanted, subject: `${OPERATOR.ods} administrator`, roles: ['information-governance'] };
      const added = await asked(operators, 'POST', people, elsewhere);
      expect([added.status, added.json.code]).toEqual([403, 'SB-3008']);
      const other = '/organisations/X9G1P/people';
      expect((await asked(administrator, 'GET', other)).json.code).toBe('SB-4040');
      expect((await asked(administrator, 'POST', other, wanted)).json.code).toBe('SB-4040');
    });

    it('has a duty written down for every call, and is held to it on every call', async () => {
      const closed = house.gateway.routes.filter(
        (route) => !route.startsWith('HEAD ') && !PUBLIC_ROUTES.has(route.split(' ')[1]!),
      );
      expect(Object.keys(DUTIES).sort()).toEqual([...new Set(closed)].sort());
      for (const role of ROLES) {
        const who = await person(HOSPITAL.ods, role);
        const held = await Promise.all(
          Object.entries(DUTIES).map(async ([route, duty]) => {
            const [method = '', path = ''] = route.split(' ');
            const target = path.replaceAll(/:\w+/g, 'x');
            const { status, json } = await asked(who, method, target, method === 'GET' ? undefined : {});
            const stopped = status === 403 && /This needs the role|This call is for systems/.test(JSON.stringify(json));
            return [route, stopped === (duty !== role && duty !== 'viewer')];
          }),
        );
        expect([role, held.filter(([, right]) => right !== true)]).toEqual([role, []]);
      }
    });

    it('does not publish, nor read the content of events, even in the name of an application', async () => {
      for (const route of ['POST /events', 'POST /subscriptions/x/pull', 'GET /subscriptions/x/stream']) {
        const [method = '', path = ''] = route.split(' ');
        const { status, json } = await asked(HOSPITAL, method, path, method === 'GET' ? undefined : anEvent());
        expect([route, status, json.code]).toEqual([route, 403, 'SB-3005']);
      }
    });
  });
});
