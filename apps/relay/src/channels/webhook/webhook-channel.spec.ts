import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudEvent, decodeHeaderValue, decodeStructured, newSecret, signWebhook } from '@signalbox/contracts';
import { Webhook } from 'standardwebhooks';

import { EgressClient } from '../../egress/client.js';
import { EgressPolicy } from '../../egress/policy.js';
import { type Behaviour, CHANNEL_CONFORMANCE, type ChannelRig } from '../channel-conformance.js';
import type { Marks, Target } from '../channel.js';
import { WebhookChannel } from './webhook-channel.js';

interface Request {
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

class HttpRig implements ChannelRig {
  readonly requests: Request[] = [];
  #behaviour: Behaviour = { kind: 'takes' };
  #followed = 0;

  private constructor(
    readonly channel: WebhookChannel,
    readonly sink: string,
    readonly close: () => void,
  ) {}

  static async start(): Promise<HttpRig> {
    const server = createServer((request, answer) => void rig.#serve(request, answer)).listen(0, '127.0.0.1');
    server.on('connection', (socket) => socket.on('error', () => undefined));
    await once(server, 'listening');
    const egress = new EgressClient({
      policy: new EgressPolicy(['127.0.0.1/32']),
      timeoutMs: 400,
      idleConnections: 2,
      idleMs: 400,
      answerBytes: 1_024,
      bodyMs: 200,
    });
    const { port } = server.address() as AddressInfo;
    const rig = new HttpRig(new WebhookChannel(egress, 'exchange.example'), `http://127.0.0.1:${port}/hook`, () => {
      egress.close();
      server.closeAllConnections();
      server.close();
    });
    return rig;
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour;
  }

  received(): Uint8Array[] {
    return this.requests.map(({ body }) => {
      const { data } = decodeStructured(body);
      return data.kind === 'absent' ? new Uint8Array() : data.bytes;
    });
  }

  identities(): string[] {
    return this.requests.map(({ headers }) => String(headers['webhook-id']));
  }

  marks(): Marks[] {
    const marked = ({ headers, body }: Request): Marks => {
      const inside = Object.keys(decodeStructured(body).attributes).filter((name) => name.startsWith('signalbox'));
      const beside = Object.entries(headers).filter(([name]) => name.startsWith('signalbox-'));
      return Object.fromEntries([
        ...inside.map((name) => [name, 'inside the event']),
        ...beside.map(([name, value]) => [name.slice('signalbox-'.length), decodeHeaderValue(String(value))]),
      ]) as Marks;
    };
    return this.requests.map(marked);
  }

  followed(): number {
    return this.#followed;
  }

  async #serve(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    if (request.url === '/elsewhere') this.#followed += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests.push({ headers: request.headers, body: Buffer.concat(chunks) });
    answer.on('error', () => undefined);
    this.#answer(this.#behaviour, request, answer);
  }

  #answer(behaviour: Behaviour, request: IncomingMessage, answer: ServerResponse): void {
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
      case 'takes-then-floods': {
        answer.writeHead(200);
        const more = (): void => {
          if (answer.destroyed) return;
          answer.write(Buffer.alloc(16 * 1024));
          setImmediate(more);
        };
        more();
      }
    }
  }
}

describe('the webhook channel', () => {
  let rig: HttpRig;
  beforeEach(async () => {
    rig = await HttpRig.start();
  });
  afterEach(() => rig.close());

  it.each(CHANNEL_CONFORMANCE.map((one) => [one.sentence, one] as const))('%s', async (_sentence, one) => {
    await one.run(rig);
  });

  const event: CloudEvent = {
    attributes: {
      specversion: '1.0',
      id: 'id with ö',
      source: 'urn:ods:X9L3B:lims',
      type: 'org.signalbox.result.reported.v1',
      datacontenttype: 'application/fhir+json',
      traceparent: '00-11111111111111111111111111111111-2222222222222222-01',
      tracestate: 'sender=1',
    },
    data: { kind: 'json', bytes: Buffer.from('{"n": 5.10}') },
  };
  const aTarget = (secret: string): Target => ({
    sink: rig.sink,
    identity: 'msg_1',
    subscription: 'sub-1',
    config: {},
    marks: {},
    trace: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    sign: (body) => ({ ...signWebhook({ id: 'msg_1', body, secrets: [secret] }) }),
  });

  it('sends a structured CloudEvent that the public standardwebhooks library verifies', async () => {
    const secret = newSecret();
    await rig.channel.deliver(event, aTarget(secret), new AbortController().signal);
    const { headers, body } = rig.requests[0]!;
    const verified = new Webhook(secret).verify(body.toString(), headers as Record<string, string>) as Record<
      string,
      unknown
    >;
    expect(verified).toMatchObject({ id: 'id with ö', specversion: '1.0', data: { n: 5.1 } });
    expect(body.toString()).toContain('"data":{"n": 5.10}');
  });

  it('names the exchange, the media type and a trace of its own, and nothing of the sender’s trace or baggage', async () => {
    await rig.channel.deliver(event, aTarget(newSecret()), new AbortController().signal);
    const { headers } = rig.requests[0]!;
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-request-origin': 'exchange.example',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(headers).not.toHaveProperty('tracestate');
    expect(headers).not.toHaveProperty('baggage');
    expect(headers).not.toHaveProperty('authorization');
  });

  it('refuses a sink that may not be sent to, without an attempt', async () => {
    const elsewhere = { ...aTarget(newSecret()), sink: rig.sink.replace('127.0.0.1', '127.0.0.2') };
    await expect(rig.channel.deliver(event, elsewhere, new AbortController().signal)).resolves.toMatchObject({
      kind: 'refused',
      code: 'egress-refused',
    });
    expect(rig.requests).toHaveLength(0);
  });
});
