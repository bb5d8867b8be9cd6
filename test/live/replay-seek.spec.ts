import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import { ReplayExchange } from './replay-rig.js';

describe('a seek', () => {
  let exchange: ReplayExchange;
  beforeAll(async () => {
    exchange = await ReplayExchange.open();
  });
  afterAll(() => exchange.stop());
  afterEach(() => exchange.endSubscriptions());

  const seek = (id: string, to: unknown, dryrun?: boolean) =>
    exchange.ask('POST', `/subscriptions/${id}/seek`, { to, ...(dryrun !== undefined && { dryrun }) });
  const received = (ids: readonly string[], times = 1) =>
    waitFor(`the events to arrive ${String(times)} times`, () =>
      ids.every((one) => exchange.receiver.ids.filter((id) => id === one).length >= times),
    );

  describe('of a subscription that is fetched', () => {
    const pulling = async () => {
      const wish = { types: ['org.signalbox.result.*'], protocol: 'PULL' };
      return (await exchange.ask('POST', '/subscriptions', wish)).json.id as string;
    };
    const pull = async (id: string) => {
      const { json } = await exchange.ask('POST', `/subscriptions/${id}/pull`, {});
      return json as { items: { event: { id: string } }[]; cursor: string };
    };
    const idsOf = ({ items }: { items: { event: { id: string } }[] }) => items.map(({ event }) => event.id);

    it('on passes over what lies between, each with a step that says so', async () => {
      const id = await pulling();
      const skipped = await exchange.publishAll(3);
      expect((await seek(id, 'now')).json).toMatchObject({ dryrun: true, passedover: 3, again: 0 });
      expect(idsOf(await pull(id))).toEqual(skipped);
      expect((await seek(id, 'now', false)).json).toMatchObject({ dryrun: false, passedover: 3, again: 0 });
      const steps = await exchange.stepsOf(id, skipped[2]!, (all) => all.some(({ kind }) => kind === 'filtered'));
      expect(steps.find(({ kind }) => kind === 'filtered')).toMatchObject({
        state: 'filtered',
        reason: 'sought-past',
        by: 'X9G1P:records',
      });
      const next = await exchange.publish();
      expect(idsOf(await pull(id))).toEqual([next]);
    });

    it('back brings what was acknowledged once more', async () => {
      const id = await pulling();
      const before = new Date().toISOString();
      const events = await exchange.publishAll(3);
      const { cursor } = await pull(id);
      expect((await exchange.ask('POST', `/subscriptions/${id}/ack`, { cursor })).status).toBe(204);
      expect(idsOf(await pull(id))).toEqual([]);
      expect((await seek(id, before)).json).toMatchObject({ passedover: 0, again: 3 });
      const { start } = (await seek(id, { time: before }, false)).json as { start: { result: number } };
      expect(idsOf(await pull(id))).toEqual(events);
      await seek(id, { positions: { result: start.result + 2 } }, false);
      expect(idsOf(await pull(id))).toEqual([events[2]]);
    });
  });

  it('of one that is delivered to brings its events again, even from where it had begun', async () => {
    const id = await exchange.subscribe();
    const { start } = (await exchange.ask('GET', `/subscriptions/${id}`)).json as { start: { result: number } };
    const events = await exchange.publishAll(4);
    await received(events);
    const to = { positions: { result: start.result } };
    await waitFor('all to be settled', async () => (await seek(id, to)).json.again === 4);
    expect((await seek(id, to, false)).json).toMatchObject({ passedover: 0, again: 4, start });
    await received(events, 2);
    await waitFor('all to be settled anew', async () => (await seek(id, to)).json.again === 4);
    await seek(id, { positions: { result: start.result + 2 } }, false);
    await received(events.slice(2), 3);
    expect(exchange.receiver.ids.filter((one) => one === events[0])).toHaveLength(2);
  });

  it('of one that is paused passes over what came meanwhile', async () => {
    const id = await exchange.subscribe();
    await exchange.pause(id);
    const skipped = await exchange.publishAll(3);
    expect((await seek(id, 'now')).json).toMatchObject({ passedover: 3, again: 0 });
    await seek(id, 'now', false);
    expect((await seek(id, 'now')).json).toMatchObject({ passedover: 0, again: 0 });
    await exchange.ask('POST', `/subscriptions/${id}/resume`);
    const next = await exchange.publish();
    await received([next]);
    for (const one of skipped) {
      expect(await exchange.untilState(id, one, 'filtered')).toMatchObject({ reason: 'sought-past' });
      expect(exchange.receiver.ids).not.toContain(one);
    }
    const from = { missed: true };
    await exchange.untilState(id, next, 'delivered');
    expect((await exchange.ask('POST', `/subscriptions/${id}/replay`, { from })).json.events).toBe(0);
  });

  it('says what it cannot do', async () => {
    const id = await exchange.subscribe();
    for (const [to, status, code] of [
      ['tomorrow', 400, 'SB-4000'],
      [{ positions: { result: 1_000_000 } }, 422, 'SB-4220'],
      [{ positions: { booking: 1 } }, 422, 'SB-4220'],
    ] as const) {
      const answer = await seek(id, to);
      expect([answer.status, answer.json.code]).toEqual([status, code]);
    }
  });
});
