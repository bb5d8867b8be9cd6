import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type CloudEvent,
  defaultSchemasFolder,
  eventIdentity,
  type Reconciliation,
  type Statement,
  type SubscriptionSum,
  type WorkItem,
  type WorkPage,
} from '@signalbox/contracts';
import { Engine, type Step, type WaitingDelivery, waitingKey } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';
import type { JourneyView } from '../../apps/ledger/src/journeys/journey-view.js';
import { PARKED } from '../../apps/ledger/src/proof/work-table.js';
import type { Database } from '../../apps/ledger/src/store/database.js';
import { behind } from '../../apps/ledger/src/observed.js';
import { openDatabase, type StorePlace } from '../../apps/ledger/src/store/open-database.js';
import { openPostgresql, type PoolLimits } from '../../apps/ledger/src/store/postgresql.js';
import { REASONS } from '../../apps/relay/src/deliveries/reasons.js';
import { waitFor } from '../support/index.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE, REQUESTED, RESPONDED } from './ledger-rig.js';

const BOOKED = 'org.signalbox.booking.booked.v1';
const REFERRAL = 'EVENTS_REFERRAL';
/** Where it is about noon now: no day ends while its statement is asked for. */
const ZONE = zoneOfNoon(new Date());
/** An urgency whose deadline is a second in this file's catalogue, a week for every other. */
const CRITICAL = 'critical';
const ENDS: readonly Step['kind'][] = [
  'delivered',
  'acknowledged',
  'filtered',
  'suppressed',
  'parked',
  'handled-outside',
];

const idOf = (event: CloudEvent) => String(event.attributes['id']);
const pathOf = (event: CloudEvent) => `/journeys/${String(event.attributes['correlationid'])}`;

const url = process.env['LEDGER_DATABASE_URL'];
const kinds = ['the embedded database', ...(url === undefined ? [] : ['PostgreSQL'])];

describe.each(kinds)('the proof that nothing ends in silence, on %s', (kind) => {
  let exchange: LedgerExchange;
  let place: StorePlace;
  let forget: () => Promise<void> = () => Promise.resolve();
  let environment: Record<string, string>;
  const hospital = { org: HOSPITAL, subscription: 'hospital', channel: 'HTTP' } as const;
  const waiting: CloudEvent[] = [];

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    const limits = { connections: 4, connectTimeout: 5_000, statementTimeout: 20_000 };
    const own = kind === 'PostgreSQL' ? await ownSchema(url!, limits) : undefined;
    forget = own?.drop ?? forget;
    place = { ...limits, url: own?.url, folder: join(exchange.folder.path, 'ledger') };
    environment = {
      ...(own && { LEDGER_DATABASE_URL: own.url }),
      SIGNALBOX_PROOF_EVERY_MS: '100',
      SIGNALBOX_CONSOLE_TIME_ZONE: ZONE,
      // Alerts are told by events, which would be in the sums.
      SIGNALBOX_ALERT_EVERY_MS: '3600000',
      SIGNALBOX_SCHEMAS_FOLDER: hurriedCatalogue(exchange.folder.path),
    };
    await exchange.registry.changeOrganisation(HOSPITAL, (now) => ({ ...now, contact: 'referrals@hospital.example' }));
    await exchange.subscribe('hospital', HOSPITAL);
    await exchange.subscribe('laboratory', LABORATORY, { status: 'paused', types: [REQUESTED] });
    await exchange.open(environment);
  });
  afterAll(async () => {
    await exchange.stop();
    await forget();
  });

  const accept = (attributes: Record<string, string> = {}, type = REQUESTED) =>
    exchange.accept({ type, attributes: { correlationid: randomUUID(), ...attributes } });
  const proof = () => exchange.json<Reconciliation>(OPERATOR_ORG, '/reconciliation').then(({ body }) => body);
  const items = (ods: string) => exchange.json<WorkPage>(ods, '/work-items').then(({ body }) => body.items);
  const today = () => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(new Date());

  /** The sums of passes that began after everything that has happened up to now was read. */
  async function provenNow(): Promise<Reconciliation> {
    const wanted = new Map<string, number>();
    for (const stream of [REFERRAL, 'EVENTS_BOOKING', 'STEPS', 'REJECTED'])
      wanted.set(stream, await exchange.engine.lastSequence(stream));
    const since = new Date().toISOString();
    return waitFor('passes over everything', async () => {
      const told = await proof();
      const passed = ({ stream, last, began }: Reconciliation['streams'][number]) =>
        last >= (wanted.get(stream) ?? 0) && began > since;
      return told.complete && told.streams.every(passed) && told;
    });
  }
  const sumOf = ({ subscriptions }: Reconciliation, id: string): SubscriptionSum =>
    subscriptions.find(({ subscription }) => subscription === id)!;
  const named = ({ states }: SubscriptionSum) =>
    Object.fromEntries(Object.entries(states).filter(([, count]) => count > 0));

  async function inDatabase<T>(look: (database: Database) => Promise<T>): Promise<T> {
    await exchange.close();
    const database = await openDatabase(place, () => undefined);
    try {
      return await look(database);
    } finally {
      await database.close();
    }
  }

  it('gives every event one state for every subscription of its type, and sums that agree with the engine', async () => {
    for (const kind of ENDS) {
      const event = await accept();
      await exchange.step(event, kind, { ...hospital, ...(kind === 'parked' && { reason: 'endpoint-refused' }) });
    }
    for (let count = 0; count < 3; count++) waiting.push(await accept());
    await accept({ targetorg: HOSPITAL }, BOOKED);
    await exchange.refuse();
    await exchange.step(waiting[0]!, 'duplicate');

    const told = await waitFor('all steps to be in the sums', async () => {
      const sums = await provenNow();
      return sumOf(sums, 'hospital').states.waiting === 4 && sums;
    });
    expect(told).toMatchObject({ complete: true, whole: true, gaps: [] });
    expect(told.sentences.at(-1)).toBe('Everything sums; nothing is missing.');
    expect(told.publishers).toEqual([{ org: PRACTICE, accepted: 10, read: 10, agrees: true }]);
    expect(told.streams.map(({ agrees }) => agrees)).toEqual(told.streams.map(() => true));
    const ends = Object.fromEntries(ENDS.map((kind) => [kind, 1]));
    expect(sumOf(told, 'hospital')).toMatchObject({ events: 10, deliveries: 10, agrees: true });
    expect(named(sumOf(told, 'hospital'))).toEqual({ ...ends, waiting: 4 });
    expect(named(sumOf(told, 'laboratory'))).toEqual({ paused: 9 });
    expect((await exchange.json(HOSPITAL, '/reconciliation')).status).toBe(403);
  });

  it('accounts for the day of each organisation as it was, to itself and the operator only', async () => {
    const { body } = await exchange.json<Statement>(PRACTICE, `/statements/${today()}`);
    expect(body.published).toMatchObject({ sent: 12, accepted: 10, refused: 1, repeated: 1 });
    expect(body.published.refusals).toEqual([{ code: 'SB-2003', count: 1 }]);
    expect(body.published.types).toContainEqual({ type: BOOKED, accepted: 1, refused: 0, repeated: 0 });
    // What receivers filter or may not have is not the publisher's to know.
    expect(body.published.deliveries).toMatchObject({
      deliveries: 17,
      states: { delivered: 1, parked: 1, waiting: 4, paused: 9, filtered: 0, suppressed: 0 },
    });
    const own = (await exchange.json<Statement>(HOSPITAL, `/statements/${today()}`)).body;
    expect(own.received).toMatchObject({ deliveries: 10, states: { filtered: 1, suppressed: 1, waiting: 4 } });
    expect(own.published.sent).toBe(0);
    const path = `/statements/${today()}?org=${PRACTICE}`;
    expect((await exchange.json<Statement>(OPERATOR_ORG, path)).body.published).toEqual(body.published);
    expect((await exchange.json(HOSPITAL, path)).status).toBe(404);
    expect((await exchange.json(HOSPITAL, '/statements/2026-02-30')).body).toMatchObject({ code: 'SB-4000' });
    expect((await exchange.json<Statement>(HOSPITAL, '/statements/2020-01-01')).body).toMatchObject({
      complete: true,
      published: { sent: 0 },
      received: { deliveries: 0 },
    });
  });

  it('writes a statement as CSV with the same numbers', async () => {
    const headers = { authorization: `Bearer ${await exchange.token(PRACTICE)}`, accept: 'text/csv' };
    const answer = await exchange.get(`/statements/${today()}`, headers);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [header, ...rows] = (await answer.text()).trimEnd().split('\r\n');
    expect(header).toBe('date,zone,organisation,asof,side,measure,code,type,count');
    const sum = (side: string, measure: string) =>
      rows
        .map((row) => row.split(','))
        .filter((row) => row[4] === side && row[5] === measure)
        .reduce((total, row) => total + Number(row[8]), 0);
    expect([sum('published', 'accepted'), sum('published', 'refused'), sum('own-events', 'paused')]).toEqual([
      10, 1, 9,
    ]);
  });

  it('names what its database has lost, sounds the alarm, makes it good from what is on disk, and closes it', async () => {
    const before = await proof();
    const lost = await inDatabase(async (database) => {
      const [delivered] = await database.query<{ identity: string }>(
        `delete from deliveries where subscription = 'hospital' and state = 'delivered' returning identity`,
      );
      const [unread] = await database.query<{ identity: string; id: string; sequence: number }>(
        `delete from events where sequence = 4 and stream = '${REFERRAL}' returning identity, id, sequence`,
      );
      await database.query('delete from deliveries where identity = $1', [unread!.identity]);
      await database.query(`delete from steps where kind = 'acknowledged'`);
      await database.query('delete from refusals');
      const [event] = await database.query<{ id: string }>('select id from events where identity = $1', [
        delivered!.identity,
      ]);
      return { delivered: event!.id, unread: unread!.id };
    });
    await exchange.open(environment);
    const told = await waitFor('every gap to be named and closed', async () => {
      const now = await proof();
      return now.whole && now.closed.length >= 4 && now;
    });
    expect(told.closed).toContainEqual(
      expect.objectContaining({ kind: 'delivery-missing', eventid: lost.delivered, subscription: 'hospital' }),
    );
    expect(told.closed).toContainEqual(
      expect.objectContaining({
        kind: 'event-unread',
        eventid: lost.unread,
        stream: REFERRAL,
        sequence: 4,
        org: PRACTICE,
      }),
    );
    expect(told.closed.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['step-unread', 'refusal-unread']));
    const metrics = await (await exchange.get('/metrics')).text();
    expect(metrics).toMatch(/signalbox_ledger_gaps_found_total\{kind="event-unread",service="ledger"\} 1/);

    const after = await provenNow();
    expect(after.whole).toBe(true);
    for (const id of ['hospital', 'laboratory']) expect(sumOf(after, id)).toEqual(sumOf(before, id));
    const { body } = await exchange.json<Statement>(PRACTICE, `/statements/${today()}`);
    expect(body.published).toMatchObject({ sent: 12, accepted: 10, refused: 1, repeated: 1 });
  });

  it('names a delivery that waits though nobody is going to make it, and says so until it is made', async () => {
    const inRoom = waiting[0]!;
    const room = await exchange.engine.kv('WAITING');
    const position = await positionOf(exchange, inRoom);
    const place = { subscription: 'hospital', stream: REFERRAL, sequence: position };
    const entry: WaitingDelivery = {
      ...place,
      cause: 'retry',
      key: 'k',
      stored: new Date().toISOString(),
      attempts: 1,
    };
    await room.put(waitingKey(place), JSON.stringify(entry));
    await settleInSilence(exchange, REFERRAL);

    const adrift = waiting.slice(1).map(idOf);
    const told = await waitFor('the deliveries that nobody makes to be named', async () => {
      const now = await proof();
      return now.gaps.length === adrift.length && now;
    });
    expect(told.gaps.map(({ kind, eventid, subscription }) => [kind, eventid, subscription])).toEqual(
      expect.arrayContaining(adrift.map((id) => ['delivery-adrift', id, 'hospital'])),
    );
    expect(told.whole).toBe(false);
    const health = (await (await exchange.get('/health/ready')).json()) as {
      components: { proof: { state: string; sentence: string } };
    };
    expect(health.components.proof).toMatchObject({ state: 'degraded' });
    expect(health.components.proof.sentence).toMatch(/^2 gaps open; the oldest at EVENTS_REFERRAL:/);
    expect((await exchange.json<Statement>(HOSPITAL, `/statements/${today()}`)).body.gaps).toHaveLength(2);
    expect((await exchange.json<Statement>(PRACTICE, `/statements/${today()}`)).body.gaps).toEqual([]);

    for (const event of waiting) await exchange.step(event, 'delivered', hospital);
    await room.delete(waitingKey(place));
    await waitFor('the gaps to be closed', async () => (await proof()).whole);
  });

  it('makes a work item of what is not delivered in time, for whoever has to act, until it is delivered', async () => {
    const late = await accept({ urgency: CRITICAL });
    await exchange.until<JourneyView>(HOSPITAL, pathOf(late), ({ events }) =>
      Boolean(events[0]?.deliveries.some(({ org, state }) => org === HOSPITAL && state === 'expired')),
    );
    const of = (found: readonly WorkItem[], receiver: string) =>
      found.find(({ event, receiver: ods }) => event.id === idOf(late) && ods === receiver);
    const item = of(await items(HOSPITAL), HOSPITAL);
    expect(item).toMatchObject({
      kind: 'expired',
      reason: 'deadline-missed',
      owner: { ods: HOSPITAL, side: 'receiver' },
      yours: true,
      contact: { ods: PRACTICE },
      subscription: 'hospital',
      repeats: 1,
    });
    const asPublisher = of(await items(PRACTICE), HOSPITAL);
    expect(asPublisher).toMatchObject({ yours: false, contact: { contact: 'referrals@hospital.example' } });
    expect(asPublisher).not.toHaveProperty('subscription');
    const paused = await waitFor('the item of a paused subscription', async () =>
      of(await items(LABORATORY), LABORATORY),
    );
    expect(paused.next).toBe('Resume the subscription.');

    await exchange.step(late, 'attempt', { ...hospital, attempt: 7, state: 'waiting', reason: 'endpoint-timeout' });
    await exchange.until<JourneyView>(PRACTICE, pathOf(late), ({ events }) =>
      Boolean(events[0]?.deliveries.some(({ attempts, state }) => attempts === 7 && state === 'expired')),
    );
    await exchange.step(late, 'delivered', { ...hospital, attempt: 8 });
    await waitFor('the item to be gone', async () => of(await items(HOSPITAL), HOSPITAL) === undefined);
    const told = await provenNow();
    expect(told.whole).toBe(true);
    expect(named(sumOf(told, 'laboratory'))).toEqual({ paused: 9, expired: 1 });
  });

  it('knows whose move it is for every reason that the relay parks with', () => {
    const ending = Object.keys(REASONS).filter((reason) => !reason.startsWith('other-') && reason !== 'no-match');
    expect(ending.filter((reason) => !(reason in PARKED) && !KNOWN_ELSEWHERE.has(reason))).toEqual([]);
  });

  it('puts on record what a subscription was given while the ledger was away, and counts an added type from where it was', async () => {
    await exchange.close();
    await exchange.subscribe('later', HOSPITAL, { types: [RESPONDED], protocol: 'PULL', start: { referral: 1 } });
    await exchange.open(environment);
    const answer = await accept({}, RESPONDED);
    await waitFor('the answer to be in the sums', async () => sumOf(await provenNow(), 'later').events === 1);
    const cursors = await exchange.engine.kv('CURSORS');
    await exchange.step(answer, 'delivered', { ...hospital, subscription: 'later' });
    await exchange.step(answer, 'delivered', hospital);
    await cursors.put('later', JSON.stringify({ referral: await positionOf(exchange, answer) }));
    await exchange.registry.changeSubscription('later', (now) => ({ ...now, types: [RESPONDED, REQUESTED] }));
    const next = await accept();
    const told = await waitFor('the next request to be in the sums', async () => {
      const sums = await provenNow();
      return sumOf(sums, 'later').events === 2 && sumOf(sums, 'later').states.delivered === 1 && sums;
    });
    expect(named(sumOf(told, 'later'))).toEqual({ delivered: 1, waiting: 1 });
    // What it passes by because it does not ask for it any more is filtered, and a step says so: it does not wait for ever.
    await exchange.registry.changeSubscription('later', (now) => ({ ...now, types: [RESPONDED] }));
    await cursors.put('later', JSON.stringify({ referral: await positionOf(exchange, next) }));
    const view = await exchange.until<JourneyView>(OPERATOR_ORG, pathOf(next), ({ events }) =>
      Boolean(
        events[0]?.deliveries.some(({ subscription, state }) => subscription === 'later' && state === 'filtered'),
      ),
    );
    expect(view.events[0]?.steps).toContainEqual(expect.objectContaining({ kind: 'filtered', reason: 'other-type' }));
    await exchange.step(next, 'delivered', hospital);
    await exchange.step(next, 'delivered', { org: LABORATORY, subscription: 'laboratory' });
  });

  it('takes no retention for a loss, and says of what was left behind that it was not delivered', async () => {
    const before = await provenNow();
    expect(before.whole).toBe(true);
    const forgetful = await Engine.connect({
      servers: exchange.nats.url,
      ...exchange.nats.users.gateway,
      name: 'forgetful',
      log: createLog('test', 'silent'),
      topology: { retentionDays: 1 / 86_400, rejectedRetentionDays: 1 / 86_400, duplicateWindowMs: 500 },
    });
    await forgetful.ensureTopology();
    await forgetful.drain();
    const told = await waitFor('everything to have left its stream, and to be told of', async () => {
      const now = await proof();
      const empty = now.streams.every(({ stream, messages }) => messages === 0 || !stream.startsWith('EVENTS_'));
      return empty && now.whole && (await items(LABORATORY)).length >= 9 && now;
    });
    expect(told.gaps).toEqual([]);
    // Nobody has to wait for what is not kept any more.
    expect(await exchange.engine.lastSequence(REFERRAL)).toBeGreaterThan(0);
    expect(await exchange.engine.newestKept(REFERRAL)).toBe(0);
    // Nor does a new database, which never reads what was there.
    const unread = await inDatabase(async (database) => {
      await database.query('delete from positions where stream = $1', [REFERRAL]);
      return behind(exchange.engine, database);
    });
    expect(unread.get(REFERRAL)).toBe(0);
    await exchange.open(environment);
    const left = (await items(LABORATORY)).filter(({ reason }) => reason === 'retention-over');
    expect(left.length).toBeGreaterThanOrEqual(9);
    expect(left[0]).toMatchObject({ kind: 'expired', owner: { ods: PRACTICE, side: 'publisher' } });
  });
});

/** A schema of its own in a server, so that nothing that is there is touched. */
async function ownSchema(server: string, limits: PoolLimits): Promise<{ url: string; drop: () => Promise<void> }> {
  const owner = await openPostgresql(server, limits, () => undefined);
  const schema = `signalbox_test_${randomUUID().replaceAll('-', '')}`;
  await owner.script(`create schema ${schema}`);
  const own = new URL(server);
  own.searchParams.set('options', `-c search_path=${schema}`);
  const drop = async () => {
    await owner.script(`drop schema ${schema} cascade`);
    await owner.close();
  };
  return { url: own.href, drop };
}

/** Reasons that end a delivery otherwise than by parking it. */
const KNOWN_ELSEWHERE: ReadonlySet<string> = new Set(['retention-over']);

/** In the names of these zones the sign is that of UTC seen from there. */
function zoneOfNoon(now: Date): string {
  const behind = now.getUTCHours() - 12;
  return `Etc/GMT${behind < 0 ? '-' : '+'}${String(Math.abs(behind))}`;
}

/** The catalogue, but with a second for what is critical. */
function hurriedCatalogue(below: string): string {
  const folder = join(below, 'schemas');
  cpSync(defaultSchemasFolder(), folder, { recursive: true });
  const path = join(folder, 'referral', 'requested', 'v1', 'type.json');
  const type = JSON.parse(readFileSync(path, 'utf8')) as { deadlines: { delivery: Record<string, string> } };
  type.deadlines.delivery[CRITICAL] = 'PT1S';
  writeFileSync(path, JSON.stringify(type));
  return folder;
}

async function positionOf(exchange: LedgerExchange, event: CloudEvent): Promise<number> {
  const last = await exchange.engine.lastSequence(REFERRAL);
  for (let sequence = last; sequence > 0; sequence--) {
    const stored = await exchange.engine.events.get(REFERRAL, sequence);
    if (stored !== undefined && eventIdentity(stored.event) === eventIdentity(event)) return sequence;
  }
  throw new Error('The event does not lie in the stream of referrals.');
}

/** Has the queue of a subscription hand everything out, and settles it without a word: what a relay with a fault would do. */
async function settleInSilence(exchange: LedgerExchange, stream: string): Promise<void> {
  const types = ['org.signalbox.*'];
  const queue = await exchange.engine.deliveries({ id: 'hospital', family: 'referral', types, startSequence: 0 });
  const last = await exchange.engine.lastSequence(stream);
  for await (const item of queue!.items()) {
    item.ack();
    if (item.sequence === last) break;
  }
  await queue!.stop();
}
