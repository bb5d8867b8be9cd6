import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '../support/index.js';
import type { Actor } from './fixtures/gateway-house.js';
import { COLLEAGUE, HOSPITAL, PRACTICE, ReplayExchange } from './replay-rig.js';

const SOURCE = 'urn:ods:X9H2T:tie';
const REPORTED = 'org.signalbox.result.reported.v1';
const SAID = { source: SOURCE, org: PRACTICE.ods, who: 'Results desk', note: 'rang the practice, read back' };

describe('what only the publisher of an event can see to', () => {
  let exchange: ReplayExchange;
  beforeAll(async () => {
    exchange = await ReplayExchange.open();
  });
  afterAll(() => exchange.stop());

  const handled = (id: string, body: object, as: Actor = HOSPITAL) =>
    exchange.ask('POST', `/events/${id}/recipients/handled`, body, as);
  const itemsOf = async (id: string, as: Actor = HOSPITAL) =>
    (await exchange.ask('GET', `/work-items?event=${id}&source=${SOURCE}`, undefined, as)).json.items;
  const recipientsOf = async (id: string) =>
    (await exchange.ask('GET', `/events/${id}/recipients?source=${SOURCE}`, undefined, HOSPITAL)).json;

  /** A correction of what two subscriptions received that their receiver has ended since. */
  async function owed(): Promise<string> {
    const subscriptions = [await exchange.subscribe(), await exchange.subscribe()];
    const first = await exchange.publish();
    for (const subscription of subscriptions) await exchange.untilState(subscription, first, 'delivered');
    await exchange.endSubscriptions();
    const correction = await exchange.publish(randomUUID(), { supersedes: first });
    await waitFor('both to be work', async () => (await itemsOf(correction)).length === 2);
    return correction;
  }

  it('is closed by it, one or all of a receiver, after a dry run, with who and how, and only once', async () => {
    const id = await owed();
    const [item, other] = await itemsOf(id);
    expect(item).toMatchObject({ kind: 'correction', reason: 'receiver-ended', yours: true, receiver: PRACTICE.ods });
    const { outstanding } = await recipientsOf(id);
    expect(outstanding.map((one: { subscription: string }) => one.subscription).toSorted()).toEqual(
      [item.subscription, other.subscription].toSorted(),
    );

    const plan = await handled(id, SAID);
    expect(plan.json).toMatchObject({ dryrun: true, org: PRACTICE.ods, before: 0 });
    expect(plan.json.items).toHaveLength(2);
    expect(await itemsOf(id)).toHaveLength(2);

    const one = await handled(id, { ...SAID, subscription: item.subscription, dryrun: false });
    expect([one.status, one.json.changed]).toEqual([200, 1]);
    const steps = await exchange.stepsOf(item.subscription as string, id, (all) => all.length === 2);
    expect(steps.at(-1)).toMatchObject({
      ...{ kind: 'handled-outside', org: PRACTICE.ods, by: `${HOSPITAL.ods}:${HOSPITAL.application}` },
      note: 'To Results desk. rang the practice, read back',
    });
    await waitFor('one to be left', async () => (await itemsOf(id)).length === 1);

    expect((await handled(id, { ...SAID, dryrun: false })).json.changed).toBe(1);
    await waitFor('none to be left', async () => (await itemsOf(id)).length === 0);
    const told = await recipientsOf(id);
    expect(told.outstanding).toEqual([]);
    expect(told.recipients.map(({ org, state }: { org: string; state: string }) => [org, state])).toEqual([
      [PRACTICE.ods, 'handled-outside'],
      [PRACTICE.ods, 'handled-outside'],
    ]);
    expect((await handled(id, { ...SAID, dryrun: false })).json).toMatchObject({ items: [], before: 2, changed: 0 });
    expect(await exchange.stepsOf(item.subscription as string, id, (all) => all.length >= 2)).toHaveLength(2);
  });

  it('is nobody else’s to close but the operator’s of the exchange, takes no patient identifier, and is not closed where nothing is open', async () => {
    const id = await owed();
    for (const as of [PRACTICE, COLLEAGUE]) {
      const { status, json } = await handled(id, { ...SAID, dryrun: false }, as);
      expect([as.ods, status, json.code]).toEqual([as.ods, 404, 'SB-4040']);
    }
    expect((await handled(id, SAID, exchange.house.operator)).json.items).toHaveLength(2);
    expect((await handled(randomUUID(), SAID)).json.code).toBe('SB-4040');
    for (const member of ['who', 'note']) {
      const { status, text } = await handled(id, { ...SAID, dryrun: false, [member]: 'call 123 456 7890' });
      expect([member, status, text.includes('123 456')]).toEqual([member, 400, false]);
    }
    const { source: _source, ...sourceless } = SAID;
    expect((await handled(id, sourceless)).json).toMatchObject({ code: 'SB-4000', findings: [{ path: '/source' }] });
    const elsewhere = await handled(id, { ...SAID, org: 'X9L3B', dryrun: false });
    expect(elsewhere.json).toMatchObject({ status: 422, code: 'SB-4220', findings: [{ path: '/org' }] });
    expect(await itemsOf(id)).toHaveLength(2);
  });

  it('leaves what waits for the receiver to the receiver', async () => {
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(422).end('no such clinic');
    const subscription = await exchange.subscribe({ types: [REPORTED] });
    const id = await exchange.publish();
    await exchange.untilState(subscription, id, 'parked');
    expect((await handled(id, { ...SAID, dryrun: false })).json.code).toBe('SB-4220');
    await exchange.endSubscriptions();
  });
});

describe('a replay that is refused of what had arrived', () => {
  let exchange: ReplayExchange;
  beforeAll(async () => {
    exchange = await ReplayExchange.open();
  });
  afterAll(() => exchange.stop());

  it('is parked with its own answer in list, groups and the receiver’s statement; retried, it has arrived as before', async () => {
    const id = await exchange.subscribe();
    const one = await exchange.publish();
    await exchange.untilState(id, one, 'delivered');
    await exchange.untilSettled(id, { time: '2020-01-01T00:00:00Z' }, 1);
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(422).end('no such clinic');
    const replay = await exchange.replay(id, { from: { time: '2020-01-01T00:00:00Z' } });
    await exchange.untilState(id, one, 'parked');

    const list = (await exchange.ask('GET', `/subscriptions/${id}/deliveries?state=parked`)).json.deliveries;
    expect(list).toMatchObject([
      { id: one, state: 'parked', reason: 'endpoint-refused', status: 422, answer: 'no such clinic', replay },
    ]);
    expect(list[0].delivered < list[0].since).toBe(true);
    const groups = (await exchange.ask('GET', `/subscriptions/${id}/parked`)).json.items;
    expect(groups).toMatchObject([{ reason: 'endpoint-refused', count: 1, sample: { id: one, status: 422 } }]);
    const dayOf = (time: Date): string => new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/London' }).format(time);
    // Midnight may have passed since.
    const day = dayOf(new Date(list[0].recorded as string));
    const statement = async (as: Actor = PRACTICE) =>
      (await exchange.ask('GET', `/statements/${day}`, undefined, as)).json;
    expect((await statement()).received.states).toMatchObject({ parked: 1, delivered: 0 });
    // For its publisher it has arrived.
    expect((await statement(HOSPITAL)).published.deliveries.states).toMatchObject({ parked: 0, delivered: 1 });
    const items = async (as: Actor = PRACTICE) => (await exchange.ask('GET', '/work-items', undefined, as)).json.items;
    expect([(await items()).length, (await items(HOSPITAL)).length]).toEqual([1, 0]);
    const missed = await exchange.ask('POST', `/subscriptions/${id}/replay`, { from: { missed: true } });
    expect(missed.json.events).toBe(0);

    exchange.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    const act = { selection: { all: true }, dryrun: false };
    expect((await exchange.ask('POST', `/subscriptions/${id}/parked/retry`, act)).json.changed).toBe(1);
    await exchange.stepsOf(id, one, (all) => all.filter(({ kind }) => kind === 'delivered').length === 2);
    await waitFor('it to have arrived', async () => (await statement()).received.states.delivered === 1);
    expect(await items()).toEqual([]);
    expect((await exchange.ask('GET', '/statements/yesterday')).json.date < dayOf(new Date())).toBe(true);
  });
});
