import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PROBLEMS, RULES } from '@signalbox/contracts';
import { PUBLIC_ROUTES } from '../../apps/gateway/src/http/authentication.js';
import { GatewayHouse, PRACTICE, REPORTED } from './fixtures/gateway-house.js';

const asRegistered = (path: string) => path.replace('{path}', '*').replace(/\{(\w+)\}/g, ':$1');

describe('the documents and routes of the gateway', () => {
  let house: GatewayHouse;
  let routes: { method: string; path: string }[];

  beforeAll(async () => {
    house = await GatewayHouse.open();
    const openapi = (await house.call('GET', '/openapi.json')).json;
    routes = Object.entries(openapi.paths as Record<string, object>).flatMap(([path, calls]) =>
      Object.keys(calls).map((method) => ({ method: method.toUpperCase(), path })),
    );
  });
  afterAll(() => house.close());

  it('describes every route that is registered, and registers every route that is described', () => {
    const described = routes.map(({ method, path }) => `${method} ${asRegistered(path)}`);
    const ofRuntime = ['GET /health/live', 'GET /health/ready', 'GET /metrics'];
    // HEAD is offered wherever GET is (RFC 9110, section 9.3.2) and needs no line of its own.
    const registered = house.gateway.routes.filter((route) => !route.startsWith('HEAD '));
    expect(described.sort()).toEqual([...registered, ...ofRuntime].sort());
  });

  it('opens no route without a token but the public ones', async () => {
    for (const { method, path } of routes) {
      const concrete = path
        .replace('{path}', 'fhir/r4.schema.json')
        .replace('{type}', REPORTED)
        .replace(/\{\w+\}/g, 'x');
      const { status } = await house.call(method, concrete, method === 'GET' ? {} : { body: '' });
      const isPublic = PUBLIC_ROUTES.has(asRegistered(path));
      expect([method, path, status === 401]).toEqual([method, path, !isPublic]);
    }
  });

  it('describes the same call as public in the document as it is', async () => {
    const { paths } = (await house.call('GET', '/openapi.json')).json;
    for (const { method, path } of routes) {
      const isOpen = paths[path][method.toLowerCase()].security?.length === 0;
      expect([path, isOpen]).toEqual([path, PUBLIC_ROUTES.has(asRegistered(path))]);
    }
  });

  it('serves the catalogue with a strong validator, and 304 to who has it', async () => {
    for (const path of ['/catalogue', `/catalogue/${REPORTED}`, '/openapi.json', '/asyncapi.json', '/docs']) {
      const first = await house.call('GET', path);
      const etag = first.headers.get('etag') ?? '';
      expect([path, first.status, /^"[\w-]+"$/.test(etag)]).toEqual([path, 200, true]);
      const again = await house.call('GET', path, { headers: { 'if-none-match': `"other", W/${etag}` } });
      expect([path, again.status, again.text, again.headers.get('etag')]).toEqual([path, 304, '', etag]);
    }
    const list = (await house.call('GET', '/catalogue')).json.items as {
      type: string;
      status: string;
      replacedby?: string;
    }[];
    expect(list.map(({ status }) => status).sort()).toEqual(['active', 'active', 'retired']);
    expect(list.find(({ status }) => status === 'retired')?.replacedby).toBe(REPORTED);
    expect((await house.call('GET', '/catalogue/org.signalbox.result.no.v1')).status).toBe(404);
  });

  it('lets published schemas be kept for ever and nothing outside the catalogue be reached', async () => {
    const schema = await house.call('GET', '/schemas/result/reported/v1/data.schema.json');
    expect(schema.headers.get('cache-control')).toContain('immutable');
    expect(schema.headers.get('content-type')).toContain('application/schema+json');
    const readme = await house.call('GET', '/schemas/result/reported/v1/README.md');
    expect([readme.status, readme.headers.get('cache-control')]).toEqual([200, 'public, no-cache']);
    for (const path of [
      '/schemas/../operator.json',
      '/schemas/%2e%2e/operator.json',
      '/schemas/result/..%2f..%2f..%2foperator.json',
    ]) {
      expect([path, await house.statusOf(path)]).toEqual([path, 404]);
    }
  });

  it('describes every type that is not retired in AsyncAPI 3, and every reference in it leads somewhere', async () => {
    const document = (await house.call('GET', '/asyncapi.json')).json;
    expect(document.asyncapi).toBe('3.0.0');
    expect(Object.keys(document.components.messages)).toHaveLength(2);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(references.length).toBeGreaterThan(5);
    for (const path of references) {
      const found = path.split('/').reduce((at, name) => at?.[name], document);
      expect([path, typeof found]).toEqual([path, 'object']);
    }
  });

  it('explains every code and every rule on pages that ask nobody else for anything', async () => {
    const codes = await house.call('GET', '/docs/codes');
    for (const code of Object.keys(PROBLEMS)) expect(codes.text).toContain(`id="${code}"`);
    const rules = await house.call('GET', '/docs/rules');
    for (const rule of Object.keys(RULES)) expect(rules.text).toContain(`id="${rule}"`);
    const calls = await house.call('GET', '/docs');
    for (const page of [codes, rules, calls]) {
      expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
      expect(page.text).not.toContain('<script');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('tells how it is, and counts what it did', async () => {
    await house.whenComplete();
    const ready = (await house.call('GET', '/health/ready')).json;
    expect(Object.keys(ready.components).sort()).toEqual(['engine', 'redis', 'registry']);
    const { text } = await house.call('GET', '/metrics');
    for (const name of ['accepted_total', 'refused_total', 'accept_seconds', 'commit_events'])
      expect(text).toContain(
        `signalbox_${name === 'accept_seconds' || name === 'commit_events' ? name : `events_${name}`}`,
      );
    expect(text).toMatch(/signalbox_redis_up\{service="gateway"\} 1/);
  });

  it('takes an assertion once, and says which claim was wrong', async () => {
    const assertion = await house.assertion(PRACTICE);
    expect((await house.askForToken(assertion)).json).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
    const again = await house.askForToken(assertion);
    expect([again.status, again.json.code, again.json.error]).toEqual([401, 'SB-3004', 'invalid_client']);
    expect(again.json.error_description).toContain('jti');
    const elsewhere = await house.askForToken(
      await house.assertion(PRACTICE, { aud: 'http://elsewhere/oauth2/token' }),
    );
    expect([elsewhere.status, elsewhere.json.detail.includes('aud')]).toEqual([401, true]);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const empty = await house.call('POST', '/oauth2/token', { body: 'grant_type=password', headers: form });
    expect([empty.status, empty.json.code, empty.json.error]).toEqual([400, 'SB-4000', 'invalid_request']);
    const large = await house.call('POST', '/oauth2/token', { body: 'a'.repeat(20_000), headers: form });
    expect([large.status, large.json.code]).toEqual([413, 'SB-4130']);
    const other = await house.call('POST', '/oauth2/token', {
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([other.status, other.json.code]).toEqual([415, 'SB-4150']);
  });
});
