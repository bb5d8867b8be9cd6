import { randomUUID } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { StuckGroup } from '@signalbox/client';
import { STUCK, type StuckReason } from '@signalbox/contracts';
import { groupRow, groupText } from '../../apps/cli/src/commands/stuck.js';
import { run } from '../../apps/cli/src/run.js';
import { signIn } from '../support/index.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED } from './ledger-rig.js';

interface Group {
  readonly stuck: string;
  readonly cause: string;
  readonly publisher: string;
  readonly receiver: string;
  readonly type: string;
  readonly count: number;
  readonly repeats: number;
  readonly owner: { readonly side: string; readonly ods: string; readonly contact?: string };
  readonly sample?: { readonly id: string; readonly journey?: string };
  readonly acts: readonly string[];
}
interface Groups {
  readonly groups: readonly Group[];
  readonly totals: Readonly<Record<string, number>>;
}

const pathOf = ({ stuck, cause, publisher, receiver, type }: Group): string =>
  `/stuck/group?${String(new URLSearchParams({ stuck, cause, publisher, receiver, type }))}`;

describe('stuck work', () => {
  let exchange: LedgerExchange;
  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.registry.putOrganisation({
      ods: HOSPITAL,
      name: 'Hospital',
      active: true,
      contact: 'desk@hospital.example',
    });
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.subscribe('hospital-paused', HOSPITAL, {
      status: 'paused',
      types: ['org.signalbox.referral.responded.v1'],
    });
    await exchange.open({ SIGNALBOX_STUCK_KEEP_MS: '0', SIGNALBOX_STUCK_PATIENCE_MS: '0', SIGNALBOX_STUCK_PAGE: '2' });
  });
  afterAll(() => exchange.stop());

  let stopped = Date.now() - 60_000;
  /** Events of a publisher that stopped at the hospital before anything else did, each a second after the one before. */
  async function parked(sourceorg: string, count: number, reason = 'endpoint-refused'): Promise<string[]> {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) {
      const attributes = { id: randomUUID(), correlationid: randomUUID(), source: `urn:ods:${sourceorg}:system` };
      const event = await exchange.accept({ sourceorg, attributes: { ...attributes, targetorg: HOSPITAL } });
      const delivery = { org: HOSPITAL, subscription: 'hospital' };
      await exchange.step(event, 'attempt', { ...delivery, state: 'delivering', reason, attempt: 1, status: 422 });
      const time = new Date((stopped += 1_000)).toISOString();
      await exchange.step(event, 'parked', { ...delivery, time, state: 'parked', reason });
      ids.push(attributes.id);
    }
    return ids;
  }
  const until = (ods: string, expected: (page: Groups) => boolean) => exchange.until<Groups>(ods, '/stuck', expected);

  it('is grouped by cause, publisher and type version; each organisation sees and counts its own side only', async () => {
    const ids = await parked(PRACTICE, 3);
    await parked(LABORATORY, 1);
    const all = await until(HOSPITAL, ({ totals }) => totals['subscriber-refused'] === 4);
    const [group, other] = all.groups.filter(({ stuck }) => stuck === 'subscriber-refused');
    expect(group).toMatchObject({
      cause: 'endpoint-refused',
      publisher: PRACTICE,
      receiver: HOSPITAL,
      type: REQUESTED,
      count: 3,
      more: false,
      repeats: 0,
      owner: { side: 'receiver', ods: HOSPITAL, name: 'Hospital', contact: 'desk@hospital.example' },
      sample: { id: ids[2] },
      acts: ['retry', 'hand-over', 'handled'],
    });
    expect(other).toMatchObject({ publisher: LABORATORY, count: 1 });
    const practice = await until(PRACTICE, ({ totals }) => totals['subscriber-refused'] === 3);
    expect(practice.groups).toMatchObject([{ publisher: PRACTICE, count: 3, acts: [] }]);
    const operator = await until(OPERATOR_ORG, ({ totals }) => totals['subscriber-refused'] === 4);
    expect(operator.groups.filter(({ stuck }) => stuck === 'subscriber-refused')).toHaveLength(2);
    expect((await exchange.json(LABORATORY, pathOf(group!))).body).toMatchObject({ group: { count: 0 }, items: [] });
  });

  it('lists a group one by one, the oldest first, page by page, each with its journey', async () => {
    const { groups } = await until(HOSPITAL, () => true);
    const path = pathOf(groups.find(({ publisher }) => publisher === PRACTICE)!);
    type Items = { items: { id: string; journey: string; since: string; subscription?: string }[]; next: string };
    const first = (await exchange.json<Items>(HOSPITAL, path)).body;
    const second = (await exchange.json<Items>(HOSPITAL, `${path}&after=${first.next}`)).body;
    expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, undefined]);
    const listed = [...first.items, ...second.items];
    expect(listed.map(({ since }) => since)).toEqual(listed.map(({ since }) => since).toSorted());
    expect(listed[0]).toMatchObject({ subscription: 'hospital' });
    expect((await exchange.json(HOSPITAL, `/journeys/${listed[0]!.journey}`)).status).toBe(200);
    const seen = (await exchange.json<Items>(PRACTICE, path)).body;
    expect(seen.items[0]!.subscription).toBeUndefined();
    expect((await exchange.json(HOSPITAL, `${path}&after=nonsense`)).status).toBe(400);
  });

  it('names what has no recipient, what is refused, what is paused and what is tried in vain', async () => {
    const source = `urn:ods:${PRACTICE}:system`;
    await exchange.accept({ attributes: { source, targetorg: 'X9Z9Z', correlationid: randomUUID() } });
    await exchange.accept({ attributes: { source, targetorg: LABORATORY, correlationid: randomUUID() } });
    await exchange.accept({
      type: 'org.signalbox.referral.responded.v1',
      attributes: { source, correlationid: randomUUID() },
    });
    const eventid = randomUUID();
    for (const time of ['2026-01-01T10:00:00Z', new Date().toISOString(), new Date().toISOString()])
      await exchange.refuse({ time, source, eventid });
    const tried = await exchange.accept({ attributes: { source, targetorg: HOSPITAL, correlationid: randomUUID() } });
    await exchange.step(tried, 'attempt', {
      org: HOSPITAL,
      subscription: 'hospital',
      state: 'waiting',
      reason: 'endpoint-unreachable',
      attempt: 1,
      nextattempt: new Date(Date.now() + 60_000).toISOString(),
    });
    const { groups } = await until(
      PRACTICE,
      ({ groups: all, totals }) =>
        totals['no-recipient'] === 2 &&
        totals['subscriber-down']! >= 2 &&
        all.some(({ stuck, repeats }) => stuck === 'rejected-schema' && repeats > 0),
    );
    const told = groups.map(({ stuck, cause, receiver, owner }) => [stuck, cause, receiver, owner.ods].join(' '));
    expect(told).toEqual(
      expect.arrayContaining([
        `no-recipient recipient-unknown X9Z9Z ${PRACTICE}`,
        `no-recipient not-subscribed ${LABORATORY} ${PRACTICE}`,
        `rejected-schema SB-2003  ${PRACTICE}`,
        `subscriber-down subscription-paused ${HOSPITAL} ${HOSPITAL}`,
        `subscriber-down endpoint-unreachable ${HOSPITAL} ${HOSPITAL}`,
      ]),
    );
    expect(groups.find(({ stuck }) => stuck === 'rejected-schema')).toMatchObject({ count: 1, repeats: 1 });
    const laboratory = await until(LABORATORY, () => true);
    expect(laboratory.groups.map(({ stuck, cause }) => [stuck, cause])).toEqual([
      ['subscriber-refused', 'endpoint-refused'],
      ['no-recipient', 'not-subscribed'],
    ]);
    await exchange.accept({ attributes: { source, id: eventid, correlationid: randomUUID() } });
    await until(PRACTICE, ({ totals }) => totals['rejected-schema'] === undefined);
    expect(await (await exchange.get('/metrics')).text()).toMatch(/signalbox_stuck_unknown\{service="ledger"\} 0/);
  });

  it('is told in the words of the one table, word for word, by pages, JSON and the command line', async () => {
    const { groups } = await until(PRACTICE, ({ groups: all }) => all.length >= 4);
    const { cookie } = await signIn(exchange, PRACTICE, 'viewer');
    const html = async (path: string) => (await exchange.get(path, { cookie, accept: 'text/html' })).text();
    const list = await html('/stuck');
    for (const group of groups) {
      const { meaning, clock, next } = STUCK[group.stuck as StuckReason];
      expect(group).toMatchObject({ meaning, clock, next });
      for (const words of [meaning, next]) expect(list).toContain(words);
      const page = await html(pathOf(group));
      for (const words of [group.stuck, meaning, clock, next]) expect(page).toContain(words);
      const explained = await explain(group.stuck);
      for (const words of [group.stuck, meaning, clock, next]) expect(explained).toContain(words);
      const text = groupText(group as unknown as StuckGroup);
      for (const words of [group.stuck, meaning, clock, next]) expect(text).toContain(words);
      expect(groupRow(group as unknown as StuckGroup)).toEqual(expect.arrayContaining([group.stuck, next]));
    }
    const reasons = await explain('--list');
    for (const [reason, { meaning }] of Object.entries(STUCK)) {
      expect(reasons).toContain(reason);
      expect(reasons).toContain(meaning);
    }
    // A viewer is offered nothing to do.
    expect(await html(pathOf(groups[0]!))).not.toContain('action="/stuck/act"');
  });
});

/** What the command line says. */
async function explain(what: string): Promise<string> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  await run(['explain', what], { stdin: new PassThrough(), stdout, stderr }, {}, new AbortController().signal);
  return String(stdout.read());
}
