import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Step } from '@signalbox/messaging';
import { eventIdentity } from '@signalbox/contracts';
import { createLog, Metrics } from '@signalbox/runtime';
import { candidates, walkOf } from '../../apps/ledger/src/find/candidates.js';
import type { ListFilter } from '../../apps/ledger/src/find/list-filter.js';
import type { Delivery } from '../../apps/ledger/src/journeys/delivery.js';
import type { EventFact } from '../../apps/ledger/src/journeys/facts.js';
import { type Place, PositionGap, sight } from '../../apps/ledger/src/journeys/positions.js';
import { eventsById, eventsByPseudonym, journeyFacts } from '../../apps/ledger/src/journeys/queries.js';
import type { EventReading } from '../../apps/ledger/src/journeys/read-event.js';
import { recordEvents } from '../../apps/ledger/src/journeys/record-events.js';
import { recordSteps } from '../../apps/ledger/src/journeys/record-steps.js';
import { SpanStore } from '../../apps/ledger/src/spans/span-store.js';
import type { Database } from '../../apps/ledger/src/store/database.js';
import { migrate, MIGRATIONS_FOLDER } from '../../apps/ledger/src/store/migrations.js';
import { openPglite } from '../../apps/ledger/src/store/pglite.js';
import { openPostgresql } from '../../apps/ledger/src/store/postgresql.js';
import { layBareDatabase, temporaryFolder } from '../support/index.js';

const LIMITS = { events: 100, steps: 100 };
const STREAM = 'EVENTS_REFERRAL';

interface Opened {
  readonly database: Database;
  readonly close: () => Promise<void>;
}

async function embedded(): Promise<Opened> {
  const folder = temporaryFolder('store');
  await layBareDatabase(folder.path);
  const database = await openPglite(folder.path);
  return {
    database,
    close: async () => {
      await database.close();
      folder.remove();
    },
  };
}

/** A schema of its own in the server that LEDGER_DATABASE_URL names, so that nothing that is there is touched. */
async function served(url: string): Promise<Opened> {
  const limits = { connections: 4, connectTimeout: 5_000, statementTimeout: 20_000 };
  const owner = await openPostgresql(url, limits, () => undefined);
  const schema = `signalbox_test_${randomUUID().replaceAll('-', '')}`;
  await owner.script(`create schema ${schema}`);
  const own = new URL(url);
  own.searchParams.set('options', `-c search_path=${schema}`);
  const database = await openPostgresql(own.href, limits, () => undefined);
  return {
    database,
    close: async () => {
      await database.close();
      await owner.script(`drop schema ${schema} cascade`);
      await owner.close();
    },
  };
}

const url = process.env['LEDGER_DATABASE_URL'];
const kinds: [string, () => Promise<Opened>][] = [
  ['the embedded database', embedded],
  ...(url === undefined ? [] : [['PostgreSQL', () => served(url)] satisfies [string, () => Promise<Opened>]]),
];

const fact = (sequence: number, more: Partial<EventFact> = {}): EventFact => ({
  stream: STREAM,
  sequence,
  identity: `identity-${String(sequence)}`,
  source: 'urn:ods:X9G1P:records',
  id: `event-${String(sequence)}`,
  type: 'org.signalbox.referral.requested.v1',
  family: 'referral',
  journey: `journey-${String(sequence)}`,
  sourceorg: 'X9G1P',
  recorded: new Date(Date.UTC(2026, 10, 21, 10, 0, sequence)).toISOString(),
  size: 10,
  digest: 'd',
  findings: [{ path: '/data', rule: 'r', expected: 'e', fix: 'f', doc: '/d' }],
  ...more,
});
const delivery = (event: EventFact): Delivery => ({
  identity: event.identity,
  subscription: 's1',
  journey: event.journey,
  org: 'X9H2T',
  eventtype: event.type,
  publisher: event.sourceorg,
  accepted: event.recorded,
  state: 'waiting',
  since: event.recorded,
  entitled: true,
  attempts: 0,
  step: 0,
});
const reading = (event: EventFact): EventReading => ({
  fact: event,
  identifiers: [{ pseudonym: `p-${event.journey}`, valuepseudonym: `v-${event.journey}` }],
  deliveries: [delivery(event)],
});
const place = (first: number, last: number, more: Partial<Place> = {}): Place => ({
  stream: STREAM,
  first,
  last,
  reader: 'r1',
  opening: false,
  ...more,
});

const hospital = { all: false, ods: 'X9H2T' } as const;

/** The counters as they are kept, and as the rows that they count add up. */
const COUNTED = `
  select 'flow' as what, fromorg || ' ' || toorg || ' ' || type as key, events, delivered, acknowledged,
    d0 + d1 + d2 + d3 + d4 + d5 + d6 + d7 + d8 + d9 + d10 + d11 + d12 + d13 + d14 + d15 + d16 as classed
  from flows where hour is not null and toorg <> ''
  union all select 'door', fromorg || ' ' || type, sum(events), 0, 0, sum(refused) from flows where toorg = '' group by 2
  union all select standing, fromorg || ' ' || toorg || ' ' || type || ' ' || subscription, count, 0, 0, 0
  from standings where count <> 0`;
const ADDED_UP = `
  select 'flow' as what, publisher || ' ' || org || ' ' || eventtype as key, count(*) as events,
    count(delivered) as delivered, count(acknowledged) as acknowledged, count(delivered) as classed
  from deliveries where entitled and accepted is not null group by date_trunc('hour', accepted, 'UTC'), 2
  union all select 'door', sourceorg || ' ' || type, count(*), 0, 0, 0 from events where duplicateof is null group by 2
  union all select standing_of(state, attempts, reason, channel, delivered, acknowledged),
    publisher || ' ' || org || ' ' || eventtype || ' ' || subscription, count(*), 0, 0, 0
  from deliveries where entitled and publisher is not null
    and standing_of(state, attempts, reason, channel, delivered, acknowledged) is not null group by 1, 2`;

describe.each(kinds)('the store on %s', (_kind, open) => {
  let opened: Opened;
  let database: Database;

  beforeAll(async () => {
    opened = await open();
    database = opened.database;
  });
  afterAll(() => opened.close());

  const positionOf = async (stream: string) =>
    (await database.query<{ sequence: number }>('select sequence from positions where stream = $1', [stream]))[0]
      ?.sequence;
  const walked = (filter: ListFilter, more: Partial<Parameters<typeof candidates>[2]>) =>
    candidates(database, walkOf(filter), {
      viewer: hospital,
      filter,
      limit: 100,
      closing: [],
      // A day after what is recorded here, whenever this runs: ages are told from then.
      now: new Date(Date.UTC(2026, 10, 22)),
      ...more,
    });
  const countedRows = async () => {
    const inOrder = (sql: string) => database.query(`select * from (${sql}) c order by what, key, events`);
    const plainly = (rows: readonly object[]) =>
      rows.map((row) =>
        JSON.stringify(row, (_k, v: unknown) => (typeof v === 'string' && /^\d+$/.test(v) ? Number(v) : v)),
      );
    return { kept: plainly(await inOrder(COUNTED)), summed: plainly(await inOrder(ADDED_UP)) };
  };

  it('brings its schema up to date once, also when two start together', async () => {
    const ran = await Promise.all([migrate(database), migrate(database)]);
    const all = readdirSync(MIGRATIONS_FOLDER).length;
    expect(ran.map((numbers) => numbers.length).toSorted()).toEqual([0, all]);
  });

  it('refuses a migration that was changed after it ran, and a schema newer than the program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-migrations-'));
    try {
      await expect(migrate(database, folder)).rejects.toThrow('does not know');
      for (const name of ['0001-journeys.sql', '0002-spans.sql']) writeFileSync(join(folder, name), 'select 1;');
      await expect(migrate(database, folder)).rejects.toThrow('was changed after it ran');
      expect(await migrate(database, MIGRATIONS_FOLDER)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('records a batch once, however often and however mixed it is handed over', async () => {
    const readings = [1, 2, 3].map((sequence) => reading(fact(sequence)));
    expect(await recordEvents(database, place(1, 3), readings)).toMatchObject({ recorded: 3, repeated: 0 });
    expect(await recordEvents(database, place(1, 3), readings)).toMatchObject({ recorded: 0, repeated: 3 });
    const overlapping = [...readings.slice(1), reading(fact(4))];
    expect(await recordEvents(database, place(2, 4), overlapping)).toMatchObject({
      recorded: 1,
      repeated: 2,
      journeys: ['journey-4'],
    });
    expect(await positionOf(STREAM)).toBe(4);
    const facts = await journeyFacts(database, ['journey-1'], LIMITS);
    expect(facts.get('journey-1')?.events).toEqual([fact(1)]);
    expect(facts.get('journey-1')?.deliveries).toEqual([delivery(fact(1))]);
  });

  it('never moves its position back, and writes it with the batch or not at all', async () => {
    await recordEvents(database, place(1, 1), [reading(fact(1))]);
    expect(await positionOf(STREAM)).toBe(4);
    const broken = { ...fact(5), recorded: 'no instant' };
    await expect(recordEvents(database, place(5, 6), [reading(broken), reading(fact(6))])).rejects.toThrow();
    expect(await positionOf(STREAM)).toBe(4);
    expect(await eventsById(database, 'event-6', undefined)).toEqual([]);
  });

  it('notices at its opening that it is older than what it has read, and only then', async () => {
    const later = { ...place(9, 9), opening: true };
    await expect(recordEvents(database, later, [reading(fact(9))])).rejects.toThrow(PositionGap);
    expect(await positionOf(STREAM)).toBe(4);
    await recordEvents(database, { ...later, reader: 'r2' }, [reading(fact(9))]);
    expect(await positionOf(STREAM)).toBe(9);
  });

  it('takes an event whose attributes hold what a database cannot', async () => {
    const odd = fact(10, { id: `nul\u0000lone\ud800${'x'.repeat(9_000)}`, journey: 'odd' });
    await recordEvents(database, place(10, 10), [reading(odd)]);
    const facts = await journeyFacts(database, ['odd'], LIMITS);
    expect(facts.get('odd')?.events[0]?.id).toBe(`nul\ufffdlone\ufffd${'x'.repeat(9_000)}`);
    expect(await eventsById(database, odd.id, undefined)).toHaveLength(1);
  });

  it('adds steps up to deliveries once and in order, and lets two readers of one stream not lose any', async () => {
    const step = (sequence: number, kind: Step['kind'], more: Partial<Step> = {}) => ({
      sequence,
      record: {
        id: `step-${String(sequence)}`,
        kind,
        time: new Date(Date.UTC(2026, 10, 21, 11, 0, sequence)).toISOString(),
        source: 'urn:ods:X9G1P:records',
        eventid: 'event-2',
        type: 'org.signalbox.referral.requested.v1',
        journey: 'journey-2',
        sourceorg: 'X9G1P',
        org: 'X9H2T',
        subscription: 's1',
        ...more,
      },
    });
    const batches = [
      [
        step(1, 'attempt', { attempt: 1, state: 'waiting', reason: 'endpoint-timeout' }),
        step(2, 'delivered', { attempt: 2 }),
      ],
      [step(3, 'acknowledged')],
      [step(1, 'attempt', { attempt: 1, state: 'waiting', reason: 'endpoint-timeout' })],
    ];
    const inSteps = (first: number, last: number) => place(first, last, { stream: 'STEPS' });
    const results = await Promise.all([
      recordSteps(database, inSteps(1, 2), batches[0]!),
      recordSteps(database, inSteps(3, 3), batches[1]!),
      recordSteps(database, inSteps(1, 1), batches[2]!),
    ]);
    expect(results.reduce((sum, { recorded }) => sum + recorded, 0)).toBe(3);
    const [row] = await database.query<Delivery>(
      `select * from deliveries where subscription = 's1' and journey = 'journey-2' and step > 0`,
    );
    expect(row).toMatchObject({ state: 'acknowledged', attempts: expect.any(Number), step: 3 });
    expect(await positionOf('STEPS')).toBe(3);
  });

  it('lists journeys for those who can see them, by their last change, page by page', async () => {
    const first = await walked({}, { limit: 2 });
    const second = await walked({}, { limit: 2, after: first.at(-1)!.cursor });
    expect(first[0]?.journey).toBe('journey-2');
    expect(new Set([...first, ...second].map(({ journey }) => journey)).size).toBe(4);
    expect(await walked({}, { viewer: { all: false, ods: 'X9L3B' } })).toEqual([]);
  });

  it('moves a journey up its lists once in a second, and writes nothing for what changes nothing', async () => {
    const seen = async (at: string) => {
      await sight(database, [{ org: 'X9Z9Z', journey: 'one', at }]);
      return database.query(`select updated, xmin::text as written from sightings where org = 'X9Z9Z'`);
    };
    const first = await seen('2026-11-21T10:00:00.100Z');
    expect(await seen('2026-11-21T10:00:00.900Z')).toEqual(first);
    expect(await seen('2026-11-21T09:59:59.000Z')).toMatchObject([{ updated: first[0]!['updated'] }]);
    expect(await seen('2026-11-21T10:00:01.000Z')).toMatchObject([{ updated: new Date('2026-11-21T10:00:01.000Z') }]);
  });

  it('finds what is under way by each side’s own index, each journey once, and by type what carries the type', async () => {
    const type = 'org.signalbox.referral.requested.v1';
    for (const viewer of [hospital, { all: false, ods: 'X9G1P' }, { all: true }] as const) {
      const open = await walked({ state: 'unacknowledged' }, { viewer });
      const fitting = open.filter(({ fits }) => fits).map(({ journey }) => journey);
      expect(fitting.length).toBeGreaterThan(0);
      expect(new Set(fitting).size).toBe(fitting.length);
      expect((await walked({ type }, { viewer })).filter(({ fits }) => fits).length).toBeGreaterThan(1);
    }
    expect(await walked({ state: 'unacknowledged' }, { viewer: { all: false, ods: 'X9L3B' } })).toEqual([]);
    expect((await walked({ state: 'in-flight', age: '30d' }, {})).length).toBe(0);
  });

  it('counts what flows and what stands as the rows say, though a step came before its event', async () => {
    const late = reading(fact(50));
    const { source, id, type, journey } = late.fact;
    const delivered: Step = {
      ...{ id: 'early', kind: 'delivered', time: '2026-11-21T10:00:51.000Z', source, eventid: id, type, journey },
      ...{ sourceorg: 'X9G1P', org: 'X9H2T', subscription: 's1', attempt: 1 },
    };
    const identity = eventIdentity({ attributes: { source, id }, data: { kind: 'absent' } });
    await recordSteps(database, place(900, 900, { stream: 'STEPS' }), [{ sequence: 900, record: delivered }]);
    const before = await countedRows();
    expect(before.kept).toEqual(before.summed);
    await recordEvents(database, place(50, 50), [{ ...late, fact: { ...late.fact, identity }, deliveries: [] }]);
    const after = await countedRows();
    expect(after.kept).toEqual(after.summed);
    expect(after).not.toEqual(before);
    await recordEvents(database, place(50, 50), [{ ...late, fact: { ...late.fact, identity }, deliveries: [] }]);
    expect(await countedRows()).toEqual(after);
  });

  it('finds events by the hash of an identifier and by that of its value alone, in journeys that the viewer sees', async () => {
    const found = [{ journey: 'journey-1', identity: 'identity-1' }];
    expect(await eventsByPseudonym(database, hospital, 'pseudonym', ['p-journey-1'], 5)).toEqual(found);
    expect(await eventsByPseudonym(database, hospital, 'valuepseudonym', ['other', 'v-journey-1'], 5)).toEqual(found);
    expect(await eventsByPseudonym(database, hospital, 'pseudonym', ['v-journey-1'], 5)).toEqual([]);
    const stranger = { all: false, ods: 'X9L3B' } as const;
    expect(await eventsByPseudonym(database, stranger, 'pseudonym', ['p-journey-1'], 5)).toEqual([]);
  });

  it('keeps spans within bounds, and drops rather than waits', async () => {
    const metrics = new Metrics('test');
    const limits = { hours: 1, stored: 3, waiting: 4 };
    const store = new SpanStore(database, limits, createLog('test', 'silent'), metrics);
    const span = (digit: number) => ({
      traceId: 'e'.repeat(32),
      spanId: String(digit).repeat(16),
      name: `span ${String(digit)}`,
      startTimeUnixNano: String(1_795_255_200_000_000_000n + BigInt(digit) * 1_000_000n),
      endTimeUnixNano: '1795255200100000000',
      attributes: [{ key: 'signalbox.journey', value: { stringValue: 'spanned' } }],
    });
    const request = (digits: number[]) =>
      Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: digits.map(span) }] }] }));
    store.take(request([1, 2, 3, 4, 5, 6]));
    store.take(Buffer.from('not json'));
    await store.flush();
    expect((await store.ofJourney('spanned')).map(({ name }) => name)).toEqual([
      'span 1',
      'span 2',
      'span 3',
      'span 4',
    ]);
    const text = await metrics.render();
    expect(text).toContain('signalbox_ledger_spans_dropped_total{reason="waiting",service="test"} 2');
    expect(text).toContain('signalbox_ledger_spans_dropped_total{reason="unreadable",service="test"} 1');
    store.take(request([7]));
    await store.flush();
    await store.forget();
    expect((await store.ofJourney('spanned')).map(({ name }) => name)).toEqual(['span 3', 'span 4', 'span 7']);
    await database.query(`update spans set received = now() - interval '2 hours'`);
    await store.forget();
    expect(await store.ofJourney('spanned')).toEqual([]);
    await store.close();
  });
});
