import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import type { JourneyView } from '../../apps/ledger/src/journeys/journey-view.js';
import { renameReader } from '../../apps/ledger/src/journeys/positions.js';
import type { Database, Row } from '../../apps/ledger/src/store/database.js';
import { openDatabase } from '../../apps/ledger/src/store/open-database.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED, RESPONDED } from './ledger-rig.js';
import { waitFor } from '../support/index.js';

const TABLES = ['events', 'identifiers', 'steps', 'deliveries', 'refusals', 'sightings'];

describe('the ledger over a real engine', () => {
  let exchange: LedgerExchange;
  const aJourney = () => randomUUID();
  const pathOf = (event: CloudEvent) => `/journeys/${String(event.attributes['correlationid'])}`;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.open();
  });
  afterAll(() => exchange.stop());

  /** Closes the ledger, looks into its database, and starts it again. */
  async function inDatabase<T>(look: (database: Database) => Promise<T>): Promise<T> {
    await exchange.close();
    const place = {
      folder: join(exchange.folder.path, 'ledger'),
      connections: 2,
      connectTimeout: 1,
      statementTimeout: 1,
    };
    const database = await openDatabase(place, () => undefined);
    try {
      return await look(database);
    } finally {
      await database.close();
    }
  }

  async function everything(database: Database): Promise<Record<string, Row[]>> {
    const tables = await Promise.all(
      TABLES.map(
        async (table) => [table, await database.query(`select t::text as row from ${table} t order by 1`)] as const,
      ),
    );
    return Object.fromEntries(tables);
  }

  it('follows an event from the acceptance to the acknowledgement by a system', async () => {
    const event = await exchange.accept({ attributes: { correlationid: aJourney(), targetorg: HOSPITAL } });
    const path = pathOf(event);
    const waiting = await exchange.until<JourneyView>(PRACTICE, path, (view) => view.events.length === 1);
    expect(waiting.heading).toMatchObject({ state: 'delivering', holders: [HOSPITAL] });
    expect(waiting.events[0]?.deliveries).toMatchObject([{ org: HOSPITAL, state: 'waiting', attempts: 0 }]);

    const delivery = { org: HOSPITAL, subscription: 'hospital', channel: 'webhook' };
    const failed = { attempt: 1, state: 'waiting', reason: 'endpoint-timeout', latencyms: 30_000 } as const;
    await exchange.step(event, 'attempt', { ...delivery, ...failed, nextattempt: '2100-01-01T00:00:00.000Z' });
    await exchange.step(event, 'delivered', {
      ...delivery,
      attempt: 2,
      state: 'delivered',
      latencyms: 12.5,
      status: 204,
    });
    await exchange.step(event, 'acknowledged', { ...delivery, state: 'acknowledged' });
    const view = await exchange.until<JourneyView>(
      HOSPITAL,
      path,
      (now) => now.events[0]?.deliveries[0]?.state === 'acknowledged',
    );
    expect(view.heading.sentence).toMatch(
      new RegExp(`^With ${HOSPITAL} Organisation ${HOSPITAL} \\(referral\\) for less than a minute; waiting for `),
    );
    expect(view.events[0]?.deliveries[0]).toMatchObject({ attempts: 2, latencyms: 12.5 });
    expect(view.events[0]?.steps.map(({ kind }) => kind)).toEqual(['attempt', 'delivered', 'acknowledged']);
  });

  it('gives the journey to whoever has to act after the answer', async () => {
    const journey = aJourney();
    const asked = await exchange.accept({ attributes: { correlationid: journey, targetorg: HOSPITAL } });
    await exchange.step(asked, 'delivered', { org: HOSPITAL, subscription: 'hospital' });
    await exchange.until<JourneyView>(HOSPITAL, `/journeys/${journey}`, ({ heading }) => heading.state === 'awaited');
    const answer = { correlationid: journey, causationid: String(asked.attributes['id']) };
    await exchange.accept({
      ...{ type: RESPONDED, example: 'referral-accepted', sourceorg: HOSPITAL },
      attributes: answer,
    });
    const view = await exchange.until<JourneyView>(
      HOSPITAL,
      `/journeys/${journey}`,
      ({ events }) => events.length === 2,
    );
    // Now its own answer is what the hospital has to follow up.
    expect(view.heading).toMatchObject({ holders: [HOSPITAL], since: view.events[1]?.recorded });
    expect(view.heading.sentence).toContain('the answering service');
    expect(view.events[0]?.answeredby).toEqual([view.events[1]?.id]);
  });

  it('marks a second copy of an event as duplicate, and the events that replace others', async () => {
    const journey = aJourney();
    const first = await exchange.accept({ attributes: { correlationid: journey } });
    const replacing = { correlationid: journey, supersedes: String(first.attributes['id']) };
    const second = await exchange.accept({ attributes: replacing });
    // The same source and id under another family's stream is what a lost digest store lets through.
    await exchange.accept({
      type: 'org.signalbox.booking.booked.v1',
      attributes: {
        correlationid: journey,
        id: String(first.attributes['id']),
        source: String(first.attributes['source']),
      },
    });
    const view = await exchange.until<JourneyView>(
      PRACTICE,
      `/journeys/${journey}`,
      ({ events }) => events.length === 3,
    );
    const copies = view.events.filter(({ id }) => id === first.attributes['id']);
    expect(copies.filter(({ duplicateof }) => duplicateof !== undefined)).toHaveLength(1);
    expect(copies[0]?.supersededby).toEqual([second.attributes['id']]);
  });

  it('puts past events on record for a subscription that starts in the past', async () => {
    const event = await exchange.accept({ attributes: { correlationid: aJourney() } });
    await exchange.until<JourneyView>(PRACTICE, pathOf(event), ({ events }) => events.length === 1);
    const late = await exchange.subscribe('late', LABORATORY, { types: [REQUESTED] });
    const view = await exchange.until<JourneyView>(LABORATORY, pathOf(event), ({ events }) => events.length === 1);
    expect(view.events[0]?.deliveries).toMatchObject([{ org: LABORATORY, state: 'waiting' }]);
    await exchange.registry.deleteSubscription(late.id);
    await exchange.registry.deleteGrant(LABORATORY, 'late-grant');
    const gone = await exchange.until<JourneyView>(
      LABORATORY,
      pathOf(event),
      ({ events }) => events[0]?.deliveries[0]?.state === 'paused',
    );
    expect(gone.heading.sentence).toContain('its subscription was deleted');
  });

  it('tells why an event was refused, to its publisher alone', async () => {
    const refused = { source: `urn:ods:${PRACTICE}:records`, eventid: randomUUID(), type: REQUESTED };
    const finding = { path: '/data', rule: 'required', expected: 'a member', fix: 'Add it.', doc: '/docs' };
    await exchange.refuse({ findings: [finding], ...refused });
    const view = await exchange.until<Row>(PRACTICE, `/events/${refused.eventid}`, () => true);
    expect(view).toMatchObject({ state: 'refused', refusals: [{ code: 'SB-2003', findings: [finding] }] });
    expect((await exchange.json(HOSPITAL, `/events/${refused.eventid}`)).status).toBe(404);
    expect((await exchange.json(OPERATOR_ORG, `/events/${refused.eventid}`)).status).toBe(200);
  });

  it('keeps spans of the exchange beside the journey, each on its own side', async () => {
    const event = await exchange.accept({ attributes: { correlationid: aJourney() } });
    const span = (spanId: string, subscription?: string) => ({
      traceId: 'c'.repeat(32),
      spanId: spanId.repeat(16),
      name: subscription === undefined ? 'create events' : 'send webhook',
      kind: 4,
      startTimeUnixNano: '1795255200000000000',
      endTimeUnixNano: '1795255200010000000',
      attributes: Object.entries({
        'signalbox.journey': String(event.attributes['correlationid']),
        'signalbox.event': String(event.attributes['id']),
        ...(subscription !== undefined && { 'signalbox.subscription': subscription }),
      }).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    });
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'signalbox-gateway' } }] };
    const spans = [span('1'), span('2', 'hospital')];
    const bytes = Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }));
    const namesOf = (view: JourneyView & { spans: { name: string }[] }) => view.spans.map(({ name }) => name);
    type WithSpans = JourneyView & { spans: { name: string }[] };
    await waitFor('the spans to be stored', async () => {
      exchange.engine.spans.publish(bytes);
      const { status, body } = await exchange.json<WithSpans>(HOSPITAL, pathOf(event));
      return status === 200 && body.spans.length === 2;
    });
    const { body } = await exchange.json<WithSpans>(PRACTICE, pathOf(event));
    expect(namesOf(body)).toEqual(['create events']);
  });

  it('changes nothing when every stream is read again from the beginning, and loses nothing over a restart', async () => {
    const events = await Promise.all(
      Array.from({ length: 40 }, () => exchange.accept({ attributes: { correlationid: aJourney() } })),
    );
    await Promise.all(
      events.map((event) => exchange.step(event, 'delivered', { org: HOSPITAL, subscription: 'hospital' })),
    );
    const last = events.at(-1)!;
    await exchange.until<JourneyView>(HOSPITAL, pathOf(last), ({ heading }) => heading.state === 'awaited');
    await Promise.all(events.map((event) => exchange.until<JourneyView>(HOSPITAL, pathOf(event), () => true)));

    const before = await inDatabase(async (database) => {
      await renameReader(database);
      return everything(database);
    });
    expect(before['events']!.length).toBeGreaterThanOrEqual(40);
    await exchange.open();
    // Under its new name every stream is read from the beginning; this event comes after all the others.
    const after = await exchange.accept({ attributes: { correlationid: aJourney() } });
    await exchange.step(after, 'delivered', { org: HOSPITAL, subscription: 'hospital' });
    await exchange.until<JourneyView>(HOSPITAL, pathOf(after), ({ heading }) => heading.state === 'awaited');
    const repeated = await (await exchange.get('/metrics')).text();
    expect(repeated).toMatch(
      /signalbox_ledger_records_total\{stream="STEPS",outcome="repeated",service="ledger"\} [1-9]/,
    );

    const journey = String(after.attributes['correlationid']);
    const again = await inDatabase(everything);
    const others = (rows: Row[]) => rows.map(({ row }) => String(row)).filter((row) => !row.includes(journey));
    for (const table of TABLES.filter((name) => name !== 'identifiers')) {
      expect([table, others(again[table]!)]).toEqual([table, others(before[table]!)]);
    }
    await exchange.open();
  });

  it('reads everything again when its database turns out to be older than its reading position', async () => {
    const event = await exchange.accept({ attributes: { correlationid: aJourney() } });
    await exchange.until(PRACTICE, pathOf(event), () => true);
    await exchange.close();
    const folder = join(exchange.folder.path, 'ledger');
    cpSync(folder, `${folder}-backup`, { recursive: true });
    await exchange.open();
    const lost = await exchange.accept({ attributes: { correlationid: aJourney() } });
    await exchange.until(PRACTICE, pathOf(lost), () => true);
    await exchange.close();
    cpSync(`${folder}-backup`, folder, { recursive: true, force: true });

    const asked = exchange.restartsAsked;
    await exchange.open();
    const next = await exchange.accept({ attributes: { correlationid: aJourney() } });
    await waitFor('the ledger to notice', () => exchange.restartsAsked > asked);
    await exchange.close();
    await exchange.open();
    await exchange.until(PRACTICE, pathOf(lost), () => true);
    await exchange.until(PRACTICE, pathOf(next), () => true);
  });

  it('never stores a business identifier, a name or an NHS number in plain, and still finds the journey by it', async () => {
    const nhsNumber = '9990000123';
    const reference = `CANARY${randomUUID().slice(0, 8).toUpperCase()}`;
    const content = (json: string) =>
      json
        .replace(/("system":"https:\/\/fhir\.nhs\.uk\/Id\/nhs-number","value":)"\d{10}"/gi, `$1"${nhsNumber}"`)
        .replace(/("resourceType":"ServiceRequest".*?"value":)"[^"]+"/s, `$1"${reference}"`)
        .replace(/"family":"[^"]+"/g, '"family":"Canaryname"');
    const event = await exchange.accept({ attributes: { correlationid: aJourney() }, content });
    expect(Buffer.from((event.data as { bytes: Uint8Array }).bytes).toString()).toContain(reference);
    await exchange.until(PRACTICE, pathOf(event), () => true);
    const find = async (ods: string, body: object) => {
      const headers = { authorization: `Bearer ${await exchange.token(ods)}`, 'content-type': 'application/json' };
      const answer = await fetch(`${exchange.ledger!.url}/find`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return ((await answer.json()) as { journeys: { journey: string }[] }).journeys.map(({ journey }) => journey);
    };
    const journey = String(event.attributes['correlationid']);
    expect(await find(PRACTICE, { value: '999 000 0123' })).toEqual([journey]);
    expect(await find(PRACTICE, { value: reference.toLowerCase() })).toEqual([journey]);
    expect(await find(PRACTICE, { name: 'patient', value: nhsNumber })).toEqual([journey]);
    expect(await find(LABORATORY, { value: nhsNumber })).toEqual([]);
    expect(await find(PRACTICE, { value: String(event.attributes['id']) })).toEqual([journey]);
    expect(await find(LABORATORY, { value: journey })).toEqual([]);

    const stored = JSON.stringify(await inDatabase(everything));
    expect(stored).toContain(journey);
    for (const canary of [nhsNumber, reference, 'Canaryname']) expect(stored).not.toContain(canary);
    await exchange.open();
  });
});
