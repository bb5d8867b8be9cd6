import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type CloudEvent, decodeNats } from '@signalbox/contracts';
import { Engine, EngineFull, type Step, TENANT_API_PREFIX } from '@signalbox/messaging';
import { Registry, type Subscription } from '@signalbox/registry';
import { createLog } from '@signalbox/runtime';
import { Acknowledgements } from '../../apps/relay/src/channels/nats/acknowledgements.js';
import { NatsChannel } from '../../apps/relay/src/channels/nats/nats-channel.js';
import { connectTenant, newNatsKey, startNats, type TestNats, waitFor } from '../support/index.js';

const ODS = 'X9G1P';
const REPORTED = 'org.signalbox.result.reported.v1';
/** Only what does not come is waited for so long. */
const PATIENT_MS = 10_000;
const LIMITS = { bytes: 16 * 1024 * 1024, events: 20 };
const log = createLog('test', 'silent');

/** Bytes that any parse-and-write would change. */
const DATA = '{ "value": 5.10, "big":12345678901234567890, "text":"ö\\u00e9\\/" }';

function anEvent(id: string = randomUUID()): CloudEvent {
  const attributes = { specversion: '1.0', id, source: 'urn:ods:X9L3B:lims', type: REPORTED, sourceorg: 'X9L3B' };
  return {
    attributes: { ...attributes, correlationid: randomUUID(), datacontenttype: 'application/fhir+json' },
    data: { kind: 'json', bytes: Buffer.from(DATA) },
  };
}

describe('the inbox of an organisation that reads with NATS', () => {
  let nats: TestNats;
  let gateway: Engine;
  let relay: Engine;
  let registry: Registry;
  let tenant: NatsConnection;
  let acknowledgements: Acknowledgements;
  const steps: Step[] = [];

  beforeAll(async () => {
    nats = await startNats();
    const open = (user: 'gateway' | 'relay') =>
      Engine.connect({ servers: nats.url, ...nats.users[user], name: user, log, monitorUrl: nats.monitorUrl });
    gateway = await open('gateway');
    await gateway.ensureTopology();
    relay = await open('relay');
    registry = await Registry.open(gateway, log);
    const key = newNatsKey();
    await registry.putOrganisation({ ods: ODS, name: ODS, active: true });
    const application = { id: 'records', natskeys: [key.publicKey] };
    await registry.putApplication({ ods: ODS, name: 'records', active: true, keys: [], ...application });
    await nats.tenants([{ ods: ODS, applications: [application] }]);
    tenant = await connectTenant(nats.url, key, 'records');
    acknowledgements = following();
    await acknowledgements.start();
    void followSteps();
  });
  afterAll(async () => {
    await acknowledgements.stop();
    registry.close();
    await tenant.close();
    await Promise.all([relay.drain(), gateway.drain()]);
    await nats.stop();
  });

  const following = (): Acknowledgements =>
    new Acknowledgements({
      inboxes: relay.inboxes,
      registry,
      steps: relay.steps,
      limits: LIMITS,
      everyMs: 20,
      redoMs: 50,
      log,
    });
  const followSteps = async (): Promise<void> => {
    for await (const batch of (await gateway.journal('STEPS', { durable: 'test' })).batches()) {
      for (const { body } of batch.items) steps.push(JSON.parse(Buffer.from(body).toString()) as Step);
      await batch.ack();
    }
  };
  const subscribe = async (more: Partial<Subscription> = {}): Promise<string> => {
    const id = randomUUID();
    const now = new Date().toISOString();
    const fixed = { id, ods: ODS, application: 'records', types: ['*'], filters: [], sinksecrets: [], config: {} };
    const moving = { start: {}, created: now, updated: now, revision: 0 };
    await registry.create('subscription', { ...fixed, protocol: 'NATS', status: 'active', ...moving, ...more });
    return id;
  };
  const channel = (): NatsChannel =>
    new NatsChannel({ inboxes: relay.inboxes, account: () => ODS, limits: LIMITS, timeoutMs: 5_000, fullMs: 7_000 });
  const deliver = (subscription: string, event = anEvent(), marks = {}) =>
    channel().deliver(
      event,
      {
        sink: '',
        identity: String(event.attributes['id']),
        subscription,
        config: {},
        marks,
        trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
        sign: () => ({}),
      },
      new AbortController().signal,
    );
  const consumerOf = (subscription: string) =>
    waitFor('the consumer of the subscription', () =>
      jetstream(tenant, { apiPrefix: TENANT_API_PREFIX }).consumers.get(ODS, subscription),
    );
  const acknowledgedIds = (subscription: string): string[] =>
    steps.filter((step) => step.subscription === subscription).map(({ eventid }) => eventid);

  it('hands each event to a client as it was sent, with marks and trace beside it', async () => {
    const id = await subscribe();
    const event = anEvent();
    expect(await deliver(id, event, { replay: 'r1', late: 'newer ö' })).toMatchObject({ kind: 'delivered' });
    const message = await (await consumerOf(id)).next({ expires: PATIENT_MS });
    const pairs = [...message!.headers!].map(([name, [value]]): [string, string] => [name, value!]);
    expect(decodeNats(pairs, message!.data)).toEqual(event);
    expect(Object.fromEntries(pairs)).toMatchObject({
      'signalbox-replay': 'r1',
      'signalbox-late': 'newer%20%C3%B6',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(Buffer.from(message!.data).toString()).toBe(DATA);
    await message!.ackAck();
  });

  it('turns acknowledgements into steps in the order of the events, whatever the order in which they come', async () => {
    const id = await subscribe();
    const events = Array.from({ length: 6 }, () => anEvent());
    for (const event of events) await deliver(id, event);
    const ids = events.map(({ attributes }) => String(attributes['id']));
    const messages = await (await consumerOf(id)).fetch({ max_messages: 6, expires: PATIENT_MS });
    const taken = [];
    for await (const message of messages) taken.push(message);
    for (const message of taken.slice(3).reverse()) await message.ackAck();
    // Whatever was acknowledged later elsewhere is recorded, and of these nothing.
    const other = await subscribe();
    await deliver(other);
    await (await (await consumerOf(other)).next({ expires: PATIENT_MS }))!.ackAck();
    await waitFor('the other', () => acknowledgedIds(other).length === 1);
    expect(acknowledgedIds(id)).toEqual([]);
    for (const message of taken.slice(0, 3).reverse()) await message.ackAck();
    await waitFor('all six', () => acknowledgedIds(id).length === 6);
    expect(acknowledgedIds(id)).toEqual(ids);
    const [step] = steps.filter(({ eventid }) => eventid === ids[0]);
    expect(step).toMatchObject({ kind: 'acknowledged', state: 'acknowledged', org: ODS, channel: 'NATS' });
  });

  it('keeps one event once, however often the same delivery is tried, and again when it is replayed', async () => {
    const id = await subscribe();
    const event = anEvent();
    await Promise.all([deliver(id, event), deliver(id, event)]);
    await deliver(id, event, { replay: 'r1' });
    const behind = anEvent();
    await deliver(id, behind);
    const consumer = await consumerOf(id);
    const came: unknown[] = [];
    while (came.at(-1) !== behind.attributes['id'])
      came.push((await consumer.next({ expires: PATIENT_MS }))!.headers!.get('ce-id'));
    expect(came).toEqual([event, event, behind].map(({ attributes }) => attributes['id']));
  });

  it('drops nothing when it is full: it asks to be left alone, and goes on when there is room', async () => {
    const [full, other] = [await subscribe(), await subscribe()];
    const outcomes = [];
    for (let count = 0; count <= LIMITS.events; count++) outcomes.push(await deliver(full));
    expect(outcomes.filter(({ kind }) => kind === 'delivered')).toHaveLength(LIMITS.events);
    expect(outcomes.at(-1)).toMatchObject({ kind: 'retry', reason: 'endpoint-overloaded', afterMs: 7_000 });
    expect(await deliver(other)).toMatchObject({ kind: 'delivered' });
    const message = await (await consumerOf(full)).next({ expires: PATIENT_MS });
    await message!.ackAck();
    expect(await deliver(full)).toMatchObject({ kind: 'delivered' });
    await expect(
      relay.inboxes.deposit({ ods: ODS, subscription: full, event: anEvent(), identity: 'x', headers: {} }, LIMITS),
    ).rejects.toThrow(EngineFull);
  });

  it('loses no acknowledgement while no relay runs, nor over a kill of the engine', async () => {
    const id = await subscribe();
    const [first, second] = [anEvent(), anEvent()];
    await deliver(id, first);
    await deliver(id, second);
    await acknowledgements.stop();
    const consumer = await consumerOf(id);
    const taken = [];
    for await (const message of await consumer.fetch({ max_messages: 2, expires: PATIENT_MS })) taken.push(message);
    for (const message of taken) await message.ackAck();
    await nats.kill();
    await waitFor('the relay to be cut off', () => !relay.status().connected);
    await nats.restart();
    // What it asks before is lost, and it waits for the answer for five seconds.
    await waitFor('the relay to be back', () => relay.status().connected);
    acknowledgements = following();
    await acknowledgements.start();
    await waitFor('both', () => acknowledgedIds(id).length === 2, { within: 15_000 });
    // What was in hand when the engine died is handed out again later, behind what is newer.
    const ids = [first, second].map(({ attributes }) => attributes['id']);
    expect(acknowledgedIds(id).toSorted()).toEqual(ids.toSorted());
  });

  it('goes with the subscription, and leaves nothing of it behind', async () => {
    const { user, password: pass } = nats.users.gateway;
    const looking = await connect({ servers: nats.url, user, pass, inboxPrefix: `_INBOX_${user}` });
    const manager = await jetstream(looking).jetstreamManager();
    const id = await subscribe();
    await deliver(id);
    await registry.deleteSubscription(id);
    await waitFor('the inbox to have forgotten it', async () => !(await relay.inboxes.subscriptions(ODS)).includes(id));
    const left = await manager.streams.info(ODS, { subjects_filter: `inbox.${ODS}.${id}` });
    expect(left.state.subjects ?? {}).toEqual({});
    await looking.close();
  });
});
