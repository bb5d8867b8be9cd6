import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Role } from '@signalbox/registry';
import { signIn, waitFor } from '../support/index.js';
import { HOSPITAL, PRACTICE, ReplayExchange } from './replay-rig.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const NHS_NUMBER = '999 000 0018';

describe('on the page of a journey', () => {
  let exchange: ReplayExchange;
  let subscription: string;
  let journey: string;
  let parked: string;

  beforeAll(async () => {
    exchange = await ReplayExchange.open();
    subscription = await exchange.subscribe();
    journey = randomUUID();
    const arrived = await exchange.publish(journey);
    await exchange.untilState(subscription, arrived, 'delivered');
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(422).end();
    parked = await exchange.publish(journey);
    await exchange.untilState(subscription, parked, 'parked');
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
  });
  afterAll(() => exchange.stop());

  async function headersOf(ods: string, role: Role): Promise<Record<string, string>> {
    return { ...BROWSER, cookie: (await signIn(exchange, ods, role)).cookie };
  }
  const get = (path: string, headers: Record<string, string>) => fetch(`${exchange.console}${path}`, { headers });
  const post = (path: string, body: Record<string, string>, headers: Record<string, string>) =>
    fetch(`${exchange.console}${path}`, {
      method: 'POST',
      body: new URLSearchParams(body),
      headers,
      redirect: 'manual',
    });
  const handledForm = () => ({ event: parked, source: 'urn:ods:X9H2T:tie', org: PRACTICE.ods, subscription });

  it('nobody acts without the role, nor on the other side of an event', async () => {
    const viewer = await headersOf(PRACTICE.ods, 'viewer');
    expect(await (await get(`/journeys/${journey}`, viewer)).text()).not.toContain('What you can do');
    const wish = { ...handledForm(), who: 'Ada Example', note: 'Told by telephone' };
    expect((await post(`/journeys/${journey}/handled`, wish, viewer)).status).toBe(403);
    const publisher = await headersOf(HOSPITAL.ods, 'operator');
    expect((await post(`/journeys/${journey}/handled`, wish, publisher)).status).toBe(404);
    expect((await post(`/journeys/${journey}/replay`, { subscription }, publisher)).status).toBe(404);
    const stranger = await headersOf('X9L3B', 'operator');
    expect((await get(`/journeys/${journey}/replay`, stranger)).status).toBe(404);
  });

  it('a journey is sent again to one subscriber, after it is said how much that is', async () => {
    const operator = await headersOf(PRACTICE.ods, 'operator');
    const asked = await (await get(`/journeys/${journey}/replay`, operator)).text();
    expect(asked).toContain('Nothing is sent yet');
    const json = await get(`/journeys/${journey}/replay?subscription=${subscription}`, {
      ...operator,
      accept: 'application/json',
    });
    expect(await json.json()).toMatchObject({ plan: { dryrun: true, events: 2, duplicates: 1 } });
    const done = await post(`/journeys/${journey}/replay`, { subscription }, operator);
    expect([done.status, done.headers.get('location')]).toEqual([303, `/journeys/${journey}?done=replayed`]);
    await waitFor(
      'both to arrive again',
      () => exchange.receiver.received.filter(({ headers }) => headers['signalbox-replay'] !== undefined).length >= 2,
    );
    const page = await (await get(`/journeys/${journey}?done=replayed`, operator)).text();
    expect(page).toContain('The journey is being sent again');
    await waitFor('its steps to be labelled', async () =>
      /Replayed/.test(await (await get(`/journeys/${journey}`, operator)).text()),
    );
  });

  it('what was seen to by another way is marked so, with a note that holds no long number', async () => {
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(422).end();
    parked = await exchange.publish(journey);
    await exchange.untilState(subscription, parked, 'parked');
    const operator = await headersOf(PRACTICE.ods, 'operator');
    const form = handledForm();
    const asked = await (
      await get(`/journeys/${journey}/handled?${String(new URLSearchParams(form))}`, operator)
    ).text();
    expect(asked).toContain('This cannot be undone');
    const wish = { ...form, who: 'Ada Example', note: `Told about ${NHS_NUMBER}` };
    const refused = await (await post(`/journeys/${journey}/handled`, wish, operator)).text();
    expect([refused.includes('Leave out NHS numbers'), refused.includes(NHS_NUMBER)]).toEqual([true, false]);
    const done = await post(`/journeys/${journey}/handled`, { ...wish, note: 'Told by telephone' }, operator);
    expect([done.status, done.headers.get('location')]).toEqual([303, `/journeys/${journey}?done=handled`]);
    await exchange.untilState(subscription, parked, 'handled-outside');
    const again = await post(`/journeys/${journey}/handled`, { ...wish, note: 'Told by telephone' }, operator);
    expect(again.status).toBe(404);
  });
});
