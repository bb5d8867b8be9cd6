import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { driverOf } from '../../apps/relay/src/sharing/rendezvous.js';
import { waitFor } from '../support/index.js';
import { BOOKED, Exchange, Receiver, REPORTED } from './relay-rig.js';

const MAIN = fileURLToPath(new URL('../../apps/relay/dist/main.js', import.meta.url));
const REQUESTED = 'org.signalbox.referral.requested.v1';

/** An event's id says its key and its place within the key. */
const idOf = (key: string, index: number): string => `${key}:${String(index)}`;
const keyOf = (id: string): string => id.slice(0, id.lastIndexOf(':'));
const indexOf = (id: string): number => Number(id.slice(id.lastIndexOf(':') + 1));

/** Times that an event came after a later one of its key. */
function inversions(ids: readonly string[]): number {
  const newest = new Map<string, number>();
  let count = 0;
  for (const id of ids) {
    const before = newest.get(keyOf(id)) ?? -1;
    if (indexOf(id) < before) count += 1;
    newest.set(keyOf(id), Math.max(before, indexOf(id)));
  }
  return count;
}

describe('the order of deliveries', () => {
  let exchange: Exchange;
  let receiver: Receiver;
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    exchange = await Exchange.start();
  });
  afterAll(async () => exchange.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    receiver.stop();
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    await exchange.clear();
  });

  const active = async (wish: Parameters<Exchange['active']>[1] = {}) => exchange.active(receiver, wish);
  const publish = async (id: string, attributes: Record<string, string> = {}): Promise<string> =>
    exchange.publish({ id, partitionkey: keyOf(id), ...attributes });
  /** In one go: the engine stores them in this order. */
  const publishAll = async (ids: readonly string[], attributes: Record<string, string> = {}): Promise<void> => {
    await Promise.all(ids.map(async (id) => publish(id, attributes)));
  };
  const relayProcess = async (settings: Record<string, string> = {}): Promise<ChildProcess> => {
    const env = { ...process.env, ...exchange.environment({ SIGNALBOX_LOG_LEVEL: 'info', ...settings }) };
    const child = spawn(process.execPath, [MAIN], { env });
    processes.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await waitFor('the relay to run', () => output.includes('the relay carries events'));
    return child;
  };
  const relays = async (): Promise<string[]> =>
    (await (await exchange.engine.kv('RELAYS')).keys('relays.*')).map((key) => key.slice('relays.'.length));
  const delivered = async (ids: readonly string[]): Promise<void> => {
    await waitFor(`${String(ids.length)} events to be delivered`, () => new Set(receiver.ids).size === ids.length, {
      within: 60_000,
    });
  };

  it('is the order in which they were stored within a key, and one that fails holds up no other', async () => {
    await exchange.relay({ SIGNALBOX_RETRY_DELAYS_MS: '200', SIGNALBOX_RETRY_MAX_ATTEMPTS: '1000' });
    await active();
    // It fails until all others are there, however long they take: they must not wait for it.
    const failing = 'a500';
    receiver.answer = ({ event }, answer) => void answer.writeHead(keyOf(event) === failing ? 500 : 204).end();
    const keys = Array.from({ length: 1_000 }, (_, index) => `a${String(index)}`);
    const others = keys.filter((key) => key !== failing);
    await publishAll([0, 1].flatMap((index) => keys.map((key) => idOf(key, index))));
    await waitFor(
      'the others to be delivered',
      () => {
        const seen = new Set(receiver.ids);
        return others.every((key) => seen.has(idOf(key, 1)));
      },
      { within: 60_000 },
    );
    expect(inversions(receiver.ids)).toBe(0);
    expect(receiver.ids).not.toContain(idOf(failing, 1));
    receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    await waitFor('the failing key to be delivered', () => receiver.ids.includes(idOf(failing, 1)));
    expect(inversions(receiver.ids)).toBe(0);
  });

  it('lets three times as many events of one failing key as may be in hand wait outside the queue, and goes on with the others', async () => {
    await exchange.relay({
      SIGNALBOX_RETRY_DELAYS_MS: '300',
      SIGNALBOX_RETRY_MAX_ATTEMPTS: '1000',
      SIGNALBOX_DELIVERY_MAX_UNSETTLED: '64',
    });
    const subscription = await active();
    let failing = true;
    receiver.answer = ({ event }, answer) => void answer.writeHead(failing && keyOf(event) === 'bad' ? 503 : 204).end();
    await publishAll(Array.from({ length: 192 }, (_, index) => idOf('bad', index)));
    const others = Array.from({ length: 50 }, (_, index) => idOf(`good${String(index)}`, 0));
    await publishAll(others);
    await waitFor('the others', () => others.every((id) => receiver.ids.includes(id)));
    await waitFor('nothing to stand in the engine', async () => {
      const { waiting, unsettled } = await exchange.backlog(subscription);
      return waiting === 0 && unsettled === 0;
    });
    expect(new Set(receiver.ids.filter((id) => keyOf(id) === 'bad')).size).toBe(1);
    failing = false;
    await waitFor('all to be delivered', () => new Set(receiver.ids).size === 242);
    expect(inversions(receiver.ids)).toBe(0);
  });

  it('spans families: a booking never overtakes the referral of its patient', async () => {
    // An engine with one core may take longer than the default over what it stored first in another stream.
    await exchange.relay({ SIGNALBOX_DELIVERY_MERGE_MS: '1000' });
    await active({ types: [REQUESTED, BOOKED, REPORTED] });
    const ids: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      for (const key of ['p', 'q']) {
        const id = idOf(key, index);
        ids.push(id);
        await publish(id, { type: [REQUESTED, BOOKED, REPORTED][index % 3]! });
      }
    }
    await delivered(ids);
    expect(receiver.ids).toHaveLength(ids.length);
    expect(inversions(receiver.ids)).toBe(0);
  });

  it('lets what is urgent go ahead of a backlog, but not of an earlier event of its own key', async () => {
    await exchange.relay({
      SIGNALBOX_DELIVERY_CONCURRENCY: '4',
      SIGNALBOX_DELIVERY_MAX_UNSETTLED: '64',
      SIGNALBOX_LOOKAHEAD_MS: '50',
    });
    const subscription = await active({ types: [REQUESTED, REPORTED] });
    const { promise: isSeen, resolve: seen } = Promise.withResolvers<void>();
    receiver.answer = (_request, answer) => void isSeen.then(() => setTimeout(() => answer.writeHead(204).end(), 4));
    const bulk = Array.from({ length: 2_000 }, (_, index) => idOf(`bulk${String(index)}`, 0));
    await publishAll(bulk);
    const urgent = [idOf('alone', 0), idOf('bulk1999', 1), idOf('alone', 1)];
    for (const id of urgent) await publish(id, { urgency: 'critical', type: id === 'alone:1' ? REQUESTED : REPORTED });
    // The endpoint answers nothing before that, so that all of the backlog still stands.
    await waitFor(
      'what is urgent to be found behind it',
      async () => (await exchange.waiting(subscription)).length > 0,
    );
    seen();
    await delivered([...bulk, ...urgent]);
    const at = (id: string): number => receiver.ids.indexOf(id);
    expect(at('alone:0')).toBeLessThan(1_900);
    expect(at('alone:1')).toBeLessThan(1_900);
    expect(at('bulk1999:1')).toBeGreaterThan(at('bulk1999:0'));
    expect(inversions(receiver.ids)).toBe(0);
    expect(receiver.ids).toHaveLength(2_003);
    await waitFor('nothing to be left', async () => {
      const { waiting, unsettled } = await exchange.backlog(subscription);
      return waiting === 0 && unsettled === 0 && (await exchange.waiting(subscription)).length === 0;
    });
  });

  it('goes over to a relay that joins, without a pause and without sending anything twice', async () => {
    await exchange.relay();
    const [first] = await relays();
    const sinks = Array.from({ length: 8 }, (_, index) => `${receiver.sink}/${String(index)}`);
    const subscriptions = await Promise.all(sinks.map(async (sink) => active({ sink })));
    const ids = Array.from({ length: 100 }, (_, index) => idOf(`j${String(index % 10)}`, Math.floor(index / 10)));
    await publishAll(ids.slice(0, 50));
    await waitFor('some to be delivered', () => receiver.received.length > 100);
    const second = await exchange.relay();
    await publishAll(ids.slice(50));
    await waitFor('all to be delivered', () => receiver.received.length >= ids.length * subscriptions.length);
    expect(receiver.received).toHaveLength(ids.length * subscriptions.length);
    // How many of them are the second one's share is left to chance: its id is random.
    const other = (await relays()).find((relay) => relay !== first)!;
    const share = subscriptions.filter(({ id }) => driverOf(id, [first!, other]) === other).map(({ id }) => id);
    await waitFor('each to have its share', async () => {
      const claims = await exchange.claims();
      return subscriptions.every(({ id }) => claims.get(id) === (share.includes(id) ? other : first));
    });
    await waitFor('the second to carry its share', async () => {
      const metrics = await (await fetch(`${second.url}/metrics`)).text();
      return Number(/^signalbox_delivery_queues\{[^}]*\} (\d+)/m.exec(metrics)?.[1]) === share.length;
    });
  });

  it('holds when the engine is killed in the middle', async () => {
    await exchange.relay({ SIGNALBOX_DELIVERY_ACK_WAIT_MS: '1000' });
    await active({ types: [REQUESTED, BOOKED, REPORTED] });
    receiver.answer = (_request, answer) => void setTimeout(() => answer.writeHead(204).end(), 5);
    const ids = Array.from({ length: 300 }, (_, index) => idOf(`e${String(index % 10)}`, Math.floor(index / 10)));
    await publishAll(ids);
    await waitFor('some to be delivered', () => receiver.ids.length > 50);
    await exchange.nats.kill();
    await exchange.nats.restart();
    await delivered(ids);
    expect(inversions(receiver.ids)).toBe(0);
  });

  it('holds when one of two relays that share the subscriptions is killed, and the other takes over within ten seconds', async () => {
    const first = await relayProcess();
    await relayProcess();
    const subscriptions = await Promise.all(
      Array.from({ length: 6 }, async (_, index) => active({ sink: `${receiver.sink}/${String(index)}` })),
    );
    const went = new Map<string, number>();
    receiver.answer = ({ path }, answer) => {
      if (!went.has(path)) went.set(path, performance.now());
      setTimeout(() => answer.writeHead(204).end(), 3);
    };
    const ids = Array.from({ length: 200 }, (_, index) => idOf(`k${String(index % 20)}`, Math.floor(index / 20)));
    await publishAll(ids);
    await waitFor('some to be delivered', () => receiver.received.length > 200);
    const ended = once(first, 'exit');
    first.kill('SIGKILL');
    await ended;
    const killed = performance.now();
    went.clear();
    const paths = subscriptions.map((_, index) => `/hook/${String(index)}`);
    const of = (path: string): string[] =>
      receiver.received.filter((one) => one.path === path).map(({ event }) => String(event.attributes['id']));
    const isBehind = (path: string): boolean => new Set(of(path)).size < ids.length;
    const interrupted = paths.filter(isBehind);
    await waitFor('all to be delivered to all', () => !paths.some(isBehind), { within: 40_000 });
    // How soon each goes on; how fast is a matter of the machine.
    for (const path of interrupted) expect(went.get(path)! - killed).toBeLessThan(10_000);
    for (const path of paths) expect(inversions(of(path))).toBe(0);
  });
});
