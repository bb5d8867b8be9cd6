import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Engine } from '@signalbox/messaging';
import { ensureOperator, OPERATOR, Registry, type Grant, type Subscription } from '@signalbox/registry';
import { createLog } from '@signalbox/runtime';
import { exportJWK, generateKeyPair } from 'jose';
import { startNats, waitFor, type NatsUser, type TestNats } from '../support/index.js';

const log = createLog('test', 'silent');

const grant = (id: string, more: Partial<Grant> = {}): Grant => ({
  id,
  ods: 'X9H2T',
  application: 'tie',
  action: 'publish',
  types: 'org.signalbox.result.*',
  purpose: 'direct care',
  ...more,
});

const subscription = (id: string): Subscription => ({
  id,
  ods: 'X9H2T',
  application: 'tie',
  types: ['org.signalbox.result.reported.v1'],
  filters: [],
  protocol: 'HTTP',
  sink: 'https://receiver.example/events',
  sinksecrets: [],
  config: {},
  status: 'active',
  start: { result: 1 },
  created: '2026-11-21T09:00:00Z',
  updated: '2026-11-21T09:00:00Z',
  revision: 0,
});

describe('the registry over a real engine', () => {
  let nats: TestNats;
  const engines: Engine[] = [];
  let gateway: Registry;
  let relay: Registry;

  const connect = async (user: NatsUser): Promise<Engine> => {
    const engine = await Engine.connect({ servers: nats.url, name: user, log, ...nats.users[user] });
    engines.push(engine);
    return engine;
  };

  beforeAll(async () => {
    nats = await startNats();
    const engine = await connect('gateway');
    await engine.ensureTopology();
    gateway = await Registry.open(engine, log);
    relay = await Registry.open(await connect('relay'), log);
    await gateway.putOrganisation({ ods: 'X9H2T', name: 'Hospital trust', active: true });
    await gateway.putApplication({ ods: 'X9H2T', id: 'tie', name: 'Integration engine', active: true, keys: [] });
  });

  afterAll(async () => {
    gateway.close();
    relay.close();
    await Promise.all(engines.map((engine) => engine.drain()));
    await nats.stop();
  });

  it('knows at once what it wrote itself, and soon what another process wrote', async () => {
    await gateway.putGrant(grant('g1'));
    expect(
      gateway.allows({ ods: 'X9H2T', application: 'tie' }, 'publish', 'org.signalbox.result.reported.v1')?.id,
    ).toBe('g1');
    await waitFor('the relay knows the grant', () => relay.grants('X9H2T').find(({ id }) => id === 'g1'));
  });

  it('denies by default: another action, type, application or organisation', () => {
    const type = 'org.signalbox.result.reported.v1';
    const tie = { ods: 'X9H2T', application: 'tie' };
    expect(gateway.allows(tie, 'subscribe', type)).toBeUndefined();
    expect(gateway.allows(tie, 'publish', 'org.signalbox.referral.requested.v1')).toBeUndefined();
    expect(gateway.allows(tie, 'publish', 'org.signalbox.resultant.v1')).toBeUndefined();
    expect(gateway.allows({ ods: 'X9H2T', application: 'other' }, 'publish', type)).toBeUndefined();
    expect(gateway.allows({ ods: 'X9G1P', application: 'tie' }, 'publish', type)).toBeUndefined();
  });

  it('grants a pattern only where a grant covers all of it', () => {
    const tie = { ods: 'X9H2T', application: 'tie' };
    expect(gateway.allows(tie, 'publish', 'org.signalbox.result.*')).toBeDefined();
    expect(gateway.allows(tie, 'publish', 'org.signalbox.*')).toBeUndefined();
    expect(gateway.allows(tie, 'publish', '*')).toBeUndefined();
  });

  it('forgets a decision when the grant is deleted, expires, or the application is switched off', async () => {
    const tie = { ods: 'X9H2T', application: 'tie' };
    const type = 'org.signalbox.booking.booked.v1';
    const allowed = (): boolean => gateway.allows(tie, 'publish', type) !== undefined;
    expect(allowed()).toBe(false);
    await gateway.putGrant(grant('g2', { types: type, application: '*' }));
    expect(allowed()).toBe(true);
    await gateway.putApplication({ ods: 'X9H2T', id: 'tie', name: 'Integration engine', active: false, keys: [] });
    expect(allowed()).toBe(false);
    await gateway.putApplication({ ods: 'X9H2T', id: 'tie', name: 'Integration engine', active: true, keys: [] });
    expect(allowed()).toBe(true);
    const ending = async (end: number): Promise<void> => {
      const expires = new Date(end).toISOString();
      await gateway.putGrant(grant('g2', { types: type, application: '*', expires }));
    };
    // A busy machine may take longer than any short time: until one decision was remembered before the end.
    await waitFor('a decision that ends', async () => {
      await ending(Date.now() + 150);
      return allowed();
    });
    await waitFor('the grant has expired', () => !allowed());
    const end = Date.now() + 3_600_000;
    await ending(end);
    const allowedAt = (at: number): boolean => gateway.allows(tie, 'publish', type, at) !== undefined;
    expect([allowed(), allowedAt(end - 1), allowedAt(end)]).toEqual([true, true, false]);
    await gateway.deleteGrant('X9H2T', 'g2');
    expect([allowed(), allowedAt(end - 1)]).toEqual([false, false]);
  });

  it('loses no change when two processes change one subscription at the same time', async () => {
    await gateway.create('subscription', subscription('s1'));
    const add = (registry: Registry, name: string): Promise<Subscription> =>
      registry.changeSubscription('s1', (current) => ({ ...current, config: { ...current.config, [name]: true } }));
    await Promise.all([add(gateway, 'a'), add(relay, 'b'), add(gateway, 'c'), add(relay, 'd')]);
    const settled = await waitFor('both know all four', () =>
      [gateway, relay].every((one) => Object.keys(one.subscription('s1')?.config ?? {}).length === 4),
    );
    expect(settled).toBe(true);
    expect(gateway.subscription('s1')?.revision).toBe(relay.subscription('s1')?.revision);
  });

  it('refuses to create what exists and to change what does not', async () => {
    await expect(gateway.create('subscription', subscription('s1'))).rejects.toMatchObject({ code: 'SB-4091' });
    await expect(gateway.changeSubscription('none', (one) => one)).rejects.toMatchObject({ code: 'SB-4040' });
    await expect(gateway.putOrganisation({ ods: 'x9.*', name: 'No', active: true })).rejects.toMatchObject({
      code: 'SB-4220',
    });
  });

  it('keeps both changes when an organisation is renamed and switched off at the same time', async () => {
    await gateway.putOrganisation({ ods: 'X9L3B', name: 'Laboratory', active: true });
    await Promise.all([
      gateway.changeOrganisation('X9L3B', (current) => ({ ...current, name: 'Pathology laboratory' })),
      relay.changeOrganisation('X9L3B', (current) => ({ ...current, active: false })),
    ]);
    const expected = { ods: 'X9L3B', name: 'Pathology laboratory', active: false };
    await waitFor('both know both', () =>
      [gateway, relay].every((one) => JSON.stringify(one.organisation('X9L3B')) === JSON.stringify(expected)),
    );
    await gateway.deleteOrganisation('X9L3B');
    expect(gateway.organisation('X9L3B')).toBeUndefined();
  });

  it('tells listeners of changes and deletions that another process made', async () => {
    const told: [string, string | undefined][] = [];
    const stop = relay.onChange('subscription', (key, value) => told.push([key, value?.status]));
    // One after the other: of changes that follow too fast only the last one is told.
    await gateway.create('subscription', subscription('s2'));
    await waitFor('that it came', () => told.length === 1);
    await gateway.changeSubscription('s2', (current) => ({ ...current, status: 'paused' }));
    await waitFor('that it changed', () => told.length === 2);
    await gateway.deleteSubscription('s2');
    await waitFor('that it went', () => told.length === 3);
    stop();
    expect(told).toEqual([
      ['subscriptions.s2', 'active'],
      ['subscriptions.s2', 'paused'],
      ['subscriptions.s2', undefined],
    ]);
    expect(gateway.subscription('s2')).toBeUndefined();
  });

  it('takes the most specific stage and enforces where none is set', async () => {
    await gateway.putStage({ ods: 'X9H2T', type: '*', strictness: 'observe' });
    await gateway.putStage({ ods: 'X9H2T', type: 'org.signalbox.result.*', strictness: 'warn' });
    await gateway.putStage({ ods: 'X9H2T', type: 'org.signalbox.result.reported.v1', strictness: 'enforce' });
    expect(gateway.stage('X9H2T', 'org.signalbox.booking.booked.v1')).toBe('observe');
    expect(gateway.stage('X9H2T', 'org.signalbox.result.corrected.v1')).toBe('warn');
    expect(gateway.stage('X9H2T', 'org.signalbox.result.reported.v1')).toBe('enforce');
    expect(gateway.stage('X9G1P', 'org.signalbox.result.reported.v1')).toBe('enforce');
  });

  it('sets the operator up once, and replaces its key when another is given', async () => {
    const key = async (): Promise<object> => ({
      ...(await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).publicKey)),
      alg: 'EdDSA',
    });
    const [first, second] = [await key(), await key()];
    await ensureOperator(gateway, first);
    await Promise.all([ensureOperator(gateway, first), ensureOperator(relay, first)]);
    expect(gateway.grants(OPERATOR.ods)).toHaveLength(1);
    expect(gateway.allows(OPERATOR, 'administer', '*')).toBeDefined();
    await ensureOperator(gateway, second);
    expect(gateway.application(OPERATOR.ods, OPERATOR.application)?.keys).toMatchObject([second]);
    expect(gateway.grants(OPERATOR.ods)).toHaveLength(1);
  });

  it('serves the whole state to a process that starts later', async () => {
    const ledger = await Registry.open(await connect('ledger'), log);
    expect(
      ledger
        .organisations()
        .map(({ ods }) => ods)
        .sort(),
    ).toEqual(['X9H2T', 'X9S0B']);
    expect(ledger.subscriptions({ ods: 'X9H2T' }).map(({ id }) => id)).toEqual(['s1']);
    ledger.close();
  });

  it('serves on while the engine is away, says so, refuses writes for now, and catches up afterwards', async () => {
    await nats.kill();
    await waitFor('degraded', () => gateway.health().state === 'degraded');
    expect(
      gateway.allows({ ods: 'X9H2T', application: 'tie' }, 'publish', 'org.signalbox.result.reported.v1'),
    ).toBeDefined();
    await expect(gateway.deleteGrant('X9H2T', 'g1')).rejects.toMatchObject({ code: 'SB-5030', retryable: true });
    await nats.restart();
    await waitFor('up again', () => gateway.health().state === 'up' && relay.health().state === 'up', {
      within: 20_000,
    });
    await waitFor('a write', () => gateway.putGrant(grant('after', { action: 'trace' })), { within: 20_000 });
    await waitFor('the relay to catch up', () => relay.grants('X9H2T').some(({ id }) => id === 'after'), {
      within: 20_000,
    });
  });
});
