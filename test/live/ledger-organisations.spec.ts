import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import type { IntervalPeriod } from '../../apps/ledger/src/intervals/interval-sums.js';
import type { StageImpact } from '@signalbox/contracts';
import type { OrganisationView } from '../../apps/ledger/src/organisations/organisation-desk.js';
import type { ChangeTold, FlowTold } from '../../apps/ledger/src/organisations/where-data-goes.js';
import type { PairTold, PartTold } from '../../apps/ledger/src/intervals/interval-sums.js';
import { renameReader } from '../../apps/ledger/src/journeys/positions.js';
import { openDatabase } from '../../apps/ledger/src/store/open-database.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED, RESPONDED } from './ledger-rig.js';

const BOOKED = 'org.signalbox.booking.booked.v1';
const HOUR_MS = 3_600_000;
const LIMITS = { connections: 4, connectTimeout: 5_000, statementTimeout: 20_000 };

interface Where {
  readonly covers: readonly string[];
  readonly flows: readonly FlowTold[];
  readonly next?: string;
}
interface Changes {
  readonly changes: readonly ChangeTold[];
}
interface Intervals {
  readonly period: IntervalPeriod;
  readonly parts: readonly PartTold[];
  readonly pairs: readonly PairTold[];
}

/** Names a product in the message header, and breaks a rule where that is asked for. */
const content = (broken: boolean) => (json: string) => {
  const data = JSON.parse(json) as { entry: { resource: { source: object; status?: string } }[] };
  const [header, focus] = data.entry;
  Object.assign(header!.resource.source, { software: 'Harbour PAS', version: '4.2' });
  if (broken) focus!.resource.status = 'draft';
  return JSON.stringify(data);
};

describe('organisations, where patient data goes, and intervals', () => {
  let exchange: LedgerExchange;
  const sent: CloudEvent[] = [];
  const journeys = Array.from({ length: 6 }, () => randomUUID());

  const offer = async (broken: boolean, attributes: Record<string, string> = {}) => {
    const event = await exchange.accept({
      content: content(broken),
      attributes: { correlationid: randomUUID(), source: `urn:ods:${PRACTICE}:records`, ...attributes },
    });
    sent.push(event);
    return event;
  };

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    const grant = { application: '*', purpose: 'direct care', basis: 'UK GDPR 6(1)(e), 9(2)(h)' } as const;
    await exchange.registry.putGrant({
      ...grant,
      id: 'p',
      ods: PRACTICE,
      action: 'publish',
      types: 'org.signalbox.referral.*',
    });
    await exchange.registry.putGrant({
      ...grant,
      id: 'h',
      ods: HOSPITAL,
      action: 'publish',
      types: '*',
      expires: new Date(Date.now() + 24 * HOUR_MS).toISOString(),
    });
    await exchange.subscribe('hospital', HOSPITAL, { types: [REQUESTED] });
    for (let count = 0; count < 22; count++) await offer(count < 3);
    const [first, second] = sent;
    await exchange.step(first!, 'delivered', { org: HOSPITAL, subscription: 'hospital', channel: 'HTTP' });
    await exchange.step(first!, 'acknowledged', { org: HOSPITAL, subscription: 'hospital', channel: 'HTTP' });
    await exchange.step(second!, 'duplicate');
    await exchange.refuse({
      findings: [{ path: '/data', rule: 'nhs-number', expected: '', fix: '', doc: '' }],
      source: `urn:ods:${PRACTICE}:records`,
      eventid: 'refused',
      product: 'Harbour PAS',
      version: '4.2',
    });
    for (const correlationid of journeys) {
      await offer(false, { correlationid });
      await exchange.accept({
        type: RESPONDED,
        sourceorg: HOSPITAL,
        attributes: { correlationid, targetorg: PRACTICE },
      });
    }
    await exchange.accept({
      type: BOOKED,
      sourceorg: HOSPITAL,
      attributes: { correlationid: journeys[0]!, targetorg: PRACTICE },
    });
    await exchange.open({ SIGNALBOX_SCORES_EVERY_MS: '50', SIGNALBOX_SCORES_EVENTS: '7' });
  });
  afterAll(() => exchange.stop());

  const page = (path: string, accept: string) =>
    exchange.token(PRACTICE).then((token) => exchange.get(path, { accept, authorization: `Bearer ${token}` }));
  const whole = ({ total }: OrganisationView) =>
    total.validity.accepted === 28 &&
    total.validity.refused === 1 &&
    total.acknowledgement.acknowledged === 1 &&
    total.repeats.duplicates === 1;

  it('counts what a publisher sends, by application, product and version, and what became of it', async () => {
    const path = `/organisations/${PRACTICE}`;
    const view = await exchange.until<OrganisationView>(PRACTICE, `${path}?period=24h`, whole);
    const card = view.cards.find(({ product }) => product === 'Harbour PAS')!;
    expect(card).toMatchObject({ type: REQUESTED, application: 'records', version: '4.2', offered: 29, enough: true });
    expect(card.validity).toMatchObject({ accepted: 28, clean: 25, withfindings: 3, refused: 1 });
    expect(card.validity.share).toBeCloseTo(25 / 29);
    expect(card.validity.byrule.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['nhs-number']));
    expect(card.acknowledgement).toMatchObject({ delivered: 1, acknowledged: 1 });
    expect(card.acknowledgement).not.toHaveProperty('share');
    expect(card.repeats).toMatchObject({ duplicates: 1, conflicts: 0 });
    for (const period of ['7d', '30d'])
      expect((await exchange.json<OrganisationView>(PRACTICE, `${path}?period=${period}`)).body.total).toEqual(
        view.total,
      );
    const csv = await (await page(`${path}?format=csv`, 'text/html')).text();
    expect(csv).toContain(`,${REQUESTED},records,Harbour PAS,4.2,accepted-with-findings,,3\r\n`);
  });

  it('counts nothing twice when everything is read again', async () => {
    await exchange.close();
    const place = { ...LIMITS, url: undefined, folder: join(exchange.folder.path, 'ledger') };
    const database = await openDatabase(place, () => undefined);
    await renameReader(database);
    await database.close();
    await exchange.open({ SIGNALBOX_SCORES_EVERY_MS: '50' });
    await offer(false);
    const view = await exchange.until<OrganisationView>(
      PRACTICE,
      `/organisations/${PRACTICE}`,
      ({ total }) => total.validity.accepted > 28,
    );
    expect(view.total.validity).toMatchObject({ accepted: 29, refused: 1, withfindings: 3 });
    expect(view.total.acknowledgement).toMatchObject({ delivered: 1, acknowledged: 1 });
  });

  it('tells its own organisation and the operator, and nobody else', async () => {
    for (const path of [
      `/organisations/${PRACTICE}`,
      `/organisations/${PRACTICE}/stages/${REQUESTED}/impact?strictness=enforce`,
    ])
      expect((await exchange.json(HOSPITAL, path)).status).toBe(404);
    const { body } = await exchange.json<{ organisations: { ods: string }[] }>(HOSPITAL, '/organisations');
    expect(body.organisations.map(({ ods }) => ods)).toEqual([HOSPITAL]);
    const all = await exchange.json<{ organisations: { ods: string }[] }>(OPERATOR_ORG, '/organisations');
    expect(all.body.organisations.map(({ ods }) => ods)).toEqual(
      [PRACTICE, HOSPITAL, LABORATORY, OPERATOR_ORG].toSorted(),
    );
    expect((await exchange.json(OPERATOR_ORG, `/organisations/${PRACTICE}`)).status).toBe(200);
  });

  it('measures a stage on the findings that are on record of real traffic', async () => {
    const path = `/organisations/${PRACTICE}/stages`;
    const { body } = await exchange.json<StageImpact>(PRACTICE, `${path}/${REQUESTED}/impact?strictness=enforce`);
    expect(body).toMatchObject({ looked: 29, wouldrefuse: 3, wouldaccept: 0 });
    expect(body.sentence).toBe('Would have refused 3 of the last 29 accepted events.');
    expect(body.samples.map(({ id }) => id).toSorted()).toEqual(
      sent
        .slice(0, 3)
        .map((event) => String(event.attributes['id']))
        .toSorted(),
    );
    const laxer = await exchange.json<StageImpact>(PRACTICE, `${path}/org.signalbox.referral.*/impact?strictness=warn`);
    expect(laxer.body).toMatchObject({ looked: 29, wouldrefuse: 0, wouldaccept: 1 });
    // What has a stage of its own is not touched by a wider one.
    await exchange.registry.changeStage(PRACTICE, REQUESTED, () => ({
      ...{ ods: PRACTICE, type: REQUESTED, strictness: 'warn' },
      ...{ by: `${PRACTICE}:records`, changed: new Date().toISOString() },
    }));
    await exchange.registryKnown();
    const wider = await exchange.json<StageImpact>(
      PRACTICE,
      `${path}/org.signalbox.referral.*/impact?strictness=enforce`,
    );
    expect(wider.body).toMatchObject({ looked: 0, wouldrefuse: 0 });
    await exchange.registry.deleteStage(PRACTICE, REQUESTED);
  });

  it('tells where data goes, from live grants, to both sides and nobody else', async () => {
    const { body } = await exchange.json<Where>(PRACTICE, '/where-data-goes');
    expect(body.flows).toHaveLength(1);
    expect(body.flows[0]).toMatchObject({
      from: PRACTICE,
      to: HOSPITAL,
      type: REQUESTED,
      purposes: ['test'],
      bases: ['UK GDPR 6(1)(e), 9(2)(h)'],
      keptdays: 30,
      events30d: { fewerthan: 5 },
    });
    expect((await exchange.json<Where>(LABORATORY, '/where-data-goes')).body.flows).toEqual([]);
    expect((await exchange.json<Where>(OPERATOR_ORG, '/where-data-goes')).body.flows).toHaveLength(1);
    await exchange.registry.deleteGrant(PRACTICE, 'p');
    expect(
      (await exchange.until<Where>(PRACTICE, '/where-data-goes', ({ flows }) => flows.length === 0)).flows,
    ).toEqual([]);
    const has = ({ changes }: Changes) => changes.some(({ change }) => change === 'withdrawn');
    const { changes } = await exchange.until<Changes>(PRACTICE, '/where-data-goes/changes', has);
    expect(changes[0]).toMatchObject({ change: 'withdrawn', ods: PRACTICE, types: 'org.signalbox.referral.*' });
    const feed = await (await page('/where-data-goes/changes?format=atom', '*/*')).text();
    expect(feed).toContain(
      `The right of ${PRACTICE} to publish org.signalbox.referral.* for direct care was withdrawn.`,
    );
    const others = await exchange.json<Changes>(LABORATORY, '/where-data-goes/changes');
    expect(others.body.changes).toEqual([]);
  });

  it('sums intervals between who waited and who acted, and tells no small number', async () => {
    // Each interval is summed when its end was read: six, rounded, and the one that is too few to be told.
    const { parts, pairs } = await exchange.until<Intervals>(
      PRACTICE,
      '/intervals',
      (told) => told.pairs.length === 2 && JSON.stringify(told.pairs[0]?.count) === '{"count":5}',
    );
    expect(pairs.map(({ part, waits, acts, count }) => [part, waits, acts, count])).toEqual([
      ['referral-to-response', PRACTICE, HOSPITAL, { count: 5 }],
      ['response-to-booking', PRACTICE, HOSPITAL, { fewerthan: 5 }],
    ]);
    expect(pairs[1]).not.toHaveProperty('p50');
    expect(parts.find(({ part }) => part === 'response-to-booking')).not.toHaveProperty('count');
    expect((await exchange.json<Intervals>(LABORATORY, '/intervals')).body.pairs).toEqual([]);
    const csv = await (await page('/intervals?format=csv', '*/*')).text();
    expect(csv).toContain(`response-to-booking,${PRACTICE},${HOSPITAL},fewer than 5,,\r\n`);
  });

  it('shows all of it as pages', async () => {
    for (const path of [
      '/organisations',
      `/organisations/${PRACTICE}`,
      `/organisations/${PRACTICE}/stages/${REQUESTED}`,
      `/organisations/${PRACTICE}/stages/${REQUESTED}/impact?strictness=enforce`,
      '/where-data-goes',
      '/where-data-goes/changes',
      '/intervals',
    ]) {
      const answer = await page(path, 'text/html');
      expect([path, answer.status]).toEqual([path, 200]);
      expect(await answer.text()).not.toMatch(/undefined|\[object|NaN/);
    }
  });
});
