import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test } from '@jest/globals';
import { newSecret, signWebhook } from '@signalbox/contracts';
import { decodeJwt, decodeProtectedHeader } from 'jose';

import { createClient } from './client.js';
import type { Client, ClientOptions } from './client.js';
import type { ReceivedEvent } from './events.js';
import { newKeyPair } from './keys.js';
import { SignalboxError } from './problem.js';
import { receiveWebhook } from './received.js';
import { clientAssertion } from './token.js';

/** What the other side got. */
interface Heard {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}
type Script = (heard: Heard, attempt: number) => Answer | 'hang-up' | 'silence';

const EVENT = {
  specversion: '1.0',
  id: 'e-1',
  source: 'urn:ods:X9G1P:gp',
  type: 'org.example.a.v1',
  time: '2026-03-02T09:30:00Z',
};
const ACCEPTED = { id: 'e-1', source: EVENT.source, journey: 'j-1', state: 'accepted', duplicate: false };
const servers: Server[] = [];

/** A gateway that fails on demand, which the real one cannot be asked to do. Attempts are counted for each path. */
async function scriptedGateway(script: Script): Promise<{ url: string; heard: Heard[] }> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      heard.push(one);
      const answer = script(one, heard.filter(({ path }) => path === url).length);
      if (answer === 'silence') return;
      if (answer === 'hang-up') return void request.socket.destroy();
      const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {});
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.status === 204 ? undefined : body);
    })();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

function clientOf(gateway: string, o: Partial<ClientOptions> = {}): Client {
  return createClient({ gateway, credentials: { token: 't' }, firstPauseMs: 1, longestPauseMs: 5, ...o });
}

async function failureOf(promise: Promise<unknown>): Promise<SignalboxError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SignalboxError);
  return error as SignalboxError;
}

function batchItems(heard: Heard): { id: string }[] {
  return JSON.parse(heard.body) as { id: string }[];
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('publishing', () => {
  test('sends the very same bytes again while the engine is away, and then tells the acceptance', async () => {
    const away = { status: 503, body: { code: 'SB-5030', title: 'away', detail: 'away' } };
    const gateway = await scriptedGateway((_heard, attempt) =>
      attempt === 1 ? away : attempt === 2 ? 'hang-up' : { status: 202, body: ACCEPTED },
    );
    const bytes = Buffer.from(`  ${JSON.stringify(EVENT)}\n`);
    await expect(clientOf(gateway.url).publish(bytes)).resolves.toEqual(ACCEPTED);
    expect(gateway.heard.map(({ body }) => body)).toEqual([1, 2, 3].map(() => bytes.toString()));
    expect(gateway.heard[0]!.headers['content-type']).toBe('application/cloudevents+json');
  });

  test('does not send a refused event again, and carries the findings and the trace id', async () => {
    const findings = [{ path: '/time', rule: 'time', expected: 'a time', fix: 'set it', doc: '/docs/rules#time' }];
    const body = { code: 'SB-2004', title: 'no', detail: 'no good', findings, traceid: 'abc' };
    const gateway = await scriptedGateway(() => ({ status: 422, body }));
    const error = await failureOf(clientOf(gateway.url).publish(EVENT));
    expect(error).toMatchObject({ code: 'SB-2004', status: 422, kind: 'refused', findings, traceid: 'abc' });
    expect(gateway.heard).toHaveLength(1);
  });

  test('waits as long as Retry-After asks', async () => {
    const gateway = await scriptedGateway((_heard, attempt) =>
      attempt === 1 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 202, body: ACCEPTED },
    );
    const started = performance.now();
    await clientOf(gateway.url).publish(EVENT);
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
  });

  test('gives up at once when Retry-After asks for more than the patience that is left', async () => {
    const gateway = await scriptedGateway(() => ({ status: 503, headers: { 'retry-after': '60' } }));
    const error = await failureOf(clientOf(gateway.url, { retryForMs: 500 }).publish(EVENT));
    expect(error).toMatchObject({ kind: 'unavailable', retryAfterMs: 60_000 });
    expect(gateway.heard).toHaveLength(1);
  });

  test('sends again when nobody answers in time', async () => {
    const gateway = await scriptedGateway((_heard, attempt) =>
      attempt === 1 ? 'silence' : { status: 202, body: ACCEPTED },
    );
    const waits: string[] = [];
    const onRetry = ({ code }: SignalboxError): number => waits.push(code);
    await expect(clientOf(gateway.url, { timeoutMs: 200, onRetry }).publish(EVENT)).resolves.toEqual(ACCEPTED);
    expect(waits).toContain('timed-out');
  });

  test('says that nobody answered in time, and that trying again is safe', async () => {
    const gateway = await scriptedGateway(() => 'silence');
    const error = await failureOf(clientOf(gateway.url, { timeoutMs: 40, retryForMs: 0 }).publish(EVENT));
    expect(error).toMatchObject({ code: 'timed-out', kind: 'unavailable' });
  });

  test('does not follow a redirect, which would carry the token elsewhere', async () => {
    const elsewhere = await scriptedGateway(() => ({ status: 202, body: ACCEPTED }));
    const gateway = await scriptedGateway(() => ({ status: 307, headers: { location: `${elsewhere.url}/events` } }));
    const error = await failureOf(clientOf(gateway.url).publish(EVENT));
    expect(error.code).toBe('not-understood');
    expect(elsewhere.heard).toHaveLength(0);
  });
});

describe('publishing many', () => {
  const events = ['a', 'b', 'c'].map((id) => ({ ...EVENT, id }));
  const itemOf = (id: string, status: number, code?: string) =>
    status === 202 ? { ...ACCEPTED, id, status } : { status, code, title: 'x', detail: 'x', id };

  test('splits at the limits and answers in the order of the events', async () => {
    const gateway = await scriptedGateway((heard) => ({
      status: 200,
      body: { items: batchItems(heard).map(({ id }) => itemOf(id, 202)) },
    }));
    const progress: number[] = [];
    const items = await clientOf(gateway.url, { maxBatchEvents: 2 }).publishBatch(events, {
      onProgress: (settled) => progress.push(settled),
    });
    expect(items.map((item) => item.id)).toEqual(['a', 'b', 'c']);
    expect(progress).toEqual([2, 3]);
    expect(gateway.heard.map((heard) => batchItems(heard).length)).toEqual([2, 1]);
  });

  test('sends only those again that could not be taken for the moment', async () => {
    const gateway = await scriptedGateway((heard, attempt) => ({
      status: 200,
      body: {
        items: batchItems(heard).map(({ id }) => {
          if (id === 'a') return itemOf(id, 422, 'SB-2003');
          return id === 'b' && attempt === 1 ? itemOf(id, 503, 'SB-5030') : itemOf(id, 202);
        }),
      },
    }));
    const items = await clientOf(gateway.url).publishBatch(events);
    expect(items.map(({ status }) => status)).toEqual([422, 202, 202]);
    expect(gateway.heard.map((heard) => batchItems(heard).map(({ id }) => id))).toEqual([['a', 'b', 'c'], ['b']]);
  });
});

describe('tokens', () => {
  test('are asked for with an assertion that names us, the token endpoint, and a new id each time', async () => {
    const { privateKey } = await newKeyPair('ES256');
    const credentials = { organisation: 'X9G1P', application: 'gp', privateKey };
    const audience = 'https://hub.example/oauth2/token';
    const [first, second] = [
      await clientAssertion(credentials, audience),
      await clientAssertion(credentials, audience),
    ];
    const claims = decodeJwt(first);
    expect(claims).toMatchObject({ iss: 'X9G1P.gp', sub: 'X9G1P.gp', aud: audience });
    expect(claims.exp! - claims.iat!).toBeLessThanOrEqual(300);
    expect(decodeProtectedHeader(first)).toMatchObject({ alg: 'ES256', kid: privateKey.kid, typ: 'JWT' });
    expect(claims.jti).not.toBe(decodeJwt(second).jti);
  });

  test('are fetched once for many requests, and fetched anew when one is refused', async () => {
    const { privateKey } = await newKeyPair('EdDSA');
    const gateway = await scriptedGateway((heard, attempt) => {
      if (heard.path === '/oauth2/token') {
        return { status: 200, body: { access_token: `t${attempt}`, token_type: 'Bearer', expires_in: 600 } };
      }
      const isOld = heard.headers.authorization === 'Bearer t1' && attempt > 3;
      return isOld ? { status: 401, body: { code: 'SB-3003' } } : { status: 202, body: ACCEPTED };
    });
    const credentials = { organisation: 'X9G1P', application: 'gp', privateKey };
    const client = clientOf(gateway.url, { credentials });
    await Promise.all([1, 2, 3].map(() => client.publish(EVENT)));
    expect(gateway.heard.filter(({ path }) => path === '/oauth2/token')).toHaveLength(1);
    await client.publish(EVENT);
    expect(gateway.heard.filter(({ path }) => path === '/oauth2/token')).toHaveLength(2);
    expect(gateway.heard.at(-1)!.headers.authorization).toBe('Bearer t2');
  });

  test('that stay refused end in an error that says so', async () => {
    const gateway = await scriptedGateway(() => ({ status: 401, body: { code: 'SB-3002', detail: 'bad' } }));
    const error = await failureOf(clientOf(gateway.url).publish(EVENT));
    expect(error.kind).toBe('unauthenticated');
    expect(gateway.heard).toHaveLength(1);
  });
});

describe('subscriptions', () => {
  test('are not created twice when the connection is lost on the way', async () => {
    const gateway = await scriptedGateway(() => 'hang-up');
    const failure = clientOf(gateway.url).subscriptions.create({ types: ['*'], protocol: 'PULL' });
    expect(await failureOf(failure)).toMatchObject({ code: 'unreachable' });
    expect(gateway.heard).toHaveLength(1);
  });
});

describe('what a receiver asks for itself', () => {
  type Call = [name: string, call: (client: Client) => Promise<unknown>, request: string, body?: unknown];
  const selection = { events: [{ source: 's', id: 'e' }] };
  const calls: Call[] = [
    ['health', ({ subscriptions }) => subscriptions.health('a b'), 'GET /subscriptions/a%20b/health'],
    [
      'a switch',
      ({ subscriptions }) => subscriptions.switchChannel('s', { protocol: 'NATS' }),
      'PATCH /subscriptions/s',
      { protocol: 'NATS' },
    ],
    [
      'a seek',
      ({ subscriptions }) => subscriptions.seek('s', 'now', { dryrun: true }),
      'POST /subscriptions/s/seek',
      { to: 'now', dryrun: true },
    ],
    [
      'an acknowledgement',
      ({ subscriptions }) => subscriptions.acknowledgeEvent('s', { source: 'u', id: 'e' }),
      'POST /subscriptions/s/ack',
      { source: 'u', id: 'e' },
    ],
    [
      'deliveries',
      ({ subscriptions }) => subscriptions.deliveries('s', { state: ['parked', 'expired'], after: 'x=' }),
      'GET /subscriptions/s/deliveries?state=parked%2Cexpired&after=x%3D',
    ],
    [
      'a replay',
      ({ subscriptions }) => subscriptions.replays.start('s', { from: { journey: 'j' }, rate: 2 }),
      'POST /subscriptions/s/replay',
      { from: { journey: 'j' }, rate: 2, dryrun: false },
    ],
    [
      'a look at it',
      ({ subscriptions }) => subscriptions.replays.plan('s', { from: { missed: true } }),
      'POST /subscriptions/s/replay',
      { from: { missed: true }, dryrun: true },
    ],
    ['one replay', ({ subscriptions }) => subscriptions.replays.get('s', 'r'), 'GET /subscriptions/s/replays/r'],
    [
      'a hand-over',
      ({ subscriptions }) => subscriptions.parked.handOver('s', { selection, to: 'desk' }),
      'POST /subscriptions/s/parked/hand-over',
      { selection, to: 'desk', dryrun: false },
    ],
    [
      'a look at parked ones',
      ({ subscriptions }) => subscriptions.parked.plan('s', 'retry', { selection }),
      'POST /subscriptions/s/parked/retry',
      { selection, dryrun: true },
    ],
    [
      'parked ones of a cause',
      ({ subscriptions }) => subscriptions.parked.ofReason('s', 'too-old'),
      'GET /subscriptions/s/parked?reason=too-old',
    ],
    ['recipients', ({ proof }) => proof.recipients('e', 'urn:x'), 'GET /events/e/recipients?source=urn%3Ax'],
    ['a statement', ({ proof }) => proof.statement('2026-11-21', 'X9G1P'), 'GET /statements/2026-11-21?org=X9G1P'],
    ['work items', ({ proof }) => proof.workItems(), 'GET /work-items'],
    [
      'a deadline',
      ({ deadlines }) => deadlines.set('X9H2T', 'org.x', 'delivery', { urgent: 'PT2H' }),
      'PUT /organisations/X9H2T/deadlines/org.x/delivery',
      { times: { urgent: 'PT2H' } },
    ],
    ['the reconciliation', ({ proof }) => proof.reconciliation(), 'GET /reconciliation'],
  ];

  // As objects: a row that is shorter than the parameters would be taken for a test with a callback.
  const rows = calls.map(([name, call, request, body]) => ({ name, call, request, body }));
  test.each(rows)('$name', async ({ call, request, body }) => {
    const gateway = await scriptedGateway(() => ({ status: 200, body: { id: 'x' } }));
    await call(clientOf(gateway.url));
    const [heard] = gateway.heard;
    expect(`${heard!.method} ${heard!.path}`).toBe(request);
    expect(heard!.body === '' ? undefined : JSON.parse(heard!.body)).toEqual(body);
  });

  test('a statement as CSV is asked for as such and handed over as it is', async () => {
    const gateway = await scriptedGateway(() => ({
      status: 200,
      headers: { 'content-type': 'text/csv' },
      body: 'a,b\r\n',
    }));
    expect(await clientOf(gateway.url).proof.statementCsv('2026-11-21')).toBe('a,b\r\n');
    expect(gateway.heard[0]!.headers.accept).toBe('text/csv');
  });

  test.each<[string, (client: Client) => Promise<unknown>]>([
    ['a replay', ({ subscriptions }) => subscriptions.replays.start('s', { from: { missed: true } })],
    ['a secret', ({ subscriptions }) => subscriptions.rotateSecret('s')],
    ['an act', ({ subscriptions }) => subscriptions.parked.retry('s', { selection: { all: true } })],
  ])('%s is not asked for twice when the answer is lost', async (_name, call) => {
    const gateway = await scriptedGateway(() => 'hang-up');
    expect((await failureOf(call(clientOf(gateway.url)))).code).toBe('unreachable');
    expect(gateway.heard).toHaveLength(1);
  });
});

describe('subscribing', () => {
  const content = '{ "resourceType":"Bundle",  "total": 1.0 }';
  const event = (id: string): string => `{"specversion":"1.0","id":"${id}","source":"s","type":"t","data":${content}}`;
  const pulled = (id: string, position = '{"sequence":1}') => ({
    status: 200,
    body: `{"items":[{"event":${event(id)},"position":${position}}],"cursor":"c-1","more":false}`,
  });
  const nothing = { status: 200, body: { items: [], more: false } };

  test('acknowledges only after the handler, hands over the bytes as sent, and takes its subscription away', async () => {
    const order: string[] = [];
    const ending = new AbortController();
    const gateway = await scriptedGateway((heard, attempt) => {
      order.push(`${heard.method} ${heard.path}`);
      if (heard.path === '/subscriptions') return { status: 201, body: { id: 'sub', status: 'active' } };
      if (heard.path.endsWith('/pull')) return attempt === 1 ? pulled('e-1') : nothing;
      if (heard.path.endsWith('/ack')) ending.abort();
      return { status: 204 };
    });
    let calls = 0;
    await clientOf(gateway.url).subscribe(
      (event) => {
        calls += 1;
        order.push(`handled ${Buffer.from(event.raw).toString()}`);
        if (calls === 1) throw new Error('not yet');
        expect(event.data).toEqual({ resourceType: 'Bundle', total: 1 });
      },
      { types: ['t'], signal: ending.signal, longestPauseMs: 5 },
    );
    expect(order).toEqual([
      'POST /subscriptions',
      'POST /subscriptions/sub/pull',
      `handled ${content}`,
      `handled ${content}`,
      'POST /subscriptions/sub/ack',
      'DELETE /subscriptions/sub',
    ]);
    expect(gateway.heard.find(({ path }) => path.endsWith('/ack'))!.body).toBe('{"cursor":"c-1"}');
  });

  test('waits out a gateway that is away, without limit, and stops where waiting cannot help', async () => {
    const gateway = await scriptedGateway((_heard, attempt) => {
      if (attempt <= 4) return { status: 503 };
      return { status: 403, body: { code: 'SB-3005', detail: 'no grant' } };
    });
    const client = clientOf(gateway.url, { retryForMs: 0 });
    const troubles: unknown[] = [];
    const ended = client.subscribe(() => undefined, {
      subscription: 'sub',
      longestPauseMs: 5,
      onTrouble: (error) => troubles.push(error),
    });
    expect((await failureOf(ended)).code).toBe('SB-3005');
    expect(troubles).toHaveLength(4);
  });

  test('ends before a replay is handled or acknowledged, unless it was opted in', async () => {
    const ending = new AbortController();
    const gateway = await scriptedGateway((heard) => {
      if (heard.path.endsWith('/pull')) return pulled('e-1', '{"replay":"r-1"}');
      ending.abort();
      return { status: 204 };
    });
    const handled: unknown[] = [];
    const handler = ({ marks }: ReceivedEvent): void => void handled.push(marks.replay);
    const client = clientOf(gateway.url);
    const o = { subscription: 'sub', signal: ending.signal };
    expect((await failureOf(client.subscribe(handler, o))).code).toBe('replay-refused');
    expect([handled, gateway.heard.length]).toEqual([[], 1]);
    await client.subscribe(handler, { ...o, acceptReplays: true });
    expect(handled).toEqual(['r-1']);
  });

  test('gives an event up after the attempts that are allowed, without acknowledging it', async () => {
    const gateway = await scriptedGateway(() => pulled('e-1'));
    const ended = clientOf(gateway.url).subscribe(
      () => {
        throw new Error('broken handler');
      },
      { subscription: 'sub', handlerAttempts: 3, longestPauseMs: 5 },
    );
    await expect(ended).rejects.toThrow('broken handler');
    expect(gateway.heard.map(({ path }) => path)).toEqual(['/subscriptions/sub/pull']);
  });
});

describe('a pull', () => {
  test('hands over the bytes and the marks of every event, whatever stands in it', async () => {
    const odd = '{ "text": "]}\\"{[", "n": 5.10 }';
    const item = (id: string, data: string, position: string): string =>
      `{"position":${position},"event":{"specversion":"1.0","id":"${id}","source":"s","type":"t","data":${data}}}`;
    const items = [item('a', odd, '{"replay":"r-1"}'), item('b', '[1, {"x":[]}]', '{"late":"c","sequence":2}')];
    const body = `{"cursor":"c","items":[\n${items.join(' ,\n')} ],"more":true}`;
    const gateway = await scriptedGateway(() => ({ status: 200, body }));
    const { events, cursor } = await clientOf(gateway.url).subscriptions.pull('sub');
    expect(cursor).toBe('c');
    expect(events.map(({ id, marks, raw }) => [id, marks, Buffer.from(raw).toString()])).toEqual([
      ['a', { replay: 'r-1' }, odd],
      ['b', { late: 'c' }, '[1, {"x":[]}]'],
    ]);
  });

  test('that is answered by something else says so', async () => {
    const gateway = await scriptedGateway(() => ({ status: 200, body: '<p>Sign in</p>' }));
    expect((await failureOf(clientOf(gateway.url).subscriptions.pull('sub'))).code).toBe('not-understood');
  });
});

describe('webhooks', () => {
  test('are read only if their signature covers the bytes that came', () => {
    const secret = newSecret();
    const body = Buffer.from(JSON.stringify({ ...EVENT, data: { a: 1 } }));
    const headers = {
      'content-type': 'application/cloudevents+json',
      ...signWebhook({ id: 'e-1', body, secrets: [secret] }),
    };
    expect(receiveWebhook(headers, body, [newSecret(), secret])).toMatchObject({ id: 'e-1', data: { a: 1 } });
    expect(() => receiveWebhook(headers, Buffer.from(`${body.toString()} `), secret)).toThrow(/signature/);
  });
});
