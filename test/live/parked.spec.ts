import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import { COLLEAGUE, HOSPITAL, ReplayExchange } from './replay-rig.js';

const SOURCE = 'urn:ods:X9H2T:tie';

describe('parked deliveries', () => {
  let exchange: ReplayExchange;
  beforeAll(async () => {
    exchange = await ReplayExchange.open({ SIGNALBOX_BULK_SECOND_PERSON: '2', SIGNALBOX_PARKED_ACTS_AT_ONCE: '2' });
  });
  afterAll(() => exchange.stop());
  afterEach(() => exchange.endSubscriptions());

  const act = (id: string, what: string, body: object) =>
    exchange.ask('POST', `/subscriptions/${id}/parked/${what}`, body);
  const groups = async (id: string) => (await exchange.ask('GET', `/subscriptions/${id}/parked`)).json.items;
  const named = (...ids: string[]) => ({ events: ids.map((id) => ({ source: SOURCE, id })) });
  const arrived = (ids: readonly string[]) =>
    waitFor('the events to arrive', () => ids.every((one) => exchange.receiver.ids.includes(one)));

  /** Events that the endpoint refuses, so that they are parked, and then a mended endpoint. */
  async function park(id: string, count: number, status = 422): Promise<string[]> {
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(status).end('no such clinic');
    const ids = await exchange.publishAll(count);
    for (const one of ids) await exchange.untilState(id, one, 'parked');
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    exchange.receiver.received.length = 0;
    return ids;
  }

  it('are grouped by cause, with whose move it is, since when, and a sample; one cause is listed one by one', async () => {
    const id = await exchange.subscribe();
    // One after the other, for they are in order to the millisecond.
    const refused = [...(await park(id, 1)), ...(await park(id, 1))];
    const [group, ...others] = await groups(id);
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      reason: 'endpoint-refused',
      sentence: expect.stringMatching(/refused/) as unknown,
      count: 2,
      attempts: 2,
      journeys: 2,
      owner: { side: 'receiver', ods: 'X9G1P', name: 'Organisation X9G1P' },
      sample: { id: refused[1], status: 422, answer: 'no such clinic' },
    });
    expect(group.first <= group.last).toBe(true);
    const { json } = await exchange.ask('GET', `/subscriptions/${id}/parked?reason=endpoint-refused`);
    expect(json.items.map((one: { id: string }) => one.id)).toEqual(refused);
    expect((await exchange.ask('GET', `/subscriptions/${id}/parked?reason=other`)).json.items).toEqual([]);
    expect((await exchange.ask('GET', `/subscriptions/${id}/parked`, undefined, HOSPITAL)).status).toBe(404);
  });

  it('are retried one by one or by cause after a dry run that changes nothing, and who did it is recorded first', async () => {
    const id = await exchange.subscribe();
    const [first, second] = (await park(id, 2)) as [string, string];
    const selection = { reason: 'endpoint-refused' };
    expect((await act(id, 'retry', { selection })).json).toEqual({
      dryrun: true,
      act: 'retry',
      deliveries: 2,
      duplicates: 0,
      more: false,
      secondperson: false,
    });
    expect((await groups(id))[0].count).toBe(2);
    const one = await act(id, 'retry', { selection: named(first), dryrun: false, note: 'the clinic is there now' });
    expect(one.json).toMatchObject({ dryrun: false, deliveries: 1, changed: 1, gone: 0 });
    await exchange.untilState(id, first, 'delivered');
    const steps = await exchange.stepsOf(id, first, (all) => all.some(({ kind }) => kind === 'delivered'));
    expect(steps.map(({ kind, state }) => [kind, state])).toEqual([
      ['attempt', 'delivering'],
      ['parked', 'parked'],
      ['retried', 'waiting'],
      ['delivered', 'delivered'],
    ]);
    expect(steps[2]).toMatchObject({ by: 'X9G1P:records', note: 'the clinic is there now' });
    expect(exchange.receiver.ids).toEqual([first]);
    await act(id, 'retry', { selection, dryrun: false });
    await exchange.untilState(id, second, 'delivered');
    expect(await groups(id)).toEqual([]);
    expect((await act(id, 'retry', { selection: named(first), dryrun: false })).json.code).toBe('SB-4040');
  });

  it('may be duplicates where an attempt ended without an answer, and the dry run counts them', async () => {
    const id = await exchange.subscribe();
    await park(id, 1);
    exchange.receiver.answer = (_request, answer) => void answer.destroy();
    const silent = await exchange.publish();
    await exchange.untilState(id, silent, 'parked');
    const { json } = await act(id, 'retry', { selection: { all: true } });
    expect(json).toMatchObject({ deliveries: 2, duplicates: 1 });
    const alone = await act(id, 'retry', { selection: named(silent) });
    expect(alone.json).toMatchObject({ deliveries: 1, duplicates: 1 });
  });

  it('are parked anew with all their attempts when the endpoint still refuses them', async () => {
    const id = await exchange.subscribe();
    const [one] = (await park(id, 1)) as [string];
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(500).end();
    await act(id, 'retry', { selection: named(one), dryrun: false });
    const steps = await exchange.stepsOf(id, one, (all) => all.filter(({ kind }) => kind === 'parked').length === 2);
    expect(steps.filter(({ kind }) => kind === 'attempt')).toHaveLength(3);
    expect(steps.at(-1)).toMatchObject({ kind: 'parked', reason: 'attempts-exhausted' });
  });

  it('are handed to a person, who is on record, and stay parked', async () => {
    const id = await exchange.subscribe();
    const [one] = (await park(id, 1)) as [string];
    const missing = await act(id, 'hand-over', { selection: named(one), dryrun: false });
    expect([missing.status, missing.json.findings[0].path]).toEqual([400, '/to']);
    const said = { to: 'Results desk', note: 'rings the laboratory' };
    await act(id, 'hand-over', { selection: named(one), dryrun: false, ...said });
    const steps = await exchange.stepsOf(id, one, (all) => all.some(({ kind }) => kind === 'handed-over'));
    expect(steps.at(-1)).toMatchObject({ by: 'X9G1P:records', note: 'To Results desk. rings the laboratory' });
    const group = await waitFor('the group to say whom', async () => {
      const [first] = await groups(id);
      return first.sample.handedover && first;
    });
    const by = { by: 'X9G1P:records', note: 'To Results desk. rings the laboratory' };
    expect(group).toMatchObject({ count: 1, reason: 'endpoint-refused', sample: { handedover: by } });
  });

  it('are marked as handled outside, with who and why, and are parked no more', async () => {
    const id = await exchange.subscribe();
    const [one] = (await park(id, 1)) as [string];
    const unsaid = await act(id, 'handled', { selection: named(one), dryrun: false });
    expect([unsaid.status, unsaid.json.findings[0].path]).toEqual([400, '/note']);
    await act(id, 'handled', { selection: named(one), dryrun: false, to: 'Dr Example', note: 'told by telephone' });
    await exchange.untilState(id, one, 'handled-outside');
    const steps = await exchange.stepsOf(id, one, (all) => all.some(({ kind }) => kind === 'handled-outside'));
    expect(steps.at(-1)).toMatchObject({ by: 'X9G1P:records', note: 'To Dr Example. told by telephone' });
    expect(await groups(id)).toEqual([]);
    expect(exchange.receiver.ids).toEqual([]);
  });

  it('take no note with ten digits in a row, however they are spaced', async () => {
    const id = await exchange.subscribe();
    const [one] = (await park(id, 1)) as [string];
    for (const text of ['1234567890', 'call 123 456 7890', '999-000-0018']) {
      for (const member of ['note', 'to']) {
        const body = { selection: named(one), dryrun: false, to: 'desk', note: 'why', [member]: text };
        const { status, json } = await act(id, 'handled', body);
        expect([status, json.code]).toEqual([400, 'SB-4000']);
        expect(JSON.stringify(json)).not.toContain(text);
      }
    }
    expect((await groups(id))[0].count).toBe(1);
  });

  it('are acted upon in bulk only after a second person agreed, and what was parked later is left alone', async () => {
    const id = await exchange.subscribe();
    const many = await park(id, 3);
    const selection = { all: true };
    expect((await act(id, 'retry', { selection })).json).toMatchObject({ deliveries: 3, secondperson: true });
    const asked = await act(id, 'retry', { selection, dryrun: false, note: 'mended' });
    expect(asked.status).toBe(202);
    const { action } = asked.json as { action: string };
    const later = await park(id, 1);
    const decide = (verdict: string, as: typeof COLLEAGUE) =>
      exchange.ask('POST', `/actions/${action}/${verdict}`, undefined, as);
    const self = await decide('approve', { ods: 'X9G1P', application: 'records' });
    expect([self.status, self.json.code]).toEqual([403, 'SB-3008']);
    expect((await decide('approve', HOSPITAL)).status).toBe(404);
    expect((await exchange.ask('GET', '/actions', undefined, HOSPITAL)).json.items).toEqual([]);
    expect((await exchange.ask('GET', '/actions', undefined, COLLEAGUE)).json.items).toMatchObject([
      { id: action, act: 'retry', deliveries: 3, status: 'waiting', by: 'X9G1P:records' },
    ]);
    const done = await decide('approve', COLLEAGUE);
    expect(done.json).toMatchObject({ status: 'done', changed: 3, decidedby: 'X9G1P:front-desk' });
    for (const one of many) await exchange.untilState(id, one, 'delivered');
    const steps = await exchange.stepsOf(id, many[0]!, (all) => all.some(({ kind }) => kind === 'retried'));
    const retried = steps.find(({ kind }) => kind === 'retried');
    expect(retried).toMatchObject({ by: 'X9G1P:records', note: 'mended Agreed to by X9G1P:front-desk.' });
    expect((await decide('approve', COLLEAGUE)).json.code).toBe('SB-4093');
    expect((await decide('reject', COLLEAGUE)).json.code).toBe('SB-4093');
    expect((await groups(id))[0]).toMatchObject({ count: 1, sample: { id: later[0] } });
  });

  it('stay as they are when the second person says no; the operator may decide too', async () => {
    const id = await exchange.subscribe();
    await park(id, 3);
    const ask = async () => {
      const body = { selection: { all: true }, dryrun: false, note: 'old' };
      return (await act(id, 'handled', body)).json.action as string;
    };
    const first = await ask();
    const rejected = await exchange.ask('POST', `/actions/${first}/reject`, undefined, COLLEAGUE);
    expect(rejected.json).toMatchObject({ status: 'rejected' });
    expect((await groups(id))[0].count).toBe(3);
    const second = await ask();
    const approved = await exchange.ask('POST', `/actions/${second}/approve`, undefined, exchange.house.operator);
    expect(approved.json).toMatchObject({ status: 'done', changed: 3, decidedby: 'X9S0B:operator' });
    await waitFor('nothing to be parked any more', async () => (await groups(id)).length === 0);
  });

  it('are delivered from their copy when their event has left its stream', async () => {
    const id = await exchange.subscribe();
    const [one] = (await park(id, 1)) as [string];
    await exchange.letLeave();
    const acted = await act(id, 'retry', { selection: named(one), dryrun: false });
    expect(acted.json).toMatchObject({ changed: 1, gone: 0 });
    await arrived([one]);
    await exchange.untilState(id, one, 'delivered');
  });

  it('are not told without the ledger, and the answer says so', async () => {
    const id = await exchange.subscribe();
    await exchange.stopLedger();
    const calls = [exchange.ask('GET', `/subscriptions/${id}/parked`), act(id, 'retry', { selection: { all: true } })];
    for (const { status, json } of await Promise.all(calls)) expect([status, json.code]).toEqual([503, 'SB-5032']);
    await exchange.startLedger();
    const wrong = [{}, { all: false }, { all: true, reason: 'x' }, { events: [] }, { events: [{ id: randomUUID() }] }];
    for (const selection of wrong) expect((await act(id, 'retry', { selection })).json.code).toBe('SB-4000');
  });

  it('come to be by a person too: what is tried in vain is stopped, others flow, and it can be retried afterwards', async () => {
    const id = await exchange.subscribe();
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(503, { 'retry-after': '60' }).end();
    const tried = await exchange.publish();
    await waitFor('the attempt to have failed', async () => {
      return (await exchange.untilState(id, tried, 'waiting')).reason === 'endpoint-overloaded';
    });
    const none = await act(id, 'park', { selection: { reason: 'endpoint-error' } });
    expect(none.json.code).toBe('SB-4040');
    const selection = { reason: 'endpoint-overloaded', publisher: 'X9H2T' };
    expect((await act(id, 'park', { selection })).json).toMatchObject({ dryrun: true, deliveries: 1 });
    expect((await act(id, 'park', { selection: { ...selection, publisher: 'X9L3B' } })).json.code).toBe('SB-4040');
    const done = await act(id, 'park', { selection, dryrun: false, note: 'the clinic is closed' });
    expect(done.json).toMatchObject({ changed: 1, gone: 0 });
    expect((await exchange.untilState(id, tried, 'parked')).reason).toBe('parked-by-person');
    const steps = await exchange.stepsOf(id, tried, (all) => all.some(({ kind }) => kind === 'parked'));
    expect(steps.at(-1)).toMatchObject({ by: 'X9G1P:records', note: 'the clinic is closed' });
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    exchange.receiver.received.length = 0;
    await exchange.pause(id);
    const [stopped, other] = await exchange.publishAll(2);
    await exchange.untilState(id, stopped!, 'paused');
    await act(id, 'park', { selection: named(stopped!), dryrun: false });
    await exchange.untilState(id, stopped!, 'parked');
    await exchange.ask('POST', `/subscriptions/${id}/resume`);
    await exchange.untilState(id, other!, 'delivered');
    expect(exchange.receiver.ids).toEqual([other]);
    await act(id, 'retry', { selection: { reason: 'parked-by-person' }, dryrun: false });
    for (const one of [tried, stopped!]) await exchange.untilState(id, one, 'delivered');
    expect(exchange.receiver.ids.toSorted()).toEqual([other, tried, stopped].toSorted());
  });

  it('are still seen to when their subscription has ended: they cannot be retried, but marked as handled', async () => {
    const id = await exchange.subscribe();
    const [first, ...rest] = (await park(id, 4)) as [string, string, string, string];
    await exchange.ask('DELETE', `/subscriptions/${id}`);
    expect(await groups(id)).toMatchObject([{ reason: 'endpoint-refused', count: 4, owner: { side: 'receiver' } }]);
    expect((await exchange.ask('GET', `/subscriptions/${id}/parked`, undefined, HOSPITAL)).status).toBe(404);
    const retry = await act(id, 'retry', { selection: { all: true }, dryrun: false });
    expect(retry.json).toMatchObject({ code: 'SB-4220', detail: expect.stringMatching(/has ended/) as unknown });
    const one = await act(id, 'handled', { selection: named(first), dryrun: false, note: 'not needed any more' });
    expect(one.json).toMatchObject({ deliveries: 1, changed: 1 });
    const bulk = await act(id, 'handled', { selection: named(...rest), dryrun: false, note: 'not needed any more' });
    const agreed = await exchange.ask('POST', `/actions/${bulk.json.action}/approve`, undefined, COLLEAGUE);
    expect(agreed.json).toMatchObject({ status: 'done', changed: 3 });
    await waitFor('nothing to be left', async () => {
      return (await exchange.ask('GET', `/subscriptions/${id}/parked`)).status === 404;
    });
  });
});
