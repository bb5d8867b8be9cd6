import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeStructured } from '@signalbox/contracts';
import { waitFor } from '../support/index.js';
import { PRACTICE, ReplayExchange } from './replay-rig.js';

describe('a replay', () => {
  let exchange: ReplayExchange;
  beforeAll(async () => {
    exchange = await ReplayExchange.open();
  });
  afterAll(() => exchange.stop());
  afterEach(() => exchange.endSubscriptions());

  const plan = (id: string, wish: object) => exchange.ask('POST', `/subscriptions/${id}/replay`, wish);
  const received = (ids: readonly string[]) =>
    waitFor('the events to arrive', () => ids.every((one) => exchange.receiver.ids.includes(one)));
  const eventsOf = (replay: string) => exchange.replayed(replay).map(({ event }) => String(event.attributes['id']));

  it('says first what it would send, and sends nothing', async () => {
    const from = { time: new Date().toISOString() };
    const id = await exchange.subscribe();
    const journey = randomUUID();
    const sent = [...(await exchange.publishAll(3, journey)), ...(await exchange.publishAll(2))];
    await received(sent);
    for (const one of sent) await exchange.untilState(id, one, 'delivered');
    const before = exchange.receiver.received.length;
    const { status, json } = await plan(id, { from, rate: 2 });
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ dryrun: true, events: 5, journeys: 3, duplicates: 5, rate: 2, seconds: 3 }),
    ]);
    expect(json.bytes).toBeGreaterThan(5 * 30);
    expect(json).not.toHaveProperty('keptsince');
    expect((await exchange.ask('GET', `/subscriptions/${id}/replays`)).json).toEqual({ items: [] });
    expect(exchange.receiver.received).toHaveLength(before);
  });

  it('sends them again in order, no faster than its rate, marked beside the event and never inside', async () => {
    const id = await exchange.subscribe();
    const journey = randomUUID();
    const sent = await exchange.publishAll(8, journey);
    await received(sent);
    const first = exchange.receiver.received.filter(({ event }) => sent.includes(String(event.attributes['id'])));
    await exchange.untilSettled(id, { journey }, 8);
    const began = Date.now();
    const replay = await exchange.replay(id, { from: { journey }, rate: 10 });
    const ended = await exchange.untilReplay(id, replay, 'done');
    expect(Date.now() - began).toBeGreaterThan(500);
    expect(ended).toMatchObject({ selection: 'journey', planned: 8, done: 8, gone: 0, passed: 0, by: 'X9G1P:records' });
    expect(eventsOf(replay)).toEqual(sent);
    const bytes = (all: typeof first) => all.map(({ event }) => Buffer.from(encodeStructured(event)).toString());
    const again = exchange.replayed(replay);
    expect(bytes(again)).toEqual(bytes(first));
    expect(again.map((one) => one.id)).toEqual(first.map((one) => one.id));
    const steps = await exchange.stepsOf(id, sent[0]!, (all) => all.some((step) => step.replay === replay));
    expect(steps.filter(({ kind }) => kind === 'delivered').map((step) => step.replay)).toEqual([undefined, replay]);
  });

  it('is not overtaken by live events of the same key, and holds no other key up', async () => {
    const id = await exchange.subscribe();
    const from = { time: new Date().toISOString() };
    const journey = randomUUID();
    const sent = await exchange.publishAll(8, journey);
    await received(sent);
    await exchange.untilSettled(id, from, 8);
    const goOn = exchange.holdReplays(3);
    const replay = await exchange.replay(id, { from, rate: 100 });
    await waitFor('the replay to be held up', () => eventsOf(replay).length === 3);
    const [same, other] = [await exchange.publish(journey), await exchange.publish()];
    await received([other]);
    expect(exchange.receiver.ids).not.toContain(same);
    expect(eventsOf(replay)).toHaveLength(3);
    goOn();
    await received([same]);
    const order = exchange.receiver.ids;
    expect(eventsOf(replay)).toEqual(sent);
    expect(order.lastIndexOf(same)).toBeGreaterThan(order.lastIndexOf(sent[7]!));
    expect(order.indexOf(other)).toBeLessThan(order.lastIndexOf(sent[7]!));
    await exchange.untilReplay(id, replay, 'done');
  });

  it('of what was missed sends what the receiver refused, and nothing that it has', async () => {
    const id = await exchange.subscribe();
    const taken = await exchange.publish();
    await received([taken]);
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(422).end();
    const refused = await exchange.publishAll(3);
    for (const one of refused) await exchange.untilState(id, one, 'parked');
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    const later = await exchange.publish();
    await received([later]);
    for (const one of [taken, later]) await exchange.untilState(id, one, 'delivered');
    const from = { missed: true };
    expect((await plan(id, { from })).json).toMatchObject({ events: 3, duplicates: 0, journeys: 3 });
    const replay = await exchange.replay(id, { from });
    await exchange.untilReplay(id, replay, 'done');
    expect(eventsOf(replay)).toEqual(refused);
    for (const one of refused) await exchange.untilState(id, one, 'delivered');
    expect((await plan(id, { from })).json.events).toBe(0);
  });

  it('goes on after the last thing it noted when another relay takes over, leaving none out', async () => {
    const id = await exchange.subscribe();
    const from = { time: new Date().toISOString() };
    const journeys = [randomUUID(), randomUUID()];
    const sent: string[] = [];
    for (let at = 0; at < 24; at++) sent.push(await exchange.publish(journeys[at % 2]));
    await received(sent);
    await exchange.untilSettled(id, from, 24);
    const replay = await exchange.replay(id, { from, rate: 20 });
    await waitFor('the replay to be under way', () => eventsOf(replay).length >= 6);
    await exchange.stopRelay();
    const before = eventsOf(replay).length;
    await exchange.startRelay();
    const ended = await exchange.untilReplay(id, replay, 'done');
    expect(ended).toMatchObject({ planned: 24, done: 24, gone: 0 });
    const came = eventsOf(replay);
    expect(new Set(came)).toEqual(new Set(sent));
    expect(came.length - 24).toBeLessThan(before);
    for (const journey of [0, 1]) {
      const own = sent.filter((_one, at) => at % 2 === journey);
      const firsts = [...new Set(came.filter((one) => own.includes(one)))];
      expect(firsts).toEqual(own);
    }
  });

  it('is one at a time, and cancelled sends nothing more', async () => {
    const id = await exchange.subscribe();
    const from = { time: new Date().toISOString() };
    const sent = await exchange.publishAll(10);
    await received(sent);
    await exchange.untilSettled(id, from, 10);
    // Would take ten seconds.
    const replay = await exchange.replay(id, { from, rate: 1 });
    const path = `/subscriptions/${id}/replays/${replay}`;
    // What is received is noted later, and not if the replay is cancelled before.
    await waitFor('two to be noted', async () => (await exchange.ask('GET', path)).json.done >= 2);
    const second = await plan(id, { from, dryrun: false });
    expect([second.status, second.json.code]).toEqual([409, 'SB-4092']);
    expect((await exchange.ask('POST', `/subscriptions/${id}/seek`, { to: 'now' })).json.code).toBe('SB-4092');
    expect((await exchange.ask('DELETE', path)).status).toBe(204);
    const { status, done } = (await exchange.ask('GET', path)).json;
    expect(status).toBe('cancelled');
    expect(done).toBeLessThan(10);
    // Whatever it held back goes on: a live event arrives.
    await received([await exchange.publish()]);
    expect(eventsOf(replay).length).toBeLessThan(10);
  });

  it('waits while the subscription is paused', async () => {
    const id = await exchange.subscribe();
    const from = { time: new Date().toISOString() };
    const sent = await exchange.publishAll(2);
    await received(sent);
    await exchange.untilSettled(id, from, 2);
    await exchange.ask('POST', `/subscriptions/${id}/pause`);
    const replay = await exchange.replay(id, { from });
    expect((await exchange.untilReplay(id, replay, 'paused')).done).toBe(0);
    await exchange.ask('POST', `/subscriptions/${id}/resume`);
    await exchange.untilReplay(id, replay, 'done');
    expect(eventsOf(replay).sort()).toEqual(sent.sort());
  });

  it('says what it cannot do, and why', async () => {
    const id = await exchange.subscribe();
    const pulling = await exchange.ask('POST', '/subscriptions', {
      types: ['org.signalbox.result.*'],
      protocol: 'PULL',
    });
    const from = { time: new Date().toISOString() };
    const refusals: [path: string, body: object, status: number, code: string][] = [
      [pulling.json.id, { from }, 422, 'SB-4220'],
      [id, { from: { time: 'yesterday' } }, 400, 'SB-4000'],
      [id, { from: { missed: false } }, 400, 'SB-4000'],
      [id, { from: { positions: { referral: 1 } } }, 422, 'SB-4220'],
      [id, { from, rate: 1_000_000 }, 422, 'SB-4220'],
      [id, { from, dryrun: false }, 422, 'SB-4220'],
      [randomUUID(), { from }, 404, 'SB-4040'],
    ];
    for (const [subscription, body, status, code] of refusals) {
      const answer = await plan(subscription, body);
      expect([answer.status, answer.json.code]).toEqual([status, code]);
    }
    expect((await plan(pulling.json.id as string, { from })).json.detail).toContain('/seek');
    const other = await exchange.house.json(
      'POST',
      `/subscriptions/${id}/replay`,
      { ods: 'X9H2T', application: 'tie' },
      { from },
    );
    expect(other.status).toBe(404);
  });

  it('cannot tell repetitions without the ledger, and says so; it starts all the same', async () => {
    const id = await exchange.subscribe();
    const from = { time: new Date().toISOString() };
    const sent = await exchange.publish();
    await received([sent]);
    await exchange.untilSettled(id, from, 1);
    await exchange.stopLedger();
    expect((await plan(id, { from })).json.code).toBe('SB-5032');
    expect((await plan(id, { from: { missed: true }, dryrun: false })).json.code).toBe('SB-5032');
    const replay = await exchange.replay(id, { from });
    await exchange.untilReplay(id, replay, 'done');
    expect(eventsOf(replay)).toEqual([sent]);
    await exchange.startLedger();
  });

  it('tells that its range begins before what is kept, and counts what left while it ran', async () => {
    const id = await exchange.subscribe();
    const from = { time: new Date().toISOString() };
    const early = await exchange.publishAll(30);
    await received(early);
    await exchange.untilSettled(id, from, 30);
    // Would take six seconds.
    const replay = await exchange.replay(id, { from, rate: 5 });
    await waitFor('the replay to be under way', () => eventsOf(replay).length >= 2);
    await exchange.letLeave();
    const ended = await exchange.untilReplay(id, replay, 'done');
    const { done, gone } = ended as { done: number; gone: number };
    expect(gone).toBeGreaterThan(0);
    expect(done + gone).toBe(30);
    const late = await exchange.publish();
    await received([late]);
    await exchange.untilSettled(id, from, 1);
    const told = await plan(id, { from, to: { time: new Date(Date.now() + 1_000).toISOString() } });
    expect(told.json).toMatchObject({ events: 1, keptsince: expect.any(String) as unknown });
    expect(Date.parse(told.json.keptsince as string)).toBeGreaterThan(Date.parse(from.time));
    expect((await exchange.ask('GET', `/subscriptions/${id}/replays`, undefined, PRACTICE)).json.items).toHaveLength(1);
  });
});
