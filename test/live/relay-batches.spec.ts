import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeBatch, decodeStructured } from '@signalbox/contracts';
import { ConformanceReceiver, type ReceivedRequest } from '../../apps/relay/src/channels/conformance-receiver.js';
import { waitFor } from '../support/index.js';
import { Exchange } from './relay-rig.js';

const BATCH = 'application/cloudevents-batch+json';

function idsOf({ headers, body }: ReceivedRequest): string[] {
  const isBatch = headers['content-type']?.startsWith(BATCH) === true;
  const events = isBatch ? decodeBatch(headers, body).map(({ event }) => event!) : [decodeStructured(body)];
  return events.map(({ attributes }) => String(attributes['id']));
}

describe('a receiver that asked for batches', () => {
  let exchange: Exchange;
  let receiver: ConformanceReceiver;
  beforeAll(async () => {
    exchange = await Exchange.start();
    receiver = await ConformanceReceiver.start();
  });
  afterAll(async () => {
    await exchange.stop();
    receiver.close();
  });

  it('gets many events in few requests, each key in order, each event with its own record', async () => {
    await exchange.relay({ SIGNALBOX_WEBHOOK_HANDSHAKE: 'skip' });
    const secret = 'whsec_' + Buffer.alloc(32, 7).toString('base64');
    const subscription = await exchange.subscribe({ sink: receiver.sink, secret } as never, {
      // As many as there are keys, so that a batch is sent when it is full: how fast the machine is decides nothing.
      config: { batch: 8, batchwaitms: 5_000 },
    });
    const refused = 'refused-by-the-receiver';
    receiver.except = (request) => (idsOf(request).includes(refused) ? 400 : undefined);
    // Keys take turns, so that a batch can hold one event of each.
    const sent = await Promise.all(
      Array.from({ length: 40 }, (_, at) => {
        const id = at === 17 ? refused : `event-${String(at).padStart(2, '0')}`;
        return exchange.publish({ id, partitionkey: `key-${String(at % 8)}` });
      }),
    );
    const stepsOf = (kind: string) =>
      sent.flatMap((id) => exchange.stepsOf(subscription.id, id)).filter((step) => step.kind === kind);
    await waitFor('every event to be over', () => stepsOf('delivered').length + stepsOf('parked').length === 40);
    const taken = receiver.requests.filter((request) => !idsOf(request).includes(refused)).flatMap(idsOf);
    expect(new Set(taken)).toEqual(new Set(sent.filter((id) => id !== refused)));
    const { events } = await exchange.engine.events.read({ family: 'result', types: ['*'], after: 0, limit: 100 });
    for (let key = 0; key < 8; key++) {
      const ofKey = events.filter(({ event }) => event.attributes['partitionkey'] === `key-${String(key)}`);
      const inOrder = ofKey.map(({ event }) => String(event.attributes['id'])).filter((id) => id !== refused);
      expect(taken.filter((id) => inOrder.includes(id))).toEqual(inOrder);
    }
    expect(stepsOf('parked').map(({ eventid }) => eventid)).toEqual([refused]);
    expect(receiver.requests.length).toBeLessThan(30);
    expect(receiver.requests.some((request) => idsOf(request).length > 3)).toBe(true);
  });
});
