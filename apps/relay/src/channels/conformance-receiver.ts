import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { EgressClient } from '../egress/client.js';
import { EgressPolicy } from '../egress/policy.js';
import type { Behaviour } from './channel-conformance.js';

/** One request as it came. */
export interface ReceivedRequest {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** A real HTTP endpoint under the command of the conformance suite, for every channel that speaks HTTP. */
export class ConformanceReceiver {
  readonly requests: ReceivedRequest[] = [];
  /** May send to this endpoint and nowhere else. */
  readonly egress = egressWithin(10_000);
  /** The same, for whoever waits in vain. */
  readonly impatientEgress = egressWithin(400);
  /** How often a place was asked that an answer pointed to. */
  followed = 0;
  /** Which requests are answered otherwise than the suite says. */
  except: ((request: ReceivedRequest) => number | undefined) | undefined;
  #behaviour: Behaviour = { kind: 'takes' };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, answer) => void this.#serve(request, answer));
    this.#server.on('connection', (socket) => socket.on('error', () => undefined));
  }

  static async start(): Promise<ConformanceReceiver> {
    const receiver = new ConformanceReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get sink(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/hook`;
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  close(): void {
    this.egress.close();
    this.impatientEgress.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (request.url === '/elsewhere') this.followed += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = { method: request.method ?? '', headers: request.headers, body: Buffer.concat(chunks) };
    this.requests.push(received);
    answer.on('error', () => undefined);
    const status = this.except?.(received);
    if (status === undefined) answerAs(this.#behaviour, request, answer);
    else answer.writeHead(status).end();
  }
}

function egressWithin(timeoutMs: number): EgressClient {
  return new EgressClient({
    policy: new EgressPolicy(['127.0.0.1/32']),
    timeoutMs,
    idleConnections: 2,
    idleMs: 400,
    answerBytes: 1_024,
    bodyMs: 200,
  });
}

function answerAs(behaviour: Behaviour, request: IncomingMessage, answer: ServerResponse): void {
  switch (behaviour.kind) {
    case 'takes':
      return void answer.writeHead(204).end();
    case 'refuses':
      return void answer.writeHead(422).end('no');
    case 'is-gone':
      return void answer.writeHead(410).end();
    case 'is-overloaded': {
      const { after } = behaviour;
      const value = 'seconds' in after ? String(after.seconds) : after.date.toUTCString();
      return void answer.writeHead(429, { 'retry-after': value }).end();
    }
    case 'is-unavailable':
      return void answer.writeHead(503).end();
    case 'points-elsewhere':
      return void answer.writeHead(307, { location: '/elsewhere' }).end();
    case 'says-nothing':
      return;
    case 'breaks-off':
      return void request.socket.resetAndDestroy();
    case 'takes-then-trickles':
      return void answer.writeHead(200, { 'content-length': '1000' }).write('t');
    case 'takes-then-floods':
      return flood(answer);
  }
}

function flood(answer: ServerResponse): void {
  answer.writeHead(200);
  const more = (): void => {
    if (answer.destroyed) return;
    answer.write(Buffer.alloc(16 * 1024));
    setImmediate(more);
  };
  more();
}
