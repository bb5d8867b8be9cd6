import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Step } from '@signalbox/messaging';
import type { RunningRelay } from '../../apps/relay/src/relay.js';
import { waitFor } from '../support/index.js';
import { anEvent, GatewayHouse, PRACTICE } from './fixtures/gateway-house.js';
import { Receiver, relayOver } from './relay-rig.js';

describe('a subscription that changes the way in which it is served', () => {
  let house: GatewayHouse;
  let relay: RunningRelay;
  let receiver: Receiver;

  beforeAll(async () => {
    house = await GatewayHouse.open({ env: { SIGNALBOX_LOOK_EVERY_MS: '20' } });
    receiver = await Receiver.start();
    relay = await relayOver(house.nats, { SIGNALBOX_RETRY_DELAYS_MS: '60000' });
  });
  afterAll(async () => {
    await relay.close();
    receiver.stop();
    await house.close();
  });

  const subscribed = async (wish: object): Promise<string> => {
    const body = { types: ['org.signalbox.result.*'], ...wish };
    const made = await house.json('POST', '/subscriptions', PRACTICE, body);
    expect([made.status, made.text]).toEqual([201, expect.any(String)]);
    return made.json.id as string;
  };
  const switched = async (id: string, change: object) => {
    const answer = await house.json('PATCH', `/subscriptions/${id}`, PRACTICE, change);
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    return answer.json as { status: string; sinksecrets?: string[]; sink?: string; config: object };
  };
  /** Until the relay, too, has heard that it is fetched now: what it still brings before may come again. */
  const whenLeft = async (id: string): Promise<void> => {
    const relays = await house.engine.kv('RELAYS');
    await waitFor('the relay to have left it', async () => (await relays.get(`claims.${id}`)) === undefined);
  };
  const published = async (count: number): Promise<string[]> => {
    const ids: string[] = [];
    for (let at = 0; at < count; at++) {
      const event = anEvent();
      expect((await house.publish(event)).status).toBe(202);
      ids.push(String(event['id']));
    }
    return ids;
  };
  const pulled = async (id: string): Promise<string[]> => {
    const { json } = await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, { limit: 500 });
    if (json.cursor !== undefined) {
      await house.json('POST', `/subscriptions/${id}/ack`, PRACTICE, { cursor: json.cursor });
    }
    return (json.items as { event: { id: string } }[]).map(({ event }) => event.id);
  };
  const whenActive = (id: string) =>
    waitFor('the subscription to be active', async () => {
      const { json } = await house.json('GET', `/subscriptions/${id}`, PRACTICE);
      return json.status === 'active';
    });

  it('goes on behind what was acknowledged when fetching becomes a webhook, and has a secret from then on', async () => {
    const id = await subscribed({ protocol: 'PULL' });
    await published(2);
    expect(await pulled(id)).toHaveLength(2);
    const waiting = await published(2);
    const changed = await switched(id, { protocol: 'HTTP', sink: receiver.sink });
    expect(changed).toMatchObject({ status: 'pending', sinksecrets: [expect.stringMatching(/^whsec_/)] });
    await waitFor('what was not acknowledged', () => waiting.every((one) => receiver.ids.includes(one)));
    const after = await published(1);
    await waitFor('what came afterwards', () => receiver.ids.includes(after[0]!));
    expect(receiver.ids).toEqual([...waiting, ...after]);
    expect((await house.json('POST', `/subscriptions/${id}/pull`, PRACTICE, {})).json.code).toBe('SB-4220');
    await house.json('DELETE', `/subscriptions/${id}`, PRACTICE);
  });

  it('goes on behind what was delivered when a webhook is fetched instead, and back again', async () => {
    const id = await subscribed({ protocol: 'HTTP', sink: receiver.sink });
    await whenActive(id);
    const first = await published(3);
    await waitFor('three deliveries', () => first.every((one) => receiver.ids.includes(one)));
    await waitFor(
      'their settlement',
      async () =>
        (await house.engine.deliveryPosition(id, 'result')) === (await house.engine.events.lastSequence('result')),
    );
    expect(await switched(id, { protocol: 'PULL' })).toMatchObject({ status: 'active', config: {} });
    await whenLeft(id);
    const second = await published(2);
    expect(await pulled(id)).toEqual(second);
    const third = await published(1);
    const before = receiver.received.length;
    await switched(id, { protocol: 'HTTP', sink: receiver.sink });
    await waitFor('the third', () => receiver.ids.includes(third[0]!));
    expect(receiver.ids.slice(before)).toEqual(third);
    await house.json('DELETE', `/subscriptions/${id}`, PRACTICE);
  });

  it('leaves out nothing that a webhook could not deliver', async () => {
    const id = await subscribed({ protocol: 'HTTP', sink: receiver.sink });
    await whenActive(id);
    const [good] = await published(1);
    await waitFor('a delivery', () => receiver.ids.includes(good!));
    receiver.answer = (_request, answer) => void answer.writeHead(503).end();
    const failing = await published(3);
    await waitFor('attempts', () => failing.some((one) => receiver.ids.includes(one)));
    await house.records<Step>('STEPS', (all) =>
      all.some(({ kind, subscription }) => kind === 'attempt' && subscription === id),
    );
    await switched(id, { protocol: 'PULL' });
    await whenLeft(id);
    const came = await pulled(id);
    expect(came).toEqual(expect.arrayContaining(failing));
    expect(came.filter((one) => failing.includes(one))).toEqual(failing);
    expect(await pulled(id)).toEqual([]);
  });

  it('says what a protocol needs and cannot have', async () => {
    const id = await subscribed({ protocol: 'PULL' });
    const findings = async (change: object): Promise<string[]> => {
      const answer = await house.json('PATCH', `/subscriptions/${id}`, PRACTICE, change);
      expect([answer.status, answer.json.code]).toEqual([422, 'SB-4220']);
      return answer.json.findings.map(({ path }: { path: string }) => path);
    };
    expect(await findings({ protocol: 'HTTP' })).toEqual(['/sink']);
    expect(await findings({ protocol: 'NATS' })).toEqual(['/protocol']);
    expect(await findings({ protocol: 'HTTP', sink: receiver.sink, config: { batch: 1000 } })).toEqual([
      '/config/batch',
    ]);
    expect(await findings({ sink: receiver.sink })).toEqual(['/sink']);
  });
});
