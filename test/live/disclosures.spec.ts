import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import { OPERATOR, type Role } from '@signalbox/registry';
import { run } from '../../apps/cli/src/run.js';
import { DisclosureRecord, type NewEntry } from '../../apps/ledger/src/disclosures/record.js';
import type { Database } from '../../apps/ledger/src/store/database.js';
import { migrate } from '../../apps/ledger/src/store/migrations.js';
import { openPglite } from '../../apps/ledger/src/store/pglite.js';
import { layBareDatabase, signIn } from '../support/index.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE } from './ledger-rig.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const JSON_ONLY = { accept: 'application/json' };
/** Passes Modulus 11 and belongs to nobody. */
const NHS_NUMBER = '999 000 0018';
const WHY = { reason: 'delivery-fault', text: 'The receiver says that a code is missing' };

describe('values of an event', () => {
  let exchange: LedgerExchange;
  let event: CloudEvent;
  let path: string;
  let secret: string;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.open({ SIGNALBOX_DISCLOSURES_AN_HOUR: '3' });
    const journey = randomUUID();
    event = await exchange.accept({ attributes: { correlationid: journey } });
    await exchange.step(event, 'delivered', {
      org: HOSPITAL,
      subscription: 'hospital',
      channel: 'webhook',
      attempt: 1,
    });
    const { id, source } = event.attributes;
    path = `/events/${String(id)}`;
    secret = familyNameIn(event);
    await exchange.until<{ deliveries: { state: string }[] }>(
      HOSPITAL,
      `${path}?source=${String(source)}`,
      ({ deliveries }) => deliveries[0]?.state === 'delivered',
    );
  });
  afterAll(() => exchange.stop());

  async function cookieOf(ods: string, role: Role, options: { assured?: boolean; name?: string } = { assured: true }) {
    return { cookie: (await signIn(exchange, ods, role, options)).cookie };
  }
  const get = (at: string, headers: Record<string, string>) => exchange.get(at, headers);
  const post = (at: string, body: Record<string, string>, headers: Record<string, string>) =>
    fetch(`${exchange.ledger!.url}${at}`, {
      method: 'POST',
      body: new URLSearchParams(body),
      headers: { ...BROWSER, ...headers },
      redirect: 'manual',
    });

  it('are never on the page of the event, whoever looks; only where things stand is', async () => {
    const page = await (await get(path, { ...BROWSER, ...(await cookieOf(PRACTICE, 'viewer')) })).text();
    expect(page).toContain('object, 5 members');
    expect(page).not.toContain(secret);
    const twin = await exchange.json<{ payload: object }>(PRACTICE, `${path}?payload=tree`);
    expect(twin.body.payload).toMatchObject({ kind: 'tree', whole: true });
    expect(JSON.stringify(twin.body)).not.toContain(secret);
  });

  it.each([
    ['somebody who may only look', PRACTICE, 'viewer', true, 403],
    ['somebody who signed in with one factor', PRACTICE, 'operator', false, 403],
    ['an organisation that has no part in it', LABORATORY, 'information-governance', true, 404],
  ] as const)('are not shown to %s, though they give a reason', async (_who, ods, role, assured, status) => {
    const cookie = await cookieOf(ods, role, { assured });
    expect((await post(`${path}/show-values`, WHY, cookie)).status).toBe(status);
    const values = await get(`${path}/values`, { ...BROWSER, ...cookie });
    expect(values.status).not.toBe(200);
    expect(await values.text()).not.toContain(secret);
  });

  it('are not shown to an application, though it administers the exchange', async () => {
    const token = { authorization: `Bearer ${await exchange.token(OPERATOR_ORG)}` };
    expect((await post(`${path}/show-values`, WHY, { ...JSON_ONLY, ...token })).status).toBe(403);
  });

  it('are not shown before a reason is given that can be kept', async () => {
    const cookie = await cookieOf(HOSPITAL, 'operator');
    const early = await get(`${path}/values`, { ...BROWSER, ...cookie });
    expect([early.status, early.headers.get('location')]).toEqual([303, expect.stringContaining('/show-values')]);
    const bad = await post(`${path}/show-values`, { reason: 'curious', text: `It is ${NHS_NUMBER}` }, cookie);
    const form = await bad.text();
    expect([form.includes('There is a problem'), form.includes('Leave out NHS numbers')]).toEqual([true, true]);
    expect(form).not.toContain(NHS_NUMBER);
    const asked = { ...JSON_ONLY, ...cookie };
    const refused = await post(`${path}/show-values`, { text: WHY.text }, asked);
    expect([refused.status, await refused.json()]).toMatchObject([422, { findings: [{ path: '/reason' }] }]);
    expect((await get(`${path}/values`, asked)).status).toBe(403);
    expect((await disclosuresOf(OPERATOR.ods)).disclosures).toEqual([]);
  });

  it('are shown to a receiver with a reason, for this event and a short time, with everything on record', async () => {
    const cookie = await cookieOf(HOSPITAL, 'operator', { assured: true, name: 'Ada Example' });
    const opened = await post(`${path}/show-values`, WHY, cookie);
    expect(opened.status).toBe(303);
    const values = await get(opened.headers.get('location')!, { ...BROWSER, ...cookie });
    expect([values.status, values.headers.get('cache-control'), values.headers.get('etag')]).toEqual([
      200,
      'no-store',
      null,
    ]);
    expect(Number(/^\d+/.exec(values.headers.get('refresh') ?? '')?.[0])).toBeGreaterThan(890);
    expect(await values.text()).toContain(secret);
    const twin = await get(opened.headers.get('location')!, { ...JSON_ONLY, ...cookie });
    expect(JSON.stringify(await twin.json())).toContain(secret);
    // On every page, and for nobody else.
    for (const [who, told] of [
      [cookie, true],
      [await cookieOf(HOSPITAL, 'operator'), false],
    ] as const) {
      const page = await (await get('/find', { ...BROWSER, ...who })).text();
      expect(page.includes('Values are shown')).toBe(told);
    }
    const { disclosures } = await disclosuresOf(HOSPITAL);
    expect(disclosures).toEqual([
      expect.objectContaining({
        ...WHY,
        org: HOSPITAL,
        publisher: PRACTICE,
        name: 'Ada Example',
        views: 2,
        running: true,
      }),
    ]);
  });

  it('are announced to the publisher and to the organisation of who looked, without content', async () => {
    const { events } = await exchange.engine.events.read({
      family: 'operations',
      types: ['org.signalbox.operations.values-shown.v1'],
      after: 0,
      limit: 10,
    });
    const { disclosures } = await disclosuresOf(HOSPITAL);
    const told = events.map(({ event: { attributes, data } }) => ({
      to: attributes['targetorg'],
      said: Buffer.from((data as { bytes: Uint8Array }).bytes).toString(),
    }));
    expect(told.map(({ to }) => to).sort()).toEqual([PRACTICE, HOSPITAL].sort());
    for (const { said } of told) {
      expect(JSON.parse(said)).toMatchObject({
        organisation: HOSPITAL,
        reason: WHY.reason,
        entry: disclosures[0]?.hash,
      });
      for (const word of [secret, WHY.text, 'Ada Example']) expect(said).not.toContain(word);
    }
  });

  it('are gone when they are ended, at once', async () => {
    const cookie = await cookieOf(HOSPITAL, 'operator', { assured: true, name: 'Ada Example' });
    const [{ disclosure } = { disclosure: '' }] = (await disclosuresOf(HOSPITAL)).disclosures;
    const stranger = await cookieOf(PRACTICE, 'operator');
    expect((await post(`/disclosures/${disclosure}/end`, {}, stranger)).status).toBe(404);
    expect((await post(`/disclosures/${disclosure}/end`, {}, cookie)).headers.get('location')).toContain(path);
    const values = await get(`${path}/values`, { ...BROWSER, ...cookie });
    expect([values.status, (await values.text()).includes(secret)]).toEqual([303, false]);
    expect((await disclosuresOf(HOSPITAL)).disclosures[0]).toMatchObject({ running: false, views: 2 });
  });

  it('are reviewed by information governance of both sides, each its own, and never by who looked', async () => {
    const [{ disclosure } = { disclosure: '' }] = (await disclosuresOf(HOSPITAL)).disclosures;
    expect((await disclosuresOf(LABORATORY)).disclosures).toEqual([]);
    expect((await disclosuresOf(PRACTICE)).disclosures[0]).not.toHaveProperty('name');
    const review = async (ods: string, role: Role, name?: string) =>
      (
        await post(
          `/disclosures/${disclosure}/review`,
          { note: 'Asked the department' },
          await cookieOf(ods, role, { assured: true, ...(name !== undefined && { name }) }),
        )
      ).status;
    expect(await review(HOSPITAL, 'operator', 'Ada Example')).toBe(403);
    expect(await review(LABORATORY, 'information-governance')).toBe(404);
    expect(await review(PRACTICE, 'information-governance')).toBe(303);
    expect((await disclosuresOf(PRACTICE, '?reviewed=yes')).disclosures).toHaveLength(1);
    expect((await disclosuresOf(HOSPITAL, '?reviewed=no&days=7')).disclosures).toHaveLength(1);
    expect((await disclosuresOf(HOSPITAL, '?by=X9H2T:nobody')).disclosures).toEqual([]);
    expect((await get('/disclosures', { ...BROWSER, ...(await cookieOf(HOSPITAL, 'operator')) })).status).toBe(403);
    const page = await get('/disclosures', { ...BROWSER, ...(await cookieOf(HOSPITAL, 'information-governance')) });
    const text = await page.text();
    expect(text).toContain('The record is as it was written');
    expect(text).toContain('<a href="/disclosures" aria-current="page">Disclosures</a>');
    const csv = await get('/disclosures?format=csv', await cookieOf(PRACTICE, 'information-governance'));
    const [header, row] = (await csv.text()).split('\r\n');
    expect([header?.split(',').length, row?.includes(disclosure)]).toEqual([18, true]);
  });

  it('stay on record though a database is lost and two ledgers write at once, in a chain that nobody can change', async () => {
    const before = await disclosuresOf(OPERATOR.ods);
    expect(before.chain).toMatchObject({ holds: true, from: 1, checked: before.chain.to });
    const bucket = await exchange.engine.kv('DISCLOSURES');
    const databases = await Promise.all(['one', 'other'].map((name) => database(name)));
    const [one, other] = databases.map((each) => new DisclosureRecord({ database: each, bucket }));
    await one!.catchUp();
    expect(await one!.check(1_000)).toEqual(before.chain);
    const entry: NewEntry = {
      ...{ kind: 'viewed', at: new Date().toISOString(), disclosure: 'd', org: HOSPITAL, by: `${HOSPITAL}:person-1` },
    };
    const added = await Promise.all(Array.from({ length: 10 }, (_, at) => (at % 2 ? one : other)!.add(entry)));
    expect(new Set(added.map(({ number }) => number)).size).toBe(10);
    await Promise.all([one!.catchUp(), other!.catchUp()]);
    const checks = await Promise.all([one!.check(1_000), other!.check(1_000)]);
    expect(checks[0]).toMatchObject({ holds: true, from: 1 });
    expect(checks[1]).toEqual(checks[0]);
    expect(await one!.check(3)).toMatchObject({ holds: true, checked: 3 });
    expect(await verified(one!)).toMatchObject({ code: 0, told: { holds: true, checked: checks[0].checked } });
    await expect(databases[0]!.query(`update disclosures set reason = 'other'`)).rejects.toThrow('never changed');
    await expect(databases[0]!.query('delete from disclosures')).rejects.toThrow('never changed');
    // Whoever has the database itself can; then it is told.
    await databases[0]!.query('alter table disclosures disable trigger all');
    await databases[0]!.query(
      `update disclosures set entry = replace(entry, 'person-1', 'person-2') where number = 12`,
    );
    expect(await verified(one!)).toMatchObject({ code: 1, told: { holds: false, brokenat: 12 } });
    await databases[0]!.query('delete from disclosures where number = 1');
    expect(await verified(one!)).toMatchObject({ code: 1, told: { holds: false, brokenat: 2 } });
    await Promise.all(databases.map((each) => each.close()));
  });

  it('are checked from first to last by one command, for the operator of the exchange alone', async () => {
    const { chain } = await disclosuresOf(OPERATOR.ods);
    const done = await command(exchange.console, await exchange.token(OPERATOR_ORG));
    expect(done).toMatchObject({ code: 0, told: { holds: true, checked: chain.checked, to: chain.to } });
    expect(await command(exchange.console, await exchange.token(HOSPITAL))).toMatchObject({ code: 4 });
    const cookie = await cookieOf(HOSPITAL, 'information-governance');
    expect((await get('/disclosures/chain', { ...JSON_ONLY, ...cookie })).status).toBe(403);
  });

  it('are not collected: so many events an hour for one person, however they ask', async () => {
    const cookie = await cookieOf(PRACTICE, 'operator', { assured: true, name: 'Collector' });
    const paths = await Promise.all(
      Array.from({ length: 5 }, async () => `/events/${String((await exchange.accept()).attributes['id'])}`),
    );
    for (const at of paths) await exchange.until(PRACTICE, at, () => true);
    const answers = await Promise.all(paths.map((at) => post(`${at}/show-values`, WHY, { ...JSON_ONLY, ...cookie })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
    const refused = answers.find(({ status }) => status === 429)!;
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    const shown = paths[answers.findIndex(({ status }) => status === 200)]!;
    const again = await post(`${shown}/show-values`, WHY, { ...JSON_ONLY, ...cookie });
    expect([again.status, (await get(`${shown}/values`, { ...JSON_ONLY, ...cookie })).status]).toEqual([200, 200]);
  });

  /** What the command says of the ledger at an address. */
  async function command(ledger: string, token: string): Promise<{ code: number; told: object }> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const env = { SIGNALBOX_TOKEN: token, SIGNALBOX_LEDGER_URL: ledger };
    const words = ['disclosures', 'verify', '--json'];
    const code = await run(words, { stdin, stdout, stderr }, env, new AbortController().signal);
    return { code, told: JSON.parse(String(stdout.read() ?? '{}')) as object };
  }

  /** What it says of a record of our own, of which three entries are looked at together. */
  async function verified(record: DisclosureRecord): Promise<{ code: number; told: object }> {
    const server = createServer((request, answer) => {
      const after = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('after');
      void record.checkBehind(Number(after), 3).then((told) => answer.end(JSON.stringify(told)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const said = await command(`http://127.0.0.1:${String(port)}`, 'a-token');
    server.close();
    server.closeAllConnections();
    return said;
  }

  async function database(name: string): Promise<Database> {
    const folder = join(exchange.folder.path, `record-${name}`);
    await layBareDatabase(folder);
    const opened = await openPglite(folder);
    await migrate(opened);
    return opened;
  }

  async function disclosuresOf(ods: string, query = '') {
    const cookie = await cookieOf(ods, 'information-governance');
    const answer = await get(`/disclosures${query}`, { ...JSON_ONLY, ...cookie });
    expect(answer.status).toBe(200);
    return (await answer.json()) as {
      disclosures: { disclosure: string; hash: string }[];
      chain: { holds: boolean; checked: number; from?: number; to?: number };
    };
  }
});

/** A family name that stands in the content and nowhere else. */
function familyNameIn({ data }: CloudEvent): string {
  const text = Buffer.from((data as { bytes: Uint8Array }).bytes).toString();
  const found = /"family":"([^"]{4,})"/.exec(text)?.[1];
  if (found === undefined) throw new Error('the example names nobody');
  return found;
}
