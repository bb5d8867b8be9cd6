import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import { ROLES } from '@signalbox/registry';
import { signIn } from '../support/index.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED } from './ledger-rig.js';

const JSON_FORM = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };

/** Open to everybody. */
const PUBLIC = new Set([
  'GET /assets/*',
  'GET /favicon.ico',
  'GET /catalogue',
  'GET /catalogue/:type',
  'GET /schemas/*',
  'GET /health/live',
  'GET /health/ready',
  'GET /metrics',
  'GET /sign-in',
  'POST /sign-in',
  'GET /sign-in/start',
  'GET /sign-in/callback',
  'POST /sign-out',
  'GET /sign-out/provider',
]);
/** Questions that must not stand in an address, and what everybody decides for themselves: no role is needed. */
const ASKED_BY_POST = new Set([
  'POST /find',
  'POST /deliveries/query',
  'POST /deliveries/places',
  'POST /stuck/events',
  'POST /sign-in/organisation',
]);
/** Ends what somebody has begun themselves; what others have begun is not there for them. */
const OWN_ONLY = new Set(['POST /disclosures/:id/end']);
/** For programs alone, which send JSON and a token: no browser sends that by a form. */
const JSON_ONLY = new Set(['POST /deliveries/query', 'POST /deliveries/places', 'POST /stuck/events']);

/** Every route of the console and its API as it is served, so that one added tomorrow is tried too. */
describe('the routes of the ledger', () => {
  let exchange: LedgerExchange;
  let event: CloudEvent;
  let journey: string;
  let routes: string[];

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.open();
    journey = randomUUID();
    event = await exchange.accept({ attributes: { correlationid: journey, targetorg: HOSPITAL } });
    await exchange.until(PRACTICE, `/journeys/${journey}`, () => true);
    routes = [...new Set(exchange.ledger!.routes)].filter((route) => !route.startsWith('HEAD '));
  });
  afterAll(() => exchange.stop());

  const closed = () => routes.filter((route) => !PUBLIC.has(route));
  const changing = () => closed().filter((route) => !route.startsWith('GET ') && !ASKED_BY_POST.has(route));

  /** Asks a route about what is there: the journey, its event, the subscription of its receiver, and that organisation. */
  async function ask(
    route: string,
    headers: Record<string, string>,
    query = '',
    body = '',
  ): Promise<{ status: number; text: string }> {
    const [method = '', pattern = ''] = route.split(' ');
    const known: Record<string, string> = {
      '/journeys/:id': `/journeys/${journey}`,
      '/events/:id': `/events/${String(event.attributes['id'])}`,
      '/subscriptions/:id': '/subscriptions/hospital',
      '/organisations/:ods': `/organisations/${HOSPITAL}`,
    };
    const [start, id] = Object.entries(known).find(([one]) => pattern.startsWith(one)) ?? ['', ''];
    const target = (id + pattern.slice(start.length)).replaceAll(/:\w+|\*/g, randomUUID());
    const queries: Record<string, string> = {
      attempts: `?id=${String(event.attributes['id'])}`,
      impact: '?strictness=enforce',
    };
    const needed = queries[pattern.split('/').at(-1)!] ?? '?';
    const answer = await fetch(`${exchange.ledger!.url}${target}${needed}&${query}`, {
      method,
      headers: { ...JSON_FORM, ...headers },
      redirect: 'manual',
      ...(method !== 'GET' && { body }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  const told = async (which: readonly string[], headers: Record<string, string>) =>
    Promise.all(which.map(async (route) => [route, (await ask(route, headers)).status] as const));

  it('are closed to everybody who does not say who they are, but for the public ones', async () => {
    const all = await told(closed(), {});
    expect(all.filter(([, status]) => status !== 401)).toEqual([]);
    expect(all.length).toBeGreaterThan(30);
    const browser = await told(
      closed().filter((route) => route.startsWith('GET ')),
      { accept: 'text/html' },
    );
    // Files for programs have no page, and say so by a problem.
    expect(browser.filter(([, status]) => status !== 303 && status !== 401)).toEqual([]);
  });

  it('let a viewer change nothing', async () => {
    const { cookie } = await signIn(exchange, HOSPITAL, 'viewer');
    const answers = await told(changing(), { cookie });
    const wrong = answers.filter(([route, status]) => status !== (OWN_ONLY.has(route) ? 404 : 403));
    expect(wrong).toEqual([]);
    expect(answers.length).toBeGreaterThan(5);
  });

  it('take no form from another site, whoever is signed in', async () => {
    const { cookie } = await signIn(exchange, OPERATOR_ORG, ROLES);
    const forms = routes.filter((route) => route.startsWith('POST ') && !JSON_ONLY.has(route));
    const foreign = await told(forms, { cookie, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' });
    expect(foreign.filter(([, status]) => status !== 403)).toEqual([]);
  });

  it('call nothing that somebody made up an error of ours', async () => {
    const { cookie } = await signIn(exchange, OPERATOR_ORG, ROLES);
    const place = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const now = new Date().toISOString();
    const [far, nul] = ['+275760-09-13T00:00:00.000Z', '\u0000'];
    const cursors = [[far, 'a', 'b'], [far, 'a'], [now, nul, nul], [now, 'a', '1.5'], [1e300]];
    const filters = ['', '&state=stuck', `&type=${REQUESTED}`];
    const queries = [
      ...cursors.map((parts) => `after=${place(...parts)}`),
      'after=a&after=b&source=a&source=b&done=a&done=b&org=a&org=b',
      'source=%00&application=%00&version=%00&id=%00&event=%00',
      'org=%00&type=%00',
      'org=9990000018',
    ];
    const wrong: string[] = [];
    for (const route of closed().filter((one) => one.startsWith('GET '))) {
      await Promise.all(
        queries
          .flatMap((query) => (route === 'GET /journeys' ? filters.map((one) => query + one) : query))
          .map(async (query) => {
            const { status, text } = await ask(route, { cookie }, query);
            if (status === 500 || text.includes('9990000018')) wrong.push(`${String(status)} ${route}?${query}`);
          }),
      );
    }
    for (const route of routes.filter((one) => one.startsWith('POST '))) {
      const { status } = await ask(route, { cookie, 'content-type': 'application/json' }, '', '{"after":');
      if (status === 500) wrong.push(`${String(status)} ${route} {`);
    }
    for (const route of closed().filter((one) => one.startsWith('GET '))) {
      const { status } = await ask(route, { cookie, accept: 'text/html' }, 'done=toString');
      if (status === 500) wrong.push(`${String(status)} ${route} as a page`);
    }
    expect(wrong).toEqual([]);
  });

  it('answer an organisation nothing about what is another’s, whatever its people may do', async () => {
    const { cookie } = await signIn(exchange, LABORATORY, ROLES, { assured: true });
    const about = closed().filter((route) => / \/(journeys|events|subscriptions|organisations)\/:/.test(route));
    const answers = await Promise.all(about.map(async (route) => ({ route, ...(await ask(route, { cookie })) })));
    expect(answers.filter(({ status }) => status !== 404).map(({ route, status }) => [route, status])).toEqual([]);
    for (const { text } of answers) expect(text).not.toContain(journey);
  });
});
