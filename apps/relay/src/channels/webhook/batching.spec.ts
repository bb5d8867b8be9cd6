import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CloudEvent, decodeBatch, decodeStructured, newSecret, signWebhook } from '@signalbox/contracts';
import { Webhook } from 'standardwebhooks';

import { type Behaviour, CHANNEL_CONFORMANCE, type ChannelRig, marksOf } from '../channel-conformance.js';
import type { Channel, Marks, Outcome, Target } from '../channel.js';
import { ConformanceReceiver, type ReceivedRequest } from '../conformance-receiver.js';
import type { EgressClient } from '../../egress/client.js';
import { Batching } from './batching.js';
import { WebhookChannel } from './webhook-channel.js';

const BATCH = 'application/cloudevents-batch+json';
const never = new AbortController().signal;

const anEvent = (id: string, data = `{"n": 5.10, "id":"${id}"}`): CloudEvent => ({
  attributes: {
    specversion: '1.0',
    id,
    source: 'urn:ods:X9L3B:lims',
    type: 'org.signalbox.result.reported.v1',
    datacontenttype: 'application/fhir+json',
  },
  data: { kind: 'json', bytes: Buffer.from(data) },
});

function eventsOf({ headers, body }: ReceivedRequest): CloudEvent[] {
  if (!headers['content-type']?.startsWith(BATCH)) return [decodeStructured(body)];
  return decodeBatch(headers, body).map(({ event }) => event!);
}

const idOf = ({ attributes }: CloudEvent): string => String(attributes['id']);

function accompanied(egress: EgressClient): Channel {
  const batching = new Batching(new WebhookChannel(egress, 'exchange.example'), { waitMs: 5, bytes: 1e6 });
  return {
    scheme: batching.scheme,
    span: batching.span,
    deliver: async (event, target, signal) => {
      const companion = batching.deliver(anEvent('companion'), { ...target, identity: 'companion' }, signal);
      companion.catch(() => undefined);
      return batching.deliver(event, target, signal);
    },
  };
}

/** Every attempt of the suite goes out in a batch of two, with a companion that is refused or taken like it. */
class BatchRig implements ChannelRig {
  readonly config = { batch: 2, batchwaitms: 5 };
  readonly channel: Channel;
  readonly impatient: Channel;

  private constructor(private readonly receiver: ConformanceReceiver) {
    this.channel = accompanied(receiver.egress);
    this.impatient = accompanied(receiver.impatientEgress);
  }

  static async start(): Promise<BatchRig> {
    return new BatchRig(await ConformanceReceiver.start());
  }

  get sink(): string {
    return this.receiver.sink;
  }

  behave(behaviour: Behaviour): void {
    this.receiver.behave(behaviour);
  }

  close(): void {
    this.receiver.close();
  }

  received(): Uint8Array[] {
    return this.#its().map(([, { data }]) => (data.kind === 'absent' ? new Uint8Array() : data.bytes));
  }

  identities(): string[] {
    return this.#its().map(([, event]) => `${idOf(event)}-identity`.replace('-1', ''));
  }

  marks(): Marks[] {
    return this.#its().map(([{ headers }, event]) => marksOf(headers, event));
  }

  followed(): number {
    return this.receiver.followed;
  }

  #its(): [ReceivedRequest, CloudEvent][] {
    return this.receiver.requests.flatMap((request) =>
      eventsOf(request).flatMap((event): [ReceivedRequest, CloudEvent][] =>
        idOf(event) === 'companion' ? [] : [[request, event]],
      ),
    );
  }
}

describe('the webhook channel in batches', () => {
  let rig: BatchRig;
  beforeEach(async () => {
    rig = await BatchRig.start();
  });
  afterEach(() => rig.close());

  it.each(CHANNEL_CONFORMANCE.map((one) => [one.sentence, one] as const))('%s', async (_sentence, one) => {
    await one.run(rig);
  });
});

describe('batching', () => {
  let receiver: ConformanceReceiver;
  let channel: Batching;
  beforeEach(async () => {
    receiver = await ConformanceReceiver.start();
    channel = new Batching(new WebhookChannel(receiver.egress, 'exchange.example'), { waitMs: 20, bytes: 1_000 });
  });
  afterEach(() => receiver.close());

  const secret = newSecret();
  const target = (id: string, more: Partial<Target> = {}): Target => ({
    sink: receiver.sink,
    identity: id,
    subscription: 's1',
    config: { batch: 3 },
    marks: {},
    trace: {},
    sign: (body, as = id) => ({ ...signWebhook({ id: as, body, secrets: [secret] }) }),
    ...more,
  });
  const deliver = (id: string, more: Partial<Target> = {}, signal = never): Promise<Outcome> =>
    channel.deliver(anEvent(id), target(id, more), signal);
  const requests = (): string[][] => receiver.requests.map((request) => eventsOf(request).map(idOf));

  it('sends what is due at the same time in one signed request, up to as many as the receiver asked for', async () => {
    const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((id) => deliver(id)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(4).fill('delivered'));
    expect(requests().sort((one, other) => other.length - one.length)).toEqual([['a', 'b', 'c'], ['d']]);
    const batch = receiver.requests.find(({ headers }) => headers['content-type']?.startsWith(BATCH))!;
    expect(batch.headers['content-type']).toBe(`${BATCH}; charset=utf-8`);
    const verified = new Webhook(secret).verify(batch.body.toString(), batch.headers as Record<string, string>);
    expect(verified).toHaveLength(3);
    expect(batch.body.toString()).toContain('"data":{"n": 5.10, "id":"a"}');
  });

  it('does not wait for company that its receiver does not want, and sends one event as one', async () => {
    // Whoever waited for company as long as this would not be done in time.
    channel = new Batching(new WebhookChannel(receiver.egress, 'exchange.example'), { waitMs: 600_000, bytes: 1_000 });
    await deliver('a', { config: { batch: 50, batchwaitms: 0 } });
    await deliver('b', { config: {} });
    expect(receiver.requests.map(({ headers }) => headers['content-type'])).toEqual(
      Array(2).fill('application/cloudevents+json; charset=utf-8'),
    );
  });

  it('joins nothing of other subscriptions, of other marks, or beyond its size', async () => {
    await Promise.all([
      deliver('a'),
      deliver('b', { subscription: 's2' }),
      deliver('c', { marks: { replay: 'r1' } }),
      channel.deliver(anEvent('d', JSON.stringify('x'.repeat(990))), target('d'), never),
    ]);
    expect(requests().sort()).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  it('gives another identity to another batch, for a receiver would take the same one for a repetition', async () => {
    await Promise.all(['a', 'b'].map((id) => deliver(id)));
    await Promise.all(['a', 'c'].map((id) => deliver(id)));
    await Promise.all(['a', 'b'].map((id) => deliver(id)));
    const [first, second, third] = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(second).not.toBe(first);
    expect(third).toBe(first);
  });

  it('lets no bad event refuse its neighbours', async () => {
    receiver.except = (request) => (eventsOf(request).some((event) => idOf(event) === 'bad') ? 400 : undefined);
    const [a, bad, c] = await Promise.all(['a', 'bad', 'c'].map((id) => deliver(id)));
    expect([a?.kind, bad?.kind, c?.kind]).toEqual(['delivered', 'refused', 'delivered']);
    expect(requests()[0]).toEqual(['a', 'bad', 'c']);
  });

  it('makes the next attempt of each alone when one of them may have been what broke the receiver', async () => {
    receiver.except = (request) => (eventsOf(request).some((event) => idOf(event) === 'bad') ? 500 : undefined);
    const first = await Promise.all(['a', 'bad'].map((id) => deliver(id)));
    expect(first.map(({ kind }) => kind)).toEqual(['retry', 'retry']);
    const second = await Promise.all(['a', 'bad'].map((id) => deliver(id)));
    expect(second.map(({ kind }) => kind)).toEqual(['delivered', 'retry']);
    expect(requests().slice(1).sort()).toEqual([['a'], ['bad']]);
  });

  it('leaves out what is called back before it is sent, and sends the rest', async () => {
    const stop = new AbortController();
    const called = deliver('a', {}, stop.signal);
    const kept = deliver('b');
    stop.abort(new Error('called back'));
    await expect(called).rejects.toThrow('called back');
    await expect(kept).resolves.toMatchObject({ kind: 'delivered' });
    expect(requests()).toEqual([['b']]);
  });
});
