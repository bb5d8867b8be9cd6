import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudEvent, decodeStructured, newSecret, signWebhook } from '@signalbox/contracts';
import { Webhook } from 'standardwebhooks';

import { type Behaviour, CHANNEL_CONFORMANCE, type ChannelRig, marksOf } from '../channel-conformance.js';
import type { Marks, Target } from '../channel.js';
import { ConformanceReceiver, type ReceivedRequest } from '../conformance-receiver.js';
import { WebhookChannel } from './webhook-channel.js';

class HttpRig implements ChannelRig {
  readonly channel: WebhookChannel;
  readonly impatient: WebhookChannel;

  private constructor(private readonly receiver: ConformanceReceiver) {
    this.channel = new WebhookChannel(receiver.egress, 'exchange.example');
    this.impatient = new WebhookChannel(receiver.impatientEgress, 'exchange.example');
  }

  static async start(): Promise<HttpRig> {
    return new HttpRig(await ConformanceReceiver.start());
  }

  get sink(): string {
    return this.receiver.sink;
  }

  get requests(): ReceivedRequest[] {
    return this.receiver.requests;
  }

  behave(behaviour: Behaviour): void {
    this.receiver.behave(behaviour);
  }

  close(): void {
    this.receiver.close();
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
    return this.requests.map(({ headers, body }) => marksOf(headers, decodeStructured(body)));
  }

  followed(): number {
    return this.receiver.followed;
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
