import { randomUUID } from 'node:crypto';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Client } from '@signalbox/client';
import { TENANT_API_PREFIX } from '@signalbox/messaging';
import { askDoor, examples, startHouse, type TestHouse, waitFor } from '../support/index.js';
import {
  answerTo,
  type Belongings,
  type EngineContents,
  mayHear,
  subjectsToAsk,
  subjectsToHear,
} from './fixtures/tenant-probes.js';

const CODES = ['X9G1P', 'X9H2T', 'X9L3B'];
const TYPE = 'org.signalbox.result.reported.v1';
const TYPES = [...new Set(examples('accepts').map(({ type }) => type))];

interface Tenant extends Belongings {
  readonly client: Client;
  readonly nats: NatsConnection;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** Bodies that reach far when nobody asks who sends them. */
const BODIES = [
  {},
  { dryrun: false, selection: { all: true }, from: { missed: true }, to: 'now', note: 'probe', active: false },
];

describe('whatever an organisation tries to reach of another', () => {
  let house: TestHouse;
  let engine: NatsConnection;
  let manager: JetStreamManager;
  let tenants: Tenant[];
  let contents: EngineContents;
  let routes: Route[];
  let probes = 0;

  beforeAll(async () => {
    house = await startHouse();
    const { gateway } = house.secrets.natsPasswords;
    engine = await connect({
      servers: house.urls.nats,
      user: 'gateway',
      pass: gateway,
      inboxPrefix: '_INBOX_gateway',
    });
    manager = await jetstreamManager(engine);
    tenants = [];
    for (const ods of CODES) tenants.push(await furnished(ods));
    contents = await contentsOfEngine();
    routes = await routesOf(house);
  });
  afterAll(async () => {
    await Promise.all(tenants.map(({ nats }) => nats.close()));
    await engine.close();
    await house.stop();
    console.log(`${String(probes)} probes of one organisation at another, over NATS and HTTP.`);
  });

  /** An organisation with subscriptions of its own, and an event that is for nobody else, unread in its inbox. */
  const furnished = async (ods: string): Promise<Tenant> => {
    const client = await house.enrol({
      ods,
      grants: [
        ['publish', 'org.signalbox.*'],
        ['subscribe', 'org.signalbox.*'],
      ],
    });
    const nats = await house.nats(ods);
    const [inbox, pull] = [
      await client.subscriptions.create({ types: [TYPE], protocol: 'NATS' }),
      await client.subscriptions.create({ types: [TYPE], protocol: 'PULL' }),
    ];
    const { targetorg: _everyone, ...example } = examples('accepts').find(({ type }) => type === TYPE)!.event;
    const own = { id: randomUUID(), correlationid: randomUUID(), source: `urn:ods:${ods}:system`, targetorg: ods };
    const event = { ...example, ...own, time: new Date().toISOString() };
    const { status } = await askDoor(nats, `publish.${TYPE}`, JSON.stringify(event));
    expect(status).toBe('202');
    await waitFor(`the inbox of ${ods}`, async () => (await manager.streams.info(ods)).state.messages === 1);
    const identifiers = [inbox.id, pull.id, own.id, own.correlationid];
    return { ods, application: 'system', identifiers, inbox: inbox.id, client, nats };
  };

  const contentsOfEngine = async (): Promise<EngineContents> => {
    const found = [];
    for await (const { config } of manager.streams.list()) {
      const consumers: string[] = [];
      for await (const { name } of manager.consumers.list(config.name)) consumers.push(name);
      found.push({ stream: config.name, consumers });
    }
    return found;
  };

  const others = (tenant: Tenant): Tenant[] => tenants.filter(({ ods }) => ods !== tenant.ods);

  it('is there for its owner: the same ways lead to its own', async () => {
    for (const { nats, ods, inbox, client } of tenants) {
      const own = `${TENANT_API_PREFIX}.CONSUMER.INFO.${ods}.${inbox}`;
      expect(await answerTo(nats, own, 30_000)).toContain(inbox);
      expect((await client.subscriptions.get(inbox)).id).toBe(inbox);
    }
    const streams = contents.map(({ stream }) => stream);
    expect(streams).toEqual(expect.arrayContaining([...CODES, 'STEPS', 'DEPOSITS', 'EVENTS_RESULT', 'KV_REGISTRY']));
    expect(routes.length).toBeGreaterThan(30);
  });

  it('nobody answers on any subject of NATS', async () => {
    const leaks: string[] = [];
    const before = await countsOfEngine();
    await Promise.all(
      tenants.map(async (tenant) => {
        for (const subject of subjectsToAsk(tenant, others(tenant), contents, TYPES)) {
          probes += 1;
          const answer = await answerTo(tenant.nats, subject);
          if (answer !== undefined) leaks.push(`${tenant.ods} was answered on ${subject}`);
        }
      }),
    );
    expect(leaks).toEqual([]);
    expect(await countsOfEngine()).toEqual(before);
  });

  const countsOfEngine = async () => {
    const counts: Record<string, number> = {};
    for (const ods of CODES) {
      const { state } = await manager.streams.info(ods);
      const { num_ack_pending: taken } = await manager.consumers.info(
        ods,
        tenants.find((one) => one.ods === ods)!.inbox,
      );
      Object.assign(counts, { [`${ods} unread`]: state.messages, [`${ods} handed out`]: taken });
    }
    for (const stream of ['EVENTS_RESULT', 'KV_REGISTRY'])
      counts[stream] = (await manager.streams.info(stream)).state.last_seq;
    return counts;
  };

  it('nothing is overheard on any subject of NATS, whatever goes on meanwhile', async () => {
    const leaks: string[] = [];
    for (const tenant of tenants) {
      for (const subject of subjectsToHear(others(tenant), contents)) {
        probes += 1;
        const heard = (text: string): void => void leaks.push(`${tenant.ods} heard on ${subject}: ${text}`);
        if (await mayHear(tenant.nats, subject, heard)) leaks.push(`${tenant.ods} may listen on ${subject}`);
      }
    }
    // Answers have the same names in every account, and stay in it.
    const sameName = `_INBOX_${tenants[0]!.application}.>`;
    for (const tenant of tenants) {
      const listening = tenant.nats.subscribe(sameName, {
        callback: (_error, { subject }) => void leaks.push(`${tenant.ods} heard an answer on ${subject}`),
      });
      await tenant.nats.flush();
      for (const { nats, ods, inbox } of others(tenant)) {
        probes += 1;
        const reader = await jetstream(nats, { apiPrefix: TENANT_API_PREFIX }).consumers.get(ods, inbox);
        const message = await reader.next({ expires: 30_000 });
        message!.nak();
        await nats.flush();
      }
      await tenant.nats.flush();
      listening.unsubscribe();
    }
    expect(leaks).toEqual([]);
  });

  it('no call of HTTP tells of it or touches it', async () => {
    const leaks: string[] = [];
    await Promise.all(
      tenants.map(async (tenant) => {
        const token = await tenant.client.token();
        for (const other of others(tenant)) {
          for (const { method, path, body } of callsAt(other, routes)) {
            probes += 1;
            const answer = await call(method, path, token, body);
            leaks.push(...leaksIn(answer, `${tenant.ods}: ${method} ${path}`, other, path));
          }
        }
      }),
    );
    expect(leaks).toEqual([]);
    for (const { client, identifiers, inbox } of tenants) {
      const mine = await client.subscriptions.list();
      expect(mine.filter(({ id }) => identifiers.includes(id)).map(({ status }) => status)).toEqual([
        'active',
        'active',
      ]);
      expect(mine.find(({ id }) => id === inbox)?.protocol).toBe('NATS');
    }
  });

  it('is still there for its owner, who reads it, acknowledges it, and sees that it is acknowledged', async () => {
    for (const { nats, ods, inbox, identifiers, client } of tenants) {
      const reader = await jetstream(nats, { apiPrefix: TENANT_API_PREFIX }).consumers.get(ods, inbox);
      const message = await reader.next({ expires: 30_000 });
      expect(message?.headers?.get('ce-id')).toBe(identifiers[2]);
      await message!.ackAck();
      await waitFor(`the acknowledgement of ${ods} in the ledger`, async () => {
        const { events } = await client.journey(identifiers[3]!);
        const states = events.flatMap(({ deliveries }) => deliveries);
        return states.find(({ subscription }) => subscription === inbox)?.state === 'acknowledged';
      });
    }
  });

  const call = async (method: string, path: string, token: string, body?: object) => {
    const answer = await fetch(house.urls.gateway + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: answer.status, text: await answer.text() };
  };
});

async function routesOf(house: TestHouse): Promise<Route[]> {
  const document = (await (await fetch(`${house.urls.gateway}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    ['get', 'post', 'put', 'patch', 'delete']
      .filter((method) => method in operations)
      .map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/** Every call with every identifier of another in every place that a call has for one. */
function callsAt(other: Belongings, routes: readonly Route[]): { method: string; path: string; body?: object }[] {
  const query = `source=${encodeURIComponent(`urn:ods:${other.ods}:${other.application}`)}`;
  return routes.flatMap(({ method, path }) => {
    const paths = path.includes('{')
      ? [other.ods, ...other.identifiers].map((id) => path.replaceAll(/\{[^}]+\}/g, id))
      : [path];
    const bodies = method === 'GET' || method === 'DELETE' ? [undefined] : BODIES;
    return paths.flatMap((one) =>
      bodies.map((body) => ({ method, path: `${one}?${query}`, ...(body !== undefined && { body }) })),
    );
  });
}

/** Told of what the caller did not name itself, or served with what it did. */
function leaksIn(answer: { status: number; text: string }, what: string, other: Belongings, path: string): string[] {
  const told = other.identifiers.filter((id) => answer.text.includes(id) && !path.includes(id));
  const named = [other.ods, ...other.identifiers].some((id) => path.split('?')[0]!.includes(id));
  const served = named && answer.status < 300;
  const failed = answer.status >= 500;
  return [
    ...(told.length > 0 ? [`${what} told of another's`] : []),
    ...(served ? [`${what} was served with ${String(answer.status)}`] : []),
    ...(failed ? [`${what} ended in ${String(answer.status)}`] : []),
  ];
}
