import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { waitFor } from '../support/index.js';
import { CANARY, Exchange, Receiver } from './relay-rig.js';

const MAIN = fileURLToPath(new URL('../../apps/relay/dist/main.js', import.meta.url));

describe('the relay under faults', () => {
  let exchange: Exchange;
  let receiver: Receiver;
  const processes: ChildProcess[] = [];
  let output = '';

  beforeAll(async () => {
    exchange = await Exchange.start();
  });
  afterAll(async () => exchange.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
    output = '';
  });
  afterEach(async () => {
    receiver.stop();
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    await exchange.clear();
  });

  /** Until it says that it runs; a busy machine takes its time. */
  const runs = async (): Promise<void> => {
    await waitFor('the relay to run', () => output.includes('the relay carries events'));
  };

  function aProcess(settings: Record<string, string> = {}): ChildProcess {
    const environment = exchange.environment({ SIGNALBOX_LOG_LEVEL: 'debug', ...settings });
    const child = spawn(process.execPath, [MAIN], { env: { ...process.env, ...environment } });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    processes.push(child);
    return child;
  }

  it('loses nothing when it is killed between the attempt and the answer, and repeats it under the same identity', async () => {
    const settings = { SIGNALBOX_DELIVERY_ACK_WAIT_MS: '1000', SIGNALBOX_RELAY_BEAT_MS: '250' };
    const first = aProcess(settings);
    await runs();
    const subscription = await exchange.subscribe(receiver);
    await exchange.inState(subscription.id, 'active');
    receiver.answer = () => undefined;
    const ids = await Promise.all(Array.from({ length: 5 }, async () => exchange.publish()));
    await waitFor('every attempt to be under way', () => receiver.received.length === ids.length);
    const ended = once(first, 'exit');
    first.kill('SIGKILL');
    await ended;
    receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    aProcess(settings);
    for (const id of ids) {
      const [step, ...more] = await exchange.untilState(subscription.id, id, 'delivered');
      expect([step?.kind, more]).toEqual(['delivered', []]);
      // One for each time that the engine handed it out: also to a relay that it heard nothing of for a second.
      expect(step?.attempt).toBeGreaterThanOrEqual(2);
    }
    expect([...new Set(receiver.ids)].sort()).toEqual([...ids].sort());
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(ids.length);
    expect(output).not.toContain(CANARY);
  });

  it('sends nothing again when the engine is killed after the endpoint answered, and records it when the engine is back', async () => {
    await exchange.relay({ SIGNALBOX_DELIVERY_ACK_WAIT_MS: '1000' });
    const subscription = await exchange.subscribe(receiver);
    await exchange.inState(subscription.id, 'active');
    receiver.answer = (_request, answer) => {
      void exchange.nats.kill().then(async () => {
        answer.writeHead(204).end();
        await exchange.nats.restart();
      });
    };
    const id = await exchange.publish();
    expect(await exchange.untilState(subscription.id, id, 'delivered')).toMatchObject([
      { kind: 'delivered', attempt: 1 },
    ]);
    await waitFor('the engine to hold nothing', async () => (await exchange.backlog(subscription)).unsettled === 0);
    expect(receiver.ids).toEqual([id]);
  });

  it('goes on by itself after the engine was away', async () => {
    await exchange.relay({ SIGNALBOX_DELIVERY_ACK_WAIT_MS: '1000' });
    const subscription = await exchange.subscribe(receiver);
    await exchange.inState(subscription.id, 'active');
    await exchange.untilState(subscription.id, await exchange.publish(), 'delivered');
    await exchange.nats.kill();
    await exchange.nats.restart();
    const id = await exchange.publish();
    await exchange.untilState(subscription.id, id, 'delivered');
  });

  it('sends nothing twice when two relays run, and one goes on when the other is killed', async () => {
    // With less patience than by default a relay that the machine keeps from working for a while counts as dead.
    await exchange.relay();
    const other = aProcess();
    await runs();
    const subscription = await exchange.subscribe(receiver);
    await exchange.inState(subscription.id, 'active');
    const publishMany = async (count: number) =>
      Promise.all(Array.from({ length: count }, async () => exchange.publish()));
    const first = await publishMany(200);
    await waitFor('all to be delivered', () => new Set(receiver.ids).size === first.length);
    expect(receiver.ids).toHaveLength(first.length);
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    const second = await publishMany(50);
    await waitFor('all to be delivered', () => new Set(receiver.ids).size === first.length + second.length);
    for (const id of [...first, ...second]) await exchange.untilState(subscription.id, id, 'delivered');
  });

  it('ends in order on SIGTERM, and with one clear line for each bad setting', async () => {
    const child = aProcess();
    await runs();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    output = '';
    const bad = aProcess({ SIGNALBOX_EGRESS_ALLOW: '10.0.0.0/99' });
    // Not `exit`, which may come before what was said last.
    expect((await once(bad, 'close'))[0]).toBe(78);
    expect(output).toMatch(/SIGNALBOX_EGRESS_ALLOW: entry 1 is not/);
    const unsafe = aProcess({ SIGNALBOX_ENVIRONMENT: 'production' });
    expect((await once(unsafe, 'close'))[0]).toBe(78);
    expect(output).toMatch(/SIGNALBOX_EGRESS_ALLOW: opens loopback/);
  });
});
