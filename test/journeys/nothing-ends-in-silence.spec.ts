import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client, NewSubscription, Reconciliation, Statement } from '@signalbox/client';
import { daysSince, type ExampleEvent, examples, startHouse, type TestHouse, waitFor } from '../support/index.js';

const TYPE = 'org.signalbox.result.reported.v1';
const EVENTS = 12;

/** Receivers that take, refuse, are down, have paused, filter or fetch: every event ends in a named state for each. */
describe('a day with receivers of every manner', () => {
  const example = examples('accepts').find(({ type, event }) => type === TYPE && 'data' in event)!.event;
  const ids = new Map<string, string>();
  const began = new Date();
  let house: TestHouse;
  let server: Server;
  let laboratory: Client;
  let practice: Client;

  const anEvent = (): ExampleEvent => ({
    ...example,
    id: randomUUID(),
    source: 'urn:ods:X9L3B:system',
    correlationid: randomUUID(),
    targetorg: 'X9G1P',
    time: new Date().toISOString(),
  });
  /** The account of an organisation over every day that this has lasted: nobody knows on which side of midnight an event is. */
  const accountOf = async (client: Client, of: (statement: Statement) => Readonly<Record<string, number>>) => {
    const sums: Record<string, number> = {};
    for (const day of daysSince(began)) {
      const statement = await client.proof.statement(day);
      expect(statement.gaps).toEqual([]);
      for (const [name, count] of Object.entries(of(statement))) sums[name] = (sums[name] ?? 0) + count;
    }
    return sums;
  };
  const proven = (): Promise<Reconciliation> => house.operator.proof.reconciliation();

  beforeAll(async () => {
    house = await startHouse({
      env: { SIGNALBOX_PROOF_EVERY_MS: '250', SIGNALBOX_RETRY_DELAYS_MS: '3600000', SIGNALBOX_LOG_LEVEL: 'warn' },
    });
    laboratory = await house.enrol({ ods: 'X9L3B', grants: [['publish', 'org.signalbox.result.*']] });
    practice = await house.enrol({ ods: 'X9G1P', grants: [['subscribe', 'org.signalbox.result.*']] });
    server = createServer((request, response) => {
      if (request.method === 'OPTIONS') return void response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
      request.resume().once('end', () => response.writeHead(Number(request.url?.slice(1))).end());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const make = async (name: string, status: number, filters: NonNullable<NewSubscription['filters']> = []) => {
      const wish = { types: [TYPE], protocol: 'HTTP' as const, sink: `${origin}/${String(status)}` };
      const { id } = await practice.subscriptions.create({ ...wish, filters });
      await waitFor('consent', async () => (await practice.subscriptions.get(id)).status === 'active');
      ids.set(name, id);
    };
    await make('takes', 204);
    await make('refuses', 422);
    await make('is down', 503);
    await make('filters', 204, [{ exact: { subject: 'of no event' } }]);
    await make('pauses', 204);
    await practice.subscriptions.pause(ids.get('pauses')!);
    ids.set('fetches', (await practice.subscriptions.create({ types: [TYPE], protocol: 'PULL' })).id);
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await house.stop();
  });

  it('sums: what was sent, what was accepted, and one state of everything for everyone', async () => {
    const events = Array.from({ length: EVENTS }, anEvent);
    for (const event of events) await laboratory.publish(event);
    await laboratory.publish(events[0]!);
    await expect(laboratory.publish({ ...anEvent(), type: 'org.signalbox.result.imagined.v1' })).rejects.toThrow();
    await practice.subscriptions.pull(ids.get('fetches')!, { limit: 5, waitMs: 0 });

    const states = (sums: Reconciliation, name: string) => {
      const found = sums.subscriptions.find(({ subscription }) => subscription === ids.get(name));
      return Object.fromEntries(Object.entries(found?.states ?? {}).filter(([, count]) => count > 0));
    };
    const expected = {
      takes: { delivered: EVENTS },
      refuses: { parked: EVENTS },
      'is down': { waiting: EVENTS },
      filters: { filtered: EVENTS },
      pauses: { paused: EVENTS },
      fetches: { delivered: 5, waiting: EVENTS - 5 },
    };
    const told = await waitFor('everything to have come to where it ends', async () => {
      const now = await proven();
      const ended = Object.entries(expected).every(([name, wanted]) => same(states(now, name), wanted));
      return ended && now.complete && now;
    });
    expect(told).toMatchObject({ whole: true, gaps: [] });
    expect(told.publishers).toEqual([{ org: 'X9L3B', accepted: EVENTS, read: EVENTS, agrees: true }]);
    for (const { events: due, deliveries, agrees } of told.subscriptions) {
      expect([due, deliveries, agrees]).toEqual([EVENTS, EVENTS, true]);
    }
    // What was refused and repeated is read from streams of their own.
    await waitFor('the account of what was sent', async () => {
      const sent = await accountOf(laboratory, ({ published: { sent, accepted, refused, repeated } }) => {
        return { sent, accepted, refused, repeated };
      });
      expect(sent).toEqual({ sent: EVENTS + 2, accepted: EVENTS, refused: 1, repeated: 1 });
      return true;
    });
    const received = await accountOf(practice, ({ received: { deliveries, states } }) => ({ deliveries, ...states }));
    const sums = { deliveries: 6 * EVENTS, delivered: EVENTS + 5, parked: EVENTS, paused: EVENTS };
    expect(received).toMatchObject(sums);
    const files = await Promise.all(daysSince(began).map((day) => laboratory.proof.statementCsv(day)));
    expect(files.join('')).toContain('published,accepted');
    expect((await practice.proof.workItems()).items).toHaveLength(EVENTS);
    await expect(practice.proof.reconciliation()).rejects.toMatchObject({ code: 'SB-3005' });
  });
});

function same(one: object, other: object): boolean {
  const sorted = (of: object) => JSON.stringify(Object.entries(of).toSorted());
  return sorted(one) === sorted(other);
}
