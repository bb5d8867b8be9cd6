import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer, type Socket } from 'node:net';
import { once } from 'node:events';

import { afterEach, describe, expect, it } from '@jest/globals';

import { EgressClient, type EgressOptions } from './client.js';
import { EgressPolicy } from './policy.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listening(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const http = (listener: RequestListener): Promise<number> => listening(createHttp(listener));

function client(options: Partial<EgressOptions> = {}): EgressClient {
  const made = new EgressClient({
    policy: new EgressPolicy(['127.0.0.1/32']),
    timeoutMs: 5_000,
    idleConnections: 2,
    idleMs: 5_000,
    answerBytes: 1_024,
    bodyMs: 1_000,
    ...options,
  });
  cleanups.push(() => made.close());
  return made;
}

const post = (egress: EgressClient, url: string, signal = new AbortController().signal) =>
  egress.send({
    subscription: 'sub-1',
    method: 'POST',
    url,
    headers: { 'x-test': '1' },
    body: Buffer.from('{}'),
    signal,
  });

describe('the egress client', () => {
  it('connects to the address that was checked and keeps the name as Host', async () => {
    let host: string | undefined;
    const port = await http((request, answer) => {
      host = request.headers.host;
      answer.end();
    });
    const egress = client({ resolve: async () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) });
    const { status } = await post(egress, `http://receiver.example:${port}/hook`);
    expect({ status, host }).toEqual({ status: 200, host: `receiver.example:${port}` });
  });

  it('resolves once for each connection, so an answer that changes later changes nothing', async () => {
    const answers = ['127.0.0.1', '169.254.169.254'];
    let asked = 0;
    const port = await http((_request, answer) => answer.end());
    const egress = client({ resolve: async () => Promise.resolve([{ address: answers[asked++] ?? '', family: 4 }]) });
    expect((await post(egress, `http://receiver.example:${port}/`)).status).toBe(200);
    expect(asked).toBe(1);
  });

  it('refuses a name when only one of its addresses is bad, and opens no connection', async () => {
    let connections = 0;
    const port = await listening(createTcp(() => connections++));
    const egress = client({
      resolve: async () =>
        Promise.resolve([
          { address: '127.0.0.1', family: 4 },
          { address: '10.0.0.1', family: 4 },
        ]),
    });
    await expect(post(egress, `http://receiver.example:${port}/`)).rejects.toMatchObject({
      name: 'EgressRefused',
      code: 'address',
    });
    expect(connections).toBe(0);
  });

  it('refuses localhost when the operator listed nothing, by the system’s own resolver', async () => {
    const egress = client({ policy: new EgressPolicy() });
    await expect(post(egress, 'https://localhost:8443/')).rejects.toMatchObject({
      name: 'EgressRefused',
      code: 'address',
    });
  });

  it('answers with a redirect instead of following it', async () => {
    let calls = 0;
    const port = await http((_request, answer) => {
      calls += 1;
      answer.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    });
    expect((await post(client(), `http://127.0.0.1:${port}/`)).status).toBe(307);
    expect(calls).toBe(1);
  });

  it('gives up when no answer comes in time', async () => {
    const port = await http(() => undefined);
    await expect(post(client({ timeoutMs: 60 }), `http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      kind: 'timeout',
    });
  });

  it('gives up in time while a name does not resolve', async () => {
    const egress = client({ timeoutMs: 60, resolve: async () => new Promise(() => undefined) });
    await expect(post(egress, 'https://receiver.example/')).rejects.toMatchObject({ kind: 'timeout' });
  });

  it.each([
    ['closes without a word', (socket: Socket) => socket.destroy(), 'disconnected'],
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy(), 'disconnected'],
    ['speaks something else', (socket: Socket) => socket.end('+PONG\r\n'), 'protocol'],
  ])('names a peer that %s', async (_what, behave, kind) => {
    const port = await listening(
      createTcp((socket) => socket.on('error', () => undefined).once('data', () => behave(socket))),
    );
    await expect(post(client(), `http://127.0.0.1:${port}/`)).rejects.toMatchObject({ name: 'EgressFailure', kind });
  });

  it('names a peer that takes no connection', async () => {
    const port = await listening(createTcp());
    cleanups.pop()?.();
    await expect(post(client(), `http://127.0.0.1:${port}/`)).rejects.toMatchObject({ kind: 'unreachable' });
  });

  it('names a peer that speaks no TLS on https', async () => {
    const port = await http((_request, answer) => answer.end());
    await expect(post(client(), `https://127.0.0.1:${port}/`)).rejects.toMatchObject({ kind: 'tls' });
  });

  it('rejects with the caller’s reason when the caller aborts', async () => {
    const port = await http(() => stopping.abort(new Error('stopping')));
    const stopping = new AbortController();
    await expect(post(client(), `http://127.0.0.1:${port}/`, stopping.signal)).rejects.toThrow('stopping');
    await expect(post(client(), `http://127.0.0.1:${port}/`, stopping.signal)).rejects.toThrow('stopping');
  });

  it('uses a connection again after a small answer', async () => {
    const ports = new Set<number | undefined>();
    const port = await http((request, answer) => {
      ports.add(request.socket.remotePort);
      answer.end('thank you');
    });
    const egress = client();
    await post(egress, `http://127.0.0.1:${port}/`);
    await new Promise((resolve) => setImmediate(resolve));
    await post(egress, `http://127.0.0.1:${port}/`);
    expect(ports.size).toBe(1);
  });

  it('takes the status of an endless answer and closes its connection', async () => {
    let closed: Promise<unknown> | undefined;
    const port = await http((request, answer) => {
      closed = new Promise((resolve) => request.socket.on('error', () => undefined).on('close', resolve));
      answer.writeHead(200);
      const more = (): void => {
        if (answer.destroyed) return;
        answer.write(Buffer.alloc(64 * 1024));
        setImmediate(more);
      };
      more();
    });
    expect((await post(client(), `http://127.0.0.1:${port}/`)).status).toBe(200);
    await closed;
  });

  it('tries once more on a new connection when the other side closed an idle one', async () => {
    let connections = 0;
    const port = await listening(
      createTcp((socket) => {
        connections += 1;
        const first = connections === 1;
        let requests = 0;
        socket.on('error', () => undefined);
        socket.on('data', () => {
          requests += 1;
          if (first && requests > 1) socket.resetAndDestroy();
          else socket.write('HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n');
        });
      }),
    );
    const egress = client();
    await post(egress, `http://127.0.0.1:${port}/`);
    await new Promise((resolve) => setImmediate(resolve));
    expect((await post(egress, `http://127.0.0.1:${port}/`)).status).toBe(204);
    expect(connections).toBe(2);
  });

  it('reports an endpoint that breaks off every connection that was used before as one that does not answer', async () => {
    let answered = 0;
    const held: Socket[] = [];
    const port = await listening(
      createTcp((socket) => {
        let requests = 0;
        socket
          .on('error', () => undefined)
          .on('data', () => {
            requests += 1;
            if (requests > 1) return void socket.resetAndDestroy();
            answered += 1;
            // Both first requests are under way together, so that two connections are left idle.
            if (answered === 2)
              held.forEach((one) => one.write('HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n'));
          });
        held.push(socket);
      }),
    );
    const egress = client();
    const url = `http://127.0.0.1:${port}/`;
    await Promise.all([post(egress, url), post(egress, url)]);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(post(egress, url)).rejects.toMatchObject({ name: 'EgressFailure', kind: 'disconnected' });
  });
});
