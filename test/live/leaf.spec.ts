import { headers as newHeaders, type NatsConnection } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Engine, type StoredEvent, TENANT_API_PREFIX } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';
import { freePort, newNatsKey, waitFor } from '../support/index.js';
import { anEvent, GatewayHouse, HOSPITAL, PRACTICE, REPORTED } from './fixtures/gateway-house.js';
import { type LeafNode, startLeaf } from './fixtures/leaf-node.js';

const EVENTS = 2_000;
const KEYS = 40;
const AT_ONCE = 200;

/** A journey for each key: what must arrive in order shares it. */
const journeyOf = (key: number): string => `00000000-0000-4000-8000-${String(key).padStart(12, '0')}`;

describe('a trust with a leaf node of its own', () => {
  let house: GatewayHouse;
  let sender: LeafNode;
  let receiver: LeafNode;
  let systems: NatsConnection;

  beforeAll(async () => {
    const hubPort = await freePort();
    house = await GatewayHouse.open({ nats: { leafPort: hubPort } });
    const keys = { [HOSPITAL.ods]: newNatsKey(), [PRACTICE.ods]: newNatsKey() };
    const tenants = [];
    for (const { ods, application } of [HOSPITAL, PRACTICE]) {
      const natskeys = [keys[ods].publicKey];
      const path = `/organisations/${ods}/applications/${application}`;
      await house.json('PATCH', path, house.operator, { natskeys });
      tenants.push({ ods, applications: [{ id: application, natskeys }] });
    }
    await house.nats.tenants(tenants);
    sender = await startLeaf(hubPort, keys[HOSPITAL.ods], HOSPITAL.application);
    receiver = await startLeaf(hubPort, keys[PRACTICE.ods], PRACTICE.application);
    systems = await sender.as('systems');
  });
  afterAll(async () => {
    await systems.close();
    await Promise.all([sender.stop(), receiver.stop()]);
    await house.close();
  });

  /** On disk at the trust when it resolves. */
  const intoOutbox = async (events: readonly object[], from: number): Promise<void> => {
    const js = jetstream(systems);
    for (let start = 0; start < events.length; start += AT_ONCE) {
      const some = events.slice(start, start + AT_ONCE);
      await Promise.all(
        some.map((event, index) => {
          const headers = newHeaders();
          headers.set('content-type', 'application/cloudevents+json');
          const msgID = `${String(from)} ${String(start + index)}`;
          return js.publish(`outbox.${REPORTED}`, JSON.stringify(event), { headers, msgID });
        }),
      );
    }
  };
  const numbered = (count: number): object[] =>
    Array.from({ length: count }, (_, index) =>
      anEvent({ id: `e-${String(index).padStart(5, '0')}`, correlationid: journeyOf(index % KEYS) }),
    );
  const stored = async (): Promise<StoredEvent[]> => {
    const all: StoredEvent[] = [];
    for (;;) {
      const after = all.at(-1)?.sequence ?? 0;
      const { events } = await house.engine.events.read({ family: 'result', types: ['*'], after, limit: 1_000 });
      if (events.length === 0) return all;
      all.push(...events);
    }
  };

  it('keeps what its systems publish while the exchange is dead, and hands it over once and in order', async () => {
    const first = sender.forward();
    await waitFor('the outbox', () => first.output.includes('the outbox is being forwarded'));
    await house.nats.kill();
    await intoOutbox(numbered(EVENTS), 1);
    await house.nats.restart();
    const watching = await sender.as('forwarder');
    const { streams } = await jetstream(watching).jetstreamManager();
    const left = async (): Promise<number> => (await streams.info('OUTBOX')).state.messages;
    await waitFor('a first part to be accepted', async () => (await left()) < EVENTS - 100, { every: 5 });
    // The forwarder dies in the middle of it; another goes on.
    await first.end('SIGKILL');
    sender.forward();
    await waitFor(
      'everything to be accepted',
      async () => (await house.engine.events.lastSequence('result')) >= EVENTS,
      {
        within: 100_000,
        every: 100,
      },
    );
    await watching.close();
    const ids = (await stored()).map(({ event }) => String(event.attributes['id']));
    expect(ids).toHaveLength(EVENTS);
    expect(new Set(ids).size).toBe(EVENTS);
    const byKey = Array.from({ length: KEYS }, (_, key) => ids.filter((id) => Number(id.slice(2)) % KEYS === key));
    expect(byKey).toEqual(byKey.map((some) => [...some].sort()));
  });

  it('sets aside what the exchange refuses, and goes on behind it', async () => {
    const journey = { correlationid: journeyOf(KEYS) };
    const wrong = anEvent({ id: 'wrong', data: {}, ...journey });
    const right = anEvent({ id: 'right', ...journey });
    await intoOutbox([wrong, right], 2);
    await waitFor('the one behind', async () => (await stored()).at(-1)?.event.attributes['id'] === 'right');
    const forwarder = await sender.as('forwarder');
    const { streams } = await jetstream(forwarder).jetstreamManager();
    const kept = await waitFor('what was set aside', () => streams.getMessage('OUTBOX_REFUSED', { seq: 1 }));
    expect(kept.header.get('signalbox-refusal')).toBe('SB-2003');
    await waitFor('an empty outbox', async () => (await streams.info('OUTBOX')).state.messages === 0);
    await forwarder.close();
  });

  it('reads its inbox at the exchange through its own server', async () => {
    const log = createLog('test', 'silent');
    const relay = await Engine.connect({ servers: house.nats.url, ...house.nats.users.relay, name: 'relay', log });
    const place = { ods: PRACTICE.ods, subscription: 'inbox-by-leaf' };
    const [{ event }] = (await stored()) as [StoredEvent];
    await relay.inboxes.deposit({ ...place, event, identity: 'one', headers: {} }, { bytes: 1e6, events: 10 });
    const reader = await receiver.as('reader');
    const consumers = jetstream(reader, { apiPrefix: TENANT_API_PREFIX }).consumers;
    const consumer = await waitFor('the way to the exchange', () => consumers.get(place.ods, place.subscription));
    const message = await consumer.next({ expires: 10_000 });
    expect(message?.headers?.get('ce-id')).toBe(event.attributes['id']);
    expect(await message!.ackAck()).toBe(true);
    expect((await consumer.info()).num_pending).toBe(0);
    await reader.close();
    await relay.drain();
  });
});
