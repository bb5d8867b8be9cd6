import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { connectTenant, newNatsKey, type NatsUser, startNats, type TestNats, waitFor } from '../support/index.js';

describe('the NATS configuration of a deployment', () => {
  let nats: TestNats;
  const open: NatsConnection[] = [];

  beforeAll(async () => {
    nats = await startNats();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((connection) => connection.close()));
  });
  afterAll(() => nats.stop());

  const as = async (name: NatsUser): Promise<NatsConnection> => {
    const { user, password } = nats.users[name];
    const connection = await connect({ servers: nats.url, user, pass: password, inboxPrefix: `_INBOX_${name}` });
    open.push(connection);
    return connection;
  };

  /** What the server says against one publish; it says nothing when it allows it, so a round trip comes after. */
  const objection = async (name: NatsUser, subject: string): Promise<string | undefined> => {
    const connection = await as(name);
    const heard: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === 'error') heard.push(status.error.message);
    })();
    connection.publish(subject, 'x');
    await connection.flush();
    // The objection comes before the answer to the flush and is handed on in a turn of its own.
    await new Promise(setImmediate);
    return heard.find((message) => message.includes(subject));
  };

  it('acknowledges only what is on disk', async () => {
    const answer = await fetch(`${nats.monitorUrl}/varz`);
    const { jetstream } = (await answer.json()) as { jetstream: { config: { sync_always?: boolean } } };
    expect(jetstream.config.sync_always).toBe(true);
  });

  it('lets an organisation ask the gateway in its own account, and hear the answer', async () => {
    const key = newNatsKey();
    await nats.tenants([{ ods: 'X9L3B', applications: [{ id: 'lims', natskeys: [key.publicKey] }] }]);
    const gateway = await as('gateway');
    gateway.subscribe('publish.>', {
      queue: 'gateway',
      callback: (_error, message) => void message.respond(`asked on ${message.subject}`),
    });
    await gateway.flush();
    const laboratory = await connectTenant(nats.url, key, 'lims');
    open.push(laboratory);
    const answer = await laboratory.request('publish.org.signalbox.result.reported.v1', 'x', { timeout: 10_000 });
    expect(answer.string()).toBe('asked on publish.X9L3B.org.signalbox.result.reported.v1');
  });

  it.each<[NatsUser, string]>([
    ['steward', 'events.result.reported.v1.X9L3B'],
    ['steward', '$JS.API.STREAM.NAMES'],
    ['steward', '$JS.API.STREAM.MSG.GET.EVENTS_RESULT'],
    ['steward', '$KV.REGISTRY.organisations.X9L3B'],
    ['steward', 'publish.X9L3B.org.signalbox.result.reported.v1'],
    ['relay', 'publish.X9L3B.org.signalbox.result.reported.v1'],
    ['ledger', 'publish.X9L3B.org.signalbox.result.reported.v1'],
    ['ledger', 'inbox.X9L3B.a'],
    ['relay', 'events.result.reported.v1.X9L3B'],
    ['ledger', 'events.result.reported.v1.X9L3B'],
    ['ledger', 'events.referral.requested.v1.X9S0B'],
    ['relay', 'events.operations.alert-raised.v1.X9S0B'],
    ['ledger', 'parked.x'],
    ['ledger', '$KV.REGISTRY.people.X9L3B.person-0123456789abcdef'],
    ['gateway', 'publish.X9L3B.org.signalbox.result.reported.v1'],
    ['gateway', 'inbox.X9L3B.a'],
    ['gateway', '$JS.API.STREAM.DELETE.EVENTS_RESULT'],
    ['relay', '$JS.API.STREAM.PURGE.EVENTS_RESULT'],
    ['ledger', '$JS.API.STREAM.MSG.DELETE.EVENTS_RESULT'],
  ])('denies %s to publish on %s', async (user, subject) => {
    expect(await objection(user, subject)).toMatch(/permissions violation/i);
  });

  it.each<[NatsUser, string]>([
    ['gateway', 'events.result.reported.v1.X9L3B'],
    ['gateway', 'events.operations.outage-declared.v1.X9S0B'],
    ['ledger', 'events.operations.alert-raised.v1.X9S0B'],
    ['relay', 'steps.delivered'],
    ['ledger', '$JS.API.STREAM.INFO.STEPS'],
  ])('allows %s to publish on %s', async (user, subject) => {
    expect(await objection(user, subject)).toBeUndefined();
  });

  it.each<[NatsUser, string]>([
    ['steward', '_INBOX_gateway.>'],
    ['steward', 'events.>'],
    ['steward', '>'],
    ['relay', '_INBOX_ledger.>'],
    ['ledger', 'publish.>'],
  ])('denies %s to listen on %s', async (user, subject) => {
    const connection = await as(user);
    const heard: string[] = [];
    connection.subscribe(subject, { callback: (error) => void heard.push(error?.message ?? 'nothing') });
    expect(await waitFor('the server to object', () => heard[0])).toMatch(/permissions violation/i);
  });

  it('refuses a wrong password', async () => {
    await expect(
      connect({ servers: nats.url, user: 'gateway', pass: 'wrong', maxReconnectAttempts: 0 }),
    ).rejects.toThrow(/authorization/i);
  });
});
