import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CloudEvent, jsonContent } from '@signalbox/contracts';
import { signIn } from '../support/index.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE } from './ledger-rig.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('the console', () => {
  let exchange: LedgerExchange;
  let event: CloudEvent;
  let journey: string;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.open();
    journey = randomUUID();
    event = await exchange.accept({ attributes: { correlationid: journey, targetorg: HOSPITAL } });
    const delivery = { org: HOSPITAL, subscription: 'hospital', channel: 'webhook', attempt: 1 };
    const secret = { detail: 'hooks.receiver.example answered 503', status: 503, reason: 'endpoint-unavailable' };
    await exchange.step(event, 'parked', { ...delivery, ...secret, state: 'parked' });
    await exchange.until(
      OPERATOR_ORG,
      `/journeys/${journey}`,
      (view: { heading: { state: string } }) => view.heading.state === 'not-delivered',
    );
  });
  afterAll(() => exchange.stop());

  const paths = () => ['/journeys', `/journeys/${journey}`, `/events/${String(event.attributes['id'])}`, '/find'];

  async function signedIn(ods: string): Promise<Record<string, string>> {
    const body = new URLSearchParams({ token: await exchange.token(ods), to: `/journeys/${journey}` });
    const answer = await post('/sign-in', body);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/journeys/${journey}`]);
    return { ...BROWSER, cookie: answer.headers.get('set-cookie')!.split(';')[0]! };
  }

  function post(path: string, body: URLSearchParams, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${exchange.ledger!.url}${path}`, {
      method: 'POST',
      body,
      headers: { ...BROWSER, ...headers },
      redirect: 'manual',
    });
  }

  it('shows nothing but health, metrics, the sign-in and its files to somebody who is not signed in', async () => {
    for (const path of paths()) {
      const page = await exchange.get(path, BROWSER);
      expect([path, page.status, page.headers.get('location')]).toEqual([
        path,
        303,
        `/sign-in?to=${encodeURIComponent(path)}`,
      ]);
      const twin = await exchange.get(path, { accept: 'application/json' });
      expect([path, twin.status, twin.headers.get('content-type')]).toEqual([path, 401, 'application/problem+json']);
      expect(await twin.json()).toMatchObject({ code: 'SB-3001' });
    }
    for (const path of ['/health/live', '/health/ready', '/metrics', '/sign-in', '/assets/nhsuk.css', '/favicon.ico']) {
      expect([path, (await exchange.get(path, BROWSER)).status]).toEqual([path, 200]);
    }
  });

  it.each([
    ['its publisher', PRACTICE, true],
    ['its receiver', HOSPITAL, true],
    ['the operator', OPERATOR_ORG, true],
    ['an organisation that has no part in it', LABORATORY, false],
  ])('shows a journey on every route to %s or to nobody', async (_who, ods, sees) => {
    const cookie = await signedIn(ods);
    const id = String(event.attributes['id']);
    for (const path of [`/journeys/${journey}`, `/events/${id}`]) {
      expect([path, (await exchange.get(path, cookie)).status]).toEqual([path, sees ? 200 : 404]);
      expect([path, (await exchange.json(ods, path)).status]).toEqual([path, sees ? 200 : 404]);
    }
    const list = await exchange.json<{ journeys: { journey: string }[] }>(ods, '/journeys');
    expect(list.body.journeys.map((line) => line.journey)).toEqual(sees ? [journey] : []);
    const found = await post('/find', new URLSearchParams({ value: id }), cookie);
    expect([found.status, found.headers.get('location')]).toEqual(sees ? [303, `/journeys/${journey}`] : [200, null]);
  });

  it('tells the endpoint and its answers to the receiver, and only that it is parked to the publisher', async () => {
    const textOf = async (ods: string) => {
      const page = await (await exchange.get(`/journeys/${journey}`, await signedIn(ods))).text();
      const twin = JSON.stringify((await exchange.json(ods, `/journeys/${journey}`)).body);
      const single = JSON.stringify((await exchange.json(ods, `/events/${String(event.attributes['id'])}`)).body);
      return page + twin + single;
    };
    const [receiver, publisher] = [await textOf(HOSPITAL), await textOf(PRACTICE)];
    expect(receiver).toContain('hooks.receiver.example answered 503');
    expect(publisher).toContain('endpoint-unavailable');
    for (const secret of ['hooks.receiver.example', '503', '"subscription"']) expect(publisher).not.toContain(secret);
  });

  it('says first where the journey is, and what needs attention', async () => {
    const page = await (await exchange.get(`/journeys/${journey}`, await signedIn(PRACTICE))).text();
    expect(page).toContain(
      `is not delivered to ${HOSPITAL} Organisation ${HOSPITAL} yet, after less than a minute: parked`,
    );
    expect(page).toContain('Why it stands still');
    expect(page).toContain('Signalbox, not an NHS service');
  });

  it('makes a page from this address alone: no script in it, nothing from elsewhere, no content of an event', async () => {
    const answer = await exchange.get(`/journeys/${journey}`, await signedIn(OPERATOR_ORG));
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await answer.text();
    expect(page.match(/(?:src|href|action)="(?!\/|#)[^"]*"/g)).toBeNull();
    expect(page).not.toMatch(/<script(?![^>]*src=)|style="|onclick=/);
    const content = JSON.parse(Buffer.from((event.data as { bytes: Uint8Array }).bytes).toString()) as { id: string };
    expect(page).not.toContain(content.id);
  });

  it('answers an open page that asks again with 304 until something has changed', async () => {
    const cookie = await signedIn(HOSPITAL);
    const etag = (await exchange.get('/find', cookie)).headers.get('etag')!;
    expect((await exchange.get('/find', { ...cookie, 'if-none-match': etag })).status).toBe(304);
  });

  it('asks the holder of a journey to look at it, once an hour, by an event and a step that says by whom', async () => {
    const nudge = `/journeys/${journey}/nudge`;
    const asOperator = async (ods: string) => ({
      ...BROWSER,
      cookie: (await signIn(exchange, ods, 'operator', { name: 'Ada Example' })).cookie,
    });
    const publisher = await asOperator(PRACTICE);
    const asked = await (await exchange.get(nudge, publisher)).text();
    expect(asked).toContain(`This asks ${HOSPITAL} Organisation ${HOSPITAL} to look at the journey`);
    // Who holds it has nobody to ask, and who has no part in it does not know of it.
    expect((await post(nudge, new URLSearchParams(), await asOperator(HOSPITAL))).status).toBe(422);
    expect((await post(nudge, new URLSearchParams(), await asOperator(LABORATORY))).status).toBe(404);
    const viewer = { ...BROWSER, cookie: (await signIn(exchange, PRACTICE, 'viewer')).cookie };
    expect((await post(nudge, new URLSearchParams(), viewer)).status).toBe(403);
    const done = await post(nudge, new URLSearchParams(), publisher);
    expect([done.status, done.headers.get('location')]).toEqual([303, `/journeys/${journey}?done=nudged`]);
    expect((await post(nudge, new URLSearchParams(), publisher)).status).toBe(429);
    type Steps = { events: { steps: { kind: string; by?: string }[] }[] };
    const seen = await exchange.until<Steps>(HOSPITAL, `/journeys/${journey}`, ({ events }) =>
      events.some(({ steps }) => steps.some(({ kind }) => kind === 'nudged')),
    );
    const step = seen.events.flatMap(({ steps }) => steps).find(({ kind }) => kind === 'nudged');
    expect(step?.by).toMatch(new RegExp(`^${PRACTICE}:person-`));
    const { events } = await exchange.engine.events.read({
      family: 'operations',
      types: ['org.signalbox.operations.nudged.v1'],
      after: 0,
      limit: 10,
    });
    expect(events.map(({ event: { attributes } }) => attributes['targetorg'])).toEqual([HOSPITAL]);
    expect(jsonContent(events[0]!.event.data)).toMatchObject({
      event: { id: event.attributes['id'] },
      organisation: PRACTICE,
      by: step?.by,
    });
    expect(await (await exchange.get(nudge, publisher)).text()).toContain('It can be asked again from');
  });

  it('lets anybody read the catalogue, and tells who uses a type to each side alone', async () => {
    const path = `/catalogue/${String(event.attributes['type'])}`;
    const page = await exchange.get(path, BROWSER);
    const text = await page.text();
    expect([page.status, page.headers.get('content-security-policy')]).toEqual([
      200,
      expect.stringContaining("'none'"),
    ]);
    for (const said of ['ServiceRequest', 'nhs-number', 'Frequent faults', 'Referral → response', 'Sign in</a> to see'])
      expect(text).toContain(said);
    for (const org of [PRACTICE, HOSPITAL]) expect(text).not.toContain(`Organisation ${org}`);
    const etag = page.headers.get('etag')!;
    expect((await exchange.get(path, { ...BROWSER, 'if-none-match': etag })).status).toBe(304);
    expect((await exchange.get(`${path}/use`, { accept: 'application/json' })).status).toBe(401);
    expect((await exchange.get('/catalogue/org.signalbox.no.such.v1', BROWSER)).status).toBe(404);

    interface Use {
      publishers: { ods: string; events: object }[];
      subscribers: { ods: string }[];
    }
    const names = async (ods: string) => {
      const { publishers, subscribers } = (await exchange.json<Use>(ods, `${path}/use`)).body;
      return [publishers, subscribers].map((lines) => lines.map((line) => line.ods));
    };
    const both = [[PRACTICE], [HOSPITAL]];
    expect(await Promise.all([PRACTICE, HOSPITAL, LABORATORY, OPERATOR_ORG].map(names))).toEqual([
      both,
      both,
      [[], []],
      both,
    ]);
    const known = await (await exchange.get(path, await signedIn(PRACTICE))).text();
    expect(known).toContain(`${HOSPITAL} Organisation ${HOSPITAL}`);
    expect(await (await exchange.get(path, await signedIn(LABORATORY))).text()).toContain(
      'Nobody was seen to publish it',
    );
    // What is made once for everybody is what nobody in particular may see, whoever asked in between.
    expect(await (await exchange.get(path, BROWSER)).text()).toBe(text);
  });

  it('searches the catalogue by words, and takes no number of a patient into an address', async () => {
    const types = async (q: string) => {
      const answer = await exchange.get(`/catalogue?q=${encodeURIComponent(q)}`, { accept: 'application/json' });
      return ((await answer.json()) as { types: { type: string; fields: string[] }[] }).types;
    };
    const found = await types('result birthdate');
    expect(found.map(({ type }) => type.split('.')[2])).toContain('result');
    expect(await types('no such word')).toEqual([]);
    const refused = await exchange.get('/catalogue?q=999%20000%200018', BROWSER);
    expect([refused.status, refused.headers.get('location')]).toEqual([303, '/catalogue?refused=number']);
    const page = await (await exchange.get('/catalogue?refused=number', BROWSER)).text();
    expect(page).toContain('A number of a patient cannot be searched for here');
  });

  it('never echoes what somebody searched for', async () => {
    const cookie = await signedIn(LABORATORY);
    const page = await (await post('/find', new URLSearchParams({ value: '9990000999' }), cookie)).text();
    expect(page).toContain('Nothing found');
    expect(page).not.toContain('9990000999');
  });

  it('refuses forms that come from other sites, forged cookies and tokens that are none', async () => {
    const cookie = await signedIn(PRACTICE);
    const body = new URLSearchParams({ value: journey });
    for (const foreign of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      expect((await post('/find', body, { ...cookie, ...foreign })).status).toBe(403);
      expect((await post('/sign-in', body, foreign)).status).toBe(403);
      expect((await post('/sign-out', body, { ...cookie, ...foreign })).status).toBe(403);
    }
    const forged = cookie['cookie']!.replace(/=./, '=X');
    expect((await exchange.get('/journeys', { ...BROWSER, cookie: forged })).status).toBe(303);
    const refused = await post('/sign-in', new URLSearchParams({ token: 'not a token' }));
    expect(refused.status).toBe(401);
    expect(await refused.text()).toContain('You are not signed in');
    expect(refused.headers.get('set-cookie')).toBeNull();
  });

  it('does not send anybody elsewhere after the sign-in', async () => {
    for (const to of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
      const answer = await post('/sign-in', new URLSearchParams({ token: await exchange.token(PRACTICE), to }));
      expect([to, answer.headers.get('location')]).toEqual([to, '/']);
    }
  });

  it('signs out', async () => {
    const answer = await post('/sign-out', new URLSearchParams(), await signedIn(PRACTICE));
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  it('ends a session when its application is switched off', async () => {
    const cookie = await signedIn(LABORATORY);
    const application = exchange.registry.application(LABORATORY, 'system')!;
    await exchange.registry.putApplication({ ...application, active: false });
    await exchange.untilAnswered('/journeys', cookie, 303);
    await exchange.registry.putApplication(application);
    await exchange.untilAnswered('/journeys', cookie, 200);
  });

  it('lists journeys page by page, the last changed first', async () => {
    // Minutes apart, for the list is in order to the second; all before the first journey, however long ago that is.
    const began = Date.parse(String(event.attributes['recordedtime']));
    const earlier = [1, 2, 3, 4].map((minutes) => [randomUUID(), new Date(began - minutes * 60_000)] as const);
    for (const [correlationid, at] of earlier) {
      await exchange.accept({ attributes: { correlationid, recordedtime: at.toISOString() } });
    }
    type List = { journeys: { journey: string; updated: string }[]; next?: string };
    await exchange.until<List>(PRACTICE, '/journeys', ({ journeys }) => journeys.length === 5);
    await exchange.close();
    await exchange.open({ SIGNALBOX_CONSOLE_PAGE_SIZE: '2' });
    const seen: string[] = [];
    let path = '/journeys';
    for (
      let page: List = { journeys: [], next: '' };
      page.next !== undefined;
      path = `/journeys?after=${page.next ?? ''}`
    ) {
      page = (await exchange.json<List>(PRACTICE, path)).body;
      seen.push(...page.journeys.map((line) => line.journey));
    }
    expect(seen).toEqual([journey, ...earlier.map(([id]) => id)]);
    expect((await exchange.json(PRACTICE, '/journeys?after=nonsense')).status).toBe(400);
  });
});
