import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import { renameReader } from '../../apps/ledger/src/journeys/positions.js';
import { openPglite } from '../../apps/ledger/src/store/pglite.js';
import { waitFor } from '../support/index.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED } from './ledger-rig.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const NHS_NUMBER = '9990000026';

interface Pair {
  readonly from: string;
  readonly to: string;
  readonly status: string;
  readonly events24h: number;
  readonly delivered24h: number;
  readonly open: number;
  readonly stuck: number;
  readonly throughput: readonly number[];
}

interface BoardAnswer {
  readonly numbers: {
    readonly inflight: number;
    readonly refused24h: number;
    readonly accepted24h: number;
    readonly oldest?: { readonly journey: string };
  };
  readonly engine: { readonly well: boolean; readonly sentence: string };
  readonly pairs: readonly Pair[];
}

describe('the board and the search', () => {
  let exchange: LedgerExchange;
  const sent: { event: CloudEvent; journey: string }[] = [];
  let patient: string;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.open({ SIGNALBOX_BOARD_KEEP_MS: '0', SIGNALBOX_FIND_RATE: '6' });
    const delivery = { org: HOSPITAL, subscription: 'hospital', channel: 'webhook', attempt: 1 };
    for (const [index, fate] of ['delivered', 'delivered', 'delivered', 'parked', 'waits'].entries()) {
      const journey = randomUUID();
      const content = (json: string) => (index === 0 ? json.replaceAll(/999\d{7}/g, NHS_NUMBER) : json);
      const attributes = { correlationid: journey, targetorg: HOSPITAL };
      const event = await exchange.accept({ attributes, content });
      if (fate === 'delivered') await exchange.step(event, 'delivered', { ...delivery, latencyms: 20 });
      if (fate === 'parked') await exchange.step(event, 'parked', { ...delivery, reason: 'endpoint-refused' });
      sent.push({ event, journey });
    }
    patient = sent[0]!.journey;
    const findings = [{ path: '/data', rule: 'schema', expected: 'a Bundle', fix: 'Send one.', doc: '/catalogue' }];
    await exchange.refuse({
      ...{ code: 'SB-4220', source: 'urn:ods:X9G1P:referrals', eventid: 'refused-1', findings },
    });
    // Each stream is read by itself: events, what became of them, and refusals.
    await exchange.until<BoardAnswer>(
      OPERATOR_ORG,
      '/',
      ({ numbers, pairs: [pair] }) =>
        numbers.accepted24h === 5 && numbers.refused24h === 1 && pair?.delivered24h === 3 && pair.stuck === 1,
    );
  });
  afterAll(() => exchange.stop());

  const board = async (ods: string) => (await exchange.json<BoardAnswer>(ods, '/')).body;

  async function signedIn(ods: string): Promise<Record<string, string>> {
    const body = new URLSearchParams({ token: await exchange.token(ods) });
    const answer = await fetch(`${exchange.ledger!.url}/sign-in`, { method: 'POST', body, redirect: 'manual' });
    return { ...BROWSER, cookie: answer.headers.get('set-cookie')!.split(';')[0]! };
  }

  const page = async (path: string, cookie: Record<string, string>) => (await exchange.get(path, cookie)).text();

  function search(value: string, headers: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams({ value });
    return fetch(`${exchange.ledger!.url}/find`, { method: 'POST', body, headers, redirect: 'manual' });
  }

  it('counts what was published, what arrived and what stands still, to both sides of a flow and to nobody else', async () => {
    for (const ods of [PRACTICE, HOSPITAL, OPERATOR_ORG]) {
      const { pairs } = await board(ods);
      expect([ods, pairs.length]).toEqual([ods, 1]);
      expect(pairs[0]).toMatchObject({ from: PRACTICE, to: HOSPITAL, status: 'stuck-person', events24h: 5, open: 2 });
      expect(pairs[0]!.throughput.reduce((sum, count) => sum + count, 0)).toBe(5);
    }
    expect((await board(PRACTICE)).numbers).toMatchObject({ inflight: 1, refused24h: 1, accepted24h: 5 });
    // What another organisation published, or was refused, is not the receiver's.
    expect((await board(HOSPITAL)).numbers).toMatchObject({ inflight: 1, refused24h: 0, accepted24h: 0 });
    const stranger = await board(LABORATORY);
    expect([stranger.pairs, stranger.numbers.inflight, stranger.numbers.refused24h]).toEqual([[], 0, 0]);
    expect((await exchange.json(LABORATORY, `/pairs/${PRACTICE}/${HOSPITAL}`)).status).toBe(404);
    expect((await exchange.json(LABORATORY, '/map')).body).toMatchObject({ pairs: [], organisations: [] });
    expect((await exchange.json(LABORATORY, '/refused')).body).toMatchObject({ refused: [] });
  });

  it('leads from a number over its list to the journey', async () => {
    const cookie = await signedIn(HOSPITAL);
    const first = await page('/', cookie);
    expect(first).toContain('href="/journeys?state=in-flight"');
    expect(first).toContain(`href="/journeys/${sent[3]!.journey}"`);
    const list = await page('/journeys?state=in-flight', cookie);
    const links = [...list.matchAll(/href="\/journeys\/([0-9a-f-]{36})"/g)].map((match) => match[1]);
    expect(links).toEqual([sent[4]!.journey]);
    expect((await exchange.get(`/journeys/${links[0]!}`, cookie)).status).toBe(200);
    for (const path of ['/map', `/pairs/${PRACTICE}/${HOSPITAL}`]) expect(await page(path, cookie)).toContain('Stuck');
    expect(await page('/refused', await signedIn(PRACTICE))).toContain('refused-1');
  });

  it('lists journeys by type, organisation, state and age, each as far as the viewer takes part', async () => {
    const listed = async (ods: string, filter: string) =>
      (await exchange.json<{ journeys: { journey: string }[] }>(ods, `/journeys?${filter}`)).body.journeys.length;
    for (const ods of [PRACTICE, HOSPITAL, OPERATOR_ORG]) {
      expect(await listed(ods, `type=${REQUESTED}`)).toBe(5);
      expect(await listed(ods, 'type=org.signalbox.result.reported.v1')).toBe(0);
      expect(await listed(ods, `org=${HOSPITAL.toLowerCase()}&state=stuck`)).toBe(1);
      expect(await listed(ods, `from=${PRACTICE}&to=${HOSPITAL}`)).toBe(5);
      expect(await listed(ods, `org=${LABORATORY}`)).toBe(0);
      expect(await listed(ods, 'state=unacknowledged')).toBe(2);
      expect(await listed(ods, 'state=awaited')).toBe(3);
      expect(await listed(ods, 'age=1h')).toBe(0);
    }
    expect(await listed(LABORATORY, `org=${HOSPITAL}`)).toBe(0);
    expect((await exchange.json(PRACTICE, '/journeys?state=unheard-of')).status).toBe(400);
  });

  it('finds a journey by NHS number however it is written, and shows the number nowhere', async () => {
    const cookie = await signedIn(PRACTICE);
    for (const written of ['999 000 0026', '999-000-0026']) {
      const answer = await search(written, cookie);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, `/journeys/${patient}`]);
      expect(answer.headers.get('cache-control')).toContain('no-store');
    }
    const missed = await search(NHS_NUMBER, await signedIn(LABORATORY));
    const told = await missed.text();
    expect([missed.status, told.includes('Nothing found')]).toEqual([200, true]);
    expect(told).toMatch(/<form[^>]*method="post" action="\/find" autocomplete="off"/);
    const metrics = await page('/metrics', {});
    expect(metrics).toMatch(/signalbox_find_searches_total\{outcome="one",service="ledger"\} 2/);
    const spans = JSON.stringify((await exchange.json(PRACTICE, `/journeys/${patient}`)).body);
    for (const text of [told, metrics, spans, JSON.stringify([...missed.headers])])
      for (const written of [NHS_NUMBER, '999 000 0026', '999-000-0026', '999+000'])
        expect(text).not.toContain(written);
  });

  it('stops whoever tries out numbers, and nobody else', async () => {
    const authorization = `Bearer ${await exchange.token(LABORATORY)}`;
    const answers: Response[] = [];
    for (let number = 0; number < 8; number++)
      answers.push(await search(`99900${String(10_000 + number)}`, { authorization }));
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await limited?.json()).toMatchObject({ code: 'SB-4290' });
    expect((await search('nothing', await signedIn(HOSPITAL))).status).toBe(200);
  });

  it('tells the operator how the engine is, and others whether the exchange works', async () => {
    const { body } = await exchange.json<{ condition: { streams: { name: string; messages: number }[] } }>(
      OPERATOR_ORG,
      '/engine',
    );
    expect(body.condition.streams.find(({ name }) => name === 'EVENTS_REFERRAL')?.messages).toBe(5);
    expect(await page('/engine', await signedIn(OPERATOR_ORG))).toContain('EVENTS_REFERRAL');
    expect((await exchange.json(PRACTICE, '/engine')).body).toEqual({ well: true, sentence: 'The exchange works.' });
    const metrics = await page('/metrics', {});
    expect(metrics).toMatch(/signalbox_engine_stream_messages\{stream="EVENTS_REFERRAL",service="ledger"\} 5/);
    expect(metrics).toMatch(/signalbox_engine_storage_limit_bytes\{service="ledger"\} \d{9}/);
    expect(metrics).not.toContain('subscription="');
  });

  it('counts the same after the streams were read again from their beginning', async () => {
    await exchange.close();
    const folder = join(exchange.folder.path, 'ledger');
    const countersOf = async (before: boolean) => {
      const database = await openPglite(folder);
      if (before) await renameReader(database);
      const rows = [
        await database.query('select * from flows order by hour, fromorg, toorg, type'),
        await database.query('select * from standings where count <> 0 order by fromorg, toorg, type, standing'),
      ];
      const [reader] = await database.query<{ name: string }>('select name from reader');
      const read = await database.query<{ stream: string }>('select stream from positions where reader = $1', [
        reader!.name,
      ]);
      await database.close();
      return { rows, read: read.map(({ stream }) => stream) };
    };
    const counted = await countersOf(true);
    expect(counted.rows[0]!.length).toBeGreaterThan(1);
    const { streams } = await exchange.engine.condition();
    const read = streams.filter(({ name }) => /^(EVENTS_|STEPS$|REJECTED$)/.test(name));
    const all = read.reduce((sum, { messages }) => sum + messages, 0);
    await exchange.open();
    await waitFor('the streams to be read again', async () => {
      const lag =
        (await page('/metrics', {})).match(/signalbox_ledger_records_total\{[^}]*repeated[^}]*\} (\d+)/g) ?? [];
      const repeated = lag.map((line) => Number(line.split(' ').at(-1))).reduce((sum, count) => sum + count, 0);
      return repeated >= all;
    });
    await exchange.close();
    const again = await countersOf(false);
    expect(again.read).toEqual(expect.arrayContaining(['EVENTS_REFERRAL', 'STEPS', 'REJECTED']));
    expect(again.rows).toEqual(counted.rows);
  });
});
