import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../../apps/cli/src/run.js';
import type { Role } from '@signalbox/registry';
import { signIn, waitFor } from '../support/index.js';
import { type Actor, anEvent } from './fixtures/gateway-house.js';
import { COLLEAGUE, HOSPITAL, PRACTICE, ReplayExchange } from './replay-rig.js';

const SOURCE = 'urn:ods:X9H2T:tie';

describe('a group of what stands still', () => {
  let exchange: ReplayExchange;
  beforeAll(async () => {
    exchange = await ReplayExchange.open({ SIGNALBOX_BULK_SECOND_PERSON: '2' });
  });
  afterAll(() => exchange.stop());
  afterEach(() => exchange.endSubscriptions());

  /** A group of what stands still, once it is as expected. */
  const groupOf = (reason: string, expected: (group: { count: number }) => boolean, as?: Actor) =>
    waitFor(`the group ${reason}`, async () => {
      const { json } = await exchange.ask('GET', `/stuck?stuck=${reason}`, undefined, as);
      return (json.groups as (Record<string, string> & { count: number })[]).find(expected);
    });
  const onGroup = async (group: Record<string, unknown>, name: string, more: object = {}, as?: Actor) => {
    const { stuck, cause, publisher, receiver, type } = group;
    const body = { stuck, cause, publisher, receiver, type, act: name, ...more };
    return (await exchange.ask('POST', '/stuck/act', body, as)).json;
  };

  /** Somebody signed in, as their browser asks. */
  async function personOf(ods: string, roles: readonly Role[]): Promise<Record<string, string>> {
    return { cookie: (await signIn(exchange, ods, roles)).cookie, accept: 'text/html' };
  }
  /** The page that says who has to agree, once the gateway has told it. */
  const onPage = (headers: Record<string, string>) =>
    waitFor('the page to know who has to agree', async () => {
      const page = await (await fetch(`${exchange.console}/stuck`, { headers })).text();
      return page.includes('the gateway does not answer') ? undefined : page;
    });
  const send = (path: string, form: Record<string, string>, headers: Record<string, string>) =>
    fetch(`${exchange.console}${path}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers,
      redirect: 'manual',
    });

  /** Events that the endpoint refuses, so that they are parked, and then a mended endpoint. */
  async function park(id: string, count: number): Promise<string[]> {
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(422).end();
    const ids = await exchange.publishAll(count);
    for (const one of ids) await exchange.untilState(id, one, 'parked');
    exchange.receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    return ids;
  }

  it('is retried as one group over all subscriptions, after a dry run that says what happens to how many and what is left', async () => {
    const [first, second] = [await exchange.subscribe(), await exchange.subscribe()];
    const [one] = (await park(first, 1)) as [string];
    await exchange.untilState(second, one, 'parked');
    const group = await groupOf('subscriber-refused', ({ count }) => count === 2);
    expect(group).toMatchObject({ cause: 'endpoint-refused', publisher: 'X9H2T', receiver: 'X9G1P', repeats: 0 });
    expect(await onGroup(group, 'retry')).toMatchObject({
      dryrun: true,
      deliveries: 2,
      subscriptions: 2,
      sentence: 'Would retry 2 deliveries for X9G1P of 2 subscriptions.',
    });
    expect((await onGroup(group, 'retry', {}, HOSPITAL)).code).toBe('SB-4220');
    expect((await onGroup(group, 'retry', {}, { ods: 'X9L3B', application: 'lims' })).code).toBe('SB-4040');
    await exchange.ask('DELETE', `/subscriptions/${second}`);
    await waitFor('the ledger to have heard of it', async () => {
      const { left } = await onGroup(group, 'retry');
      return (left as { why: string }[]).some(({ why }) => why === 'ended');
    });
    const done = await onGroup(group, 'retry', { dryrun: false, note: 'mended' });
    expect(done).toMatchObject({ changed: 1, left: [{ why: 'ended', count: 1 }] });
    expect(done.sentence).toBe(
      'Put up for delivery again: 1 delivery for X9G1P of 1 subscription; 1 is left: the subscription has ended: nothing can be delivered by it.',
    );
    await exchange.untilState(first, one, 'delivered');
    const rest = await groupOf('subscriber-refused', ({ count }) => count === 1);
    const handed = await onGroup(rest, 'hand-over', { dryrun: false, to: 'the service desk' });
    expect(handed).toMatchObject({ changed: 1, left: [] });
    const { stuck: reason = '', cause = '', publisher = '', receiver = '', type = '' } = rest;
    const path = `/stuck/group?${String(new URLSearchParams({ stuck: reason, cause, publisher, receiver, type }))}`;
    const items = async (as?: Actor) => (await exchange.ask('GET', path, undefined, as)).json.items as object[];
    const looked = await waitFor('the group to say who looks after it', async () => {
      return (await items()).find((item) => 'handedover' in item);
    });
    expect(looked).toMatchObject({ handedover: { note: 'To the service desk.', by: 'X9G1P:records' } });
    // What the receiver decided among its own people is not its publisher's to know.
    for (const item of await items(HOSPITAL)) expect(item).not.toHaveProperty('handedover');
    expect((await onGroup(rest, 'handled', { dryrun: false })).code).toBe('SB-4000');
    await onGroup(rest, 'handled', { dryrun: false, note: 'told by telephone' });
    await waitFor('nothing of it to stand still', async () => {
      return (await exchange.ask('GET', '/stuck?stuck=subscriber-refused')).json.groups.length === 0;
    });
  });

  it('waits, when it is much, for a second person, who agrees subscription by subscription', async () => {
    const id = await exchange.subscribe();
    const many = await park(id, 3);
    const group = await groupOf('subscriber-refused', ({ count }) => count === 3);
    const asked = await onGroup(group, 'retry', { dryrun: false, note: 'mended' });
    expect(asked).toMatchObject({ deliveries: 3, secondperson: 3, changed: 0, actions: [expect.any(String)] });
    expect(asked.sentence).toMatch(/a second person has to agree to 3\.$/);
    const agreed = await exchange.ask('POST', `/actions/${asked.actions[0]}/approve`, undefined, COLLEAGUE);
    expect(agreed.json).toMatchObject({ status: 'done', changed: 3 });
    for (const one of many) await exchange.untilState(id, one, 'delivered');
  });

  it('is agreed to for any organisation by who is on call for the exchange, and begun for it only by who administers it too', async () => {
    const id = await exchange.subscribe();
    const many = await park(id, 3);
    const group = await groupOf('subscriber-refused', ({ count }) => count === 3);
    const { actions } = await onGroup(group, 'handled', { dryrun: false, note: 'seen to by telephone' });
    const decision = { action: String(actions[0]), verdict: 'approve' };
    const [onCall, stranger] = [await personOf('X9S0B', ['operator']), await personOf('X9L3B', ['operator'])];
    expect(await onPage(stranger)).not.toContain('second person');
    expect((await send('/stuck/decide', decision, stranger)).status).toBe(404);
    expect(await onPage(onCall)).toContain('asks to mark as handled outside 3 deliveries of X9G1P');
    expect((await send('/stuck/decide', decision, onCall)).status).toBe(303);
    for (const one of many) await exchange.untilState(id, one, 'handled-outside');

    await park(id, 1);
    const {
      stuck = '',
      cause = '',
      publisher = '',
      receiver = '',
      type = '',
    } = await groupOf('subscriber-refused', ({ count }) => count === 1);
    const begun = { stuck, cause, publisher, receiver, type, act: 'handled', note: 'by telephone', dryrun: 'no' };
    expect((await send('/stuck/act', begun, onCall)).status).toBe(422);
    const both = await personOf('X9S0B', ['operator', 'administrator']);
    const done = await send('/stuck/act', begun, both);
    expect(done.headers.get('location')).toContain('changed=1');
  });

  it('is more than what is parked: what was refused is closed by its publisher, who says how', async () => {
    const event = anEvent({ data: { resourceType: 'Patient', gender: 7 } });
    expect((await exchange.house.publish(event, HOSPITAL)).status).toBe(422);
    const group = await groupOf('rejected-schema', ({ count }) => count === 1, HOSPITAL);
    expect(group).toMatchObject({
      owner: { ods: 'X9H2T' },
      acts: ['hand-over', 'handled'],
      sample: { id: event['id'] },
    });
    expect((await exchange.ask('GET', '/stuck?stuck=rejected-schema')).json.groups).toEqual([]);
    const named = { events: [{ source: SOURCE, id: event['id'] }] };
    expect((await exchange.ask('POST', '/events/handled', { ...named, note: 'x' })).json.code).toBe('SB-4040');
    const wish = { dryrun: false, note: 'sent by letter' };
    expect(await onGroup(group, 'handled', wish, HOSPITAL)).toMatchObject({ deliveries: 1, changed: 1 });
    await waitFor('the group to be gone', async () => {
      return (await exchange.ask('GET', '/stuck', undefined, HOSPITAL)).json.groups.length === 0;
    });
  });

  it('is listed, gone through and retried by the command line, which ends with what was done', async () => {
    const id = await exchange.subscribe();
    const [one] = (await park(id, 1)) as [string];
    await groupOf('subscriber-refused', ({ count }) => count === 1);
    const which = ['--reason', 'subscriber-refused', '--cause', 'endpoint-refused'];
    const env = { SIGNALBOX_TOKEN: await exchange.house.token(PRACTICE), SIGNALBOX_GATEWAY_URL: exchange.house.url };
    const command = async (...words: string[]) => {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const streams = { stdin: new PassThrough(), stdout, stderr };
      const code = await run(['stuck', ...words], streams, env, new AbortController().signal);
      return { code, said: String(stdout.read()) };
    };
    const listed = await command('--reason', 'subscriber-refused');
    expect(listed).toMatchObject({ code: 0, said: expect.stringContaining('endpoint-refused  X9H2T') });
    expect((await command('members', ...which)).said).toContain(one);
    const plan = await command('act', 'retry', ...which, '--dry-run');
    expect(plan.said).toBe('Would retry 1 delivery for X9G1P of 1 subscription.\n');
    const done = await command('act', 'retry', ...which, '--yes', '--json');
    expect([done.code, JSON.parse(done.said.trim().split('\n').at(-1)!)]).toMatchObject([0, { v: 1, changed: 1 }]);
    await exchange.untilState(id, one, 'delivered');
    expect((await command('act', 'retry', '--reason', 'held-release')).code).toBe(5);
    expect((await command('--reason', 'no-such-reason')).code).toBe(2);
  });
});
