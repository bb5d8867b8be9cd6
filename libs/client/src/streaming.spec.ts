import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, describe, expect, test } from '@jest/globals';

import { createClient } from './client.js';
import type { Streamed, StreamOptions } from './streaming.js';

interface Connection {
  readonly response: ServerResponse;
}

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A gateway whose streams do as they are told, one script a connection. The real one cannot be asked to fail. */
async function scripted(...scripts: readonly ((connection: Connection) => void)[]) {
  let connections = 0;
  const acknowledged: string[] = [];
  const refusals = { left: 0 };
  const lastEventIds: unknown[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url?.endsWith('/ack') === true) {
      if (refusals.left-- > 0) return void response.writeHead(503).end();
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      acknowledged.push((JSON.parse(Buffer.concat(chunks).toString()) as { cursor: string }).cursor);
      return void response.writeHead(204).end();
    }
    lastEventIds.push(request.headers['last-event-id']);
    const script = scripts[connections++];
    if (script === undefined) return void response.writeHead(404).end();
    script({ response });
  };
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = createClient({ gateway, credentials: { token: 't' }, timeoutMs: 60_000, retryForMs: 0 });
  const stream = (o: StreamOptions = {}): AsyncGenerator<Streamed, void> =>
    client.subscriptions.stream('sub', { longestPauseMs: 5, ...o });
  return { connections: () => connections, acknowledged, refusals, lastEventIds, stream };
}

const open = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });
const message = (id: string, fields = ''): string =>
  `event: t\nid: c-${id}\n${fields}data: {"specversion":"1.0","id":"${id}","source":"s","type":"t"}\n\n`;

async function ids(stream: AsyncGenerator<Streamed, void>, most: number): Promise<string[]> {
  const seen: string[] = [];
  for await (const { event } of stream) {
    seen.push(event.id);
    if (seen.length === most) break;
  }
  return seen;
}

describe('a stream of events', () => {
  test('goes on over a lost connection, and acknowledges what was dealt with before it connects anew', async () => {
    const acknowledgedBefore: (string | undefined)[] = [];
    const gateway = await scripted(
      ({ response }) => {
        open(response).write(`:\n\n${message('a')}${message('b')}`, () => response.destroy());
      },
      ({ response }) => {
        acknowledgedBefore.push(gateway.acknowledged.at(-1));
        open(response).write(message('c'));
      },
    );
    expect(await ids(gateway.stream(), 3)).toEqual(['a', 'b', 'c']);
    expect(acknowledgedBefore).toEqual(['c-b']);
    // The loop was left with the last event in hand: it is not acknowledged.
    expect(gateway.acknowledged.at(-1)).toBe('c-b');
  });

  test('acknowledges before it connects anew what could not be acknowledged, and never what is still in hand', async () => {
    const acknowledgedBefore: string[][] = [];
    const gateway = await scripted(
      ({ response }) => void open(response).end(message('a') + message('b')),
      ({ response }) => {
        acknowledgedBefore.push([...gateway.acknowledged]);
        open(response).write(message('c'));
      },
    );
    gateway.refusals.left = 1;
    expect(await ids(gateway.stream(), 3)).toEqual(['a', 'b', 'c']);
    expect(acknowledgedBefore).toEqual([['c-b']]);
    expect(gateway.acknowledged).toEqual(['c-b']);
    expect(gateway.lastEventIds).toEqual([undefined, undefined]);
  });

  test('acknowledges an event as soon as the next one is asked for, not when it comes', async () => {
    const ending = new AbortController();
    const gateway = await scripted(({ response }) => void open(response).write(message('a')));
    const ended = (async () => {
      for await (const { cursor } of gateway.stream({ signal: ending.signal })) expect(cursor).toBe('c-a');
    })();
    while (gateway.acknowledged.length === 0) await new Promise(setImmediate);
    expect(gateway.acknowledged).toEqual(['c-a']);
    ending.abort();
    await ended;
  });

  test('acknowledges nothing by itself where the caller does', async () => {
    const gateway = await scripted(
      ({ response }) => void open(response).end(message('a')),
      ({ response }) => void open(response).write(message('b')),
    );
    expect(await ids(gateway.stream({ acknowledge: false }), 2)).toEqual(['a', 'b']);
    expect(gateway.acknowledged).toEqual([]);
  });

  test('comes back when the exchange ends it, but not against another reader', async () => {
    const end = (reason: string): string => `event: end\ndata: {"reason":"${reason}"}\n\n`;
    const gateway = await scripted(
      ({ response }) => void open(response).end(message('a') + end('token-over')),
      ({ response }) => void open(response).end(message('b') + end('taken-over')),
    );
    const seen: string[] = [];
    const ended = (async () => {
      for await (const { event } of gateway.stream()) seen.push(event.id);
    })();
    await expect(ended).rejects.toMatchObject({ code: 'taken-over' });
    expect([seen, gateway.connections()]).toEqual([['a', 'b'], 2]);
  });

  test('gives JSON back that had to travel as base64', async () => {
    const bytes = Buffer.from('{\r\n"v": 5.10}');
    const sent = `{"specversion":"1.0","id":"a","source":"s","type":"t","data_base64":"${bytes.toString('base64')}"}`;
    const gateway = await scripted(({ response }) => void open(response).write(`event: t\nid: c\ndata: ${sent}\n\n`));
    for await (const { event } of gateway.stream()) {
      expect([Buffer.from(event.raw).toString(), event.data]).toEqual([bytes.toString(), { v: 5.1 }]);
      break;
    }
  });

  test('hands over the marks that stand beside an event', async () => {
    const gateway = await scripted(({ response }) => void open(response).write(message('a', 'replay: r-1\n')));
    for await (const { event } of gateway.stream()) {
      expect(event.marks).toEqual({ replay: 'r-1' });
      break;
    }
  });

  test('waits out an exchange that is away, and says so', async () => {
    const troubles: unknown[] = [];
    const gateway = await scripted(
      ({ response }) => void response.writeHead(503).end(),
      ({ response }) => void open(response).write(message('a')),
    );
    expect(await ids(gateway.stream({ onTrouble: (error) => troubles.push(error) }), 1)).toEqual(['a']);
    expect(troubles).toMatchObject([{ status: 503 }]);
  });

  test('connects anew after a silence, and gives up where nothing ever comes through', async () => {
    const silent = ({ response }: Connection): void => void open(response).flushHeaders();
    const gateway = await scripted(silent, silent, silent);
    const ended = ids(gateway.stream({ silenceMs: 20, silentConnections: 2 }), 1);
    await expect(ended).rejects.toMatchObject({ code: 'timed-out' });
    expect(gateway.connections()).toBe(2);
  });

  test('ends with the error where connecting anew cannot help', async () => {
    const gateway = await scripted();
    await expect(ids(gateway.stream(), 1)).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('is not taken for one when something else answers', async () => {
    const gateway = await scripted(
      ({ response }) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>'),
    );
    await expect(ids(gateway.stream(), 1)).rejects.toMatchObject({ code: 'not-understood' });
  });

  test('ends in good order when it is told to', async () => {
    const ending = new AbortController();
    const gateway = await scripted(({ response }) => void open(response).write(message('a')));
    const seen: string[] = [];
    for await (const { event } of gateway.stream({ signal: ending.signal })) {
      seen.push(event.id);
      ending.abort();
    }
    expect(seen).toEqual(['a']);
  });
});
