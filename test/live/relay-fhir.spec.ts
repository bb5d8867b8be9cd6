import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { Engine, NUMBERS_KEPT } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';
import { createLog } from '@signalbox/runtime';
import {
  type Behaviour,
  CHANNEL_CONFORMANCE,
  type ChannelRig,
  marksOf,
} from '../../apps/relay/src/channels/channel-conformance.js';
import type { Channel, Marks } from '../../apps/relay/src/channels/channel.js';
import { ConformanceReceiver, type ReceivedRequest } from '../../apps/relay/src/channels/conformance-receiver.js';
import { FhirChannel } from '../../apps/relay/src/channels/fhir/fhir-channel.js';
import { Numbering } from '../../apps/relay/src/channels/fhir/numbering.js';
import type { EgressClient } from '../../apps/relay/src/egress/client.js';
import { waitFor } from '../support/index.js';
import { notificationFaults } from './fixtures/fhir-notification-checks.js';
import { Exchange, REPORTED } from './relay-rig.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- Bundles as they came. */

const BASE = 'http://127.0.0.1:8080/fhir';
const TOPIC = `${BASE}/SubscriptionTopic/${REPORTED}`;

const bundleOf = ({ body }: ReceivedRequest): any => JSON.parse(body.toString());
const parametersOf = (request: ReceivedRequest): any[] => bundleOf(request).entry[0].resource.parameter;
const typeOf = (request: ReceivedRequest): string =>
  parametersOf(request).find(({ name }) => name === 'type').valueCode as string;
const numbersOf = (request: ReceivedRequest): number[] =>
  parametersOf(request)
    .filter(({ name }) => name === 'notification-event')
    .map(({ part }) => Number(part[0].valueString));

describe('notifications of FHIR subscriptions', () => {
  let exchange: Exchange;
  let receiver: ConformanceReceiver;
  /** With the rights of a relay. */
  let engine: Engine;
  beforeAll(async () => {
    exchange = await Exchange.start();
    const { nats } = exchange;
    const log = createLog('test', 'silent');
    engine = await Engine.connect({ servers: nats.url, ...nats.users.relay, name: 'test', log });
  });
  afterAll(async () => {
    await engine.drain();
    await exchange.stop();
  });
  beforeEach(async () => {
    receiver = await ConformanceReceiver.start();
  });
  afterEach(() => receiver.close());

  const channelOf = (egress: EgressClient, numbering: Numbering) =>
    new FhirChannel({ egress, numbering, base: BASE, topicOf: () => TOPIC });

  /** A receiver of the suite that reads the content out of notifications. */
  const rigOf = (): ChannelRig => {
    // Each case begins with a subscription that has no numbers yet.
    const subscription = randomUUID();
    const numbering = new Numbering(engine.numbers, NUMBERS_KEPT);
    const asSubscription = (channel: FhirChannel): Channel => ({
      scheme: channel.scheme,
      span: channel.span,
      deliver: (event, target, signal) => channel.deliver(event, { ...target, subscription }, signal),
    });
    const contentOf = (request: ReceivedRequest): Buffer => {
      const text = request.body.toString();
      const from = text.indexOf('"resource":', text.indexOf('},{"fullUrl"')) + '"resource":'.length;
      return Buffer.from(text.slice(from, text.lastIndexOf(',"request":')));
    };
    const isTest = ({ headers }: ReceivedRequest): boolean => headers['signalbox-test'] !== undefined;
    const events = () => receiver.requests.filter((request) => numbersOf(request).length === 1);
    return {
      channel: asSubscription(channelOf(receiver.egress, numbering)),
      impatient: asSubscription(channelOf(receiver.impatientEgress, numbering)),
      config: { content: 'full-resource' },
      sink: receiver.sink,
      behave: (behaviour: Behaviour) => receiver.behave(behaviour),
      received: () => events().map(contentOf),
      identities: () => events().map((request) => (numbersOf(request)[0] === 1 ? 'conformance-identity' : 'another')),
      // A test is a handshake: it carries no event, and uses up no number.
      marks: () =>
        [...events(), ...receiver.requests.filter(isTest)].map(({ headers }): Marks =>
          marksOf(headers, { attributes: {}, data: { kind: 'absent' } }),
        ),
      followed: () => receiver.followed,
    };
  };

  it.each(CHANNEL_CONFORMANCE.map((one) => [one.sentence, one] as const))('%s', async (_sentence, one) => {
    await one.run(rigOf());
  });

  const fhir = async (content: string, more: Partial<Subscription> = {}): Promise<Subscription> => {
    const subscription = await exchange.subscribe({ sink: receiver.sink } as never, {
      protocol: 'FHIR',
      sinksecrets: [],
      config: { content },
      sinkheaders: [['authorization', 'Bearer for-the-receiver']],
      ...more,
    });
    return subscription;
  };
  const publish = async (data: string): Promise<void> => {
    const attributes = {
      specversion: '1.0',
      id: randomUUID(),
      source: 'urn:ods:X9L3B:lims',
      type: REPORTED,
      time: '2026-11-21T12:00:00Z',
      datacontenttype: 'application/fhir+json',
      sourceorg: 'X9L3B',
    };
    const event = { attributes, data: { kind: 'json' as const, bytes: Buffer.from(data) } };
    await exchange.engine.events.append(event, { sourceorg: 'X9L3B' });
  };
  const whenActive = (id: string) =>
    waitFor('the subscription to be active', () => exchange.registry.subscription(id)?.status === 'active');
  const notified = () => receiver.requests.filter((request) => typeOf(request) === 'event-notification');
  const expected = ({ id, config }: Subscription, type: string, status = 'active') => ({
    type: type as 'handshake',
    content: config['content'] as 'empty',
    subscription: id,
    topic: TOPIC,
    status,
    mediaType: [receiver.requests[0]?.headers['content-type'], 'application/fhir+json'] as const,
  });

  it.each(['empty', 'id-only', 'full-resource'])('are what the guide asks for, with content %s', async (content) => {
    const relay = await exchange.relay();
    const subscription = await fhir(content);
    await whenActive(subscription.id);
    const [handshake] = receiver.requests;
    expect(notificationFaults(bundleOf(handshake!), expected(subscription, 'handshake', 'requested'))).toEqual([]);
    expect(handshake!.headers).toMatchObject({ authorization: 'Bearer for-the-receiver' });
    const bytes =
      '{"resourceType":"Bundle",  "type":"message", "entry":[{"resource":{"resourceType":"Basic","code":{"text":"5.10"}}}]}';
    for (let at = 0; at < 3; at++) await publish(bytes);
    await waitFor('three notifications', () => notified().length === 3);
    expect(notified().flatMap(numbersOf)).toEqual([1, 2, 3]);
    for (const request of notified()) {
      expect(notificationFaults(bundleOf(request), expected(subscription, 'event-notification'))).toEqual([]);
      expect(request.body.toString().includes(`"resource":${bytes}`)).toBe(content === 'full-resource');
      expect(request.headers['traceparent']).toMatch(/^00-/);
    }
    await exchange.registry.deleteSubscription(subscription.id);
    await relay.close();
  });

  it('keep the number of an event over failed attempts and a restart, and only go up', async () => {
    // However many attempts there are until the first relay is stopped.
    const endlessly = { SIGNALBOX_RETRY_MAX_ATTEMPTS: '1000' };
    const first = await exchange.relay(endlessly);
    const subscription = await fhir('id-only');
    await whenActive(subscription.id);
    receiver.behave({ kind: 'is-unavailable' });
    await exchange.publish();
    await waitFor('an attempt', () => notified().length >= 1);
    await first.close();
    const attempts = notified().length;
    receiver.behave({ kind: 'takes' });
    const second = await exchange.relay(endlessly);
    await waitFor('the first event', () => notified().length > attempts);
    await exchange.publish();
    await waitFor('both', () => new Set(notified().slice(attempts).flatMap(numbersOf)).size === 2);
    expect([...new Set(notified().slice(0, attempts).flatMap(numbersOf))]).toEqual([1]);
    expect(notified().slice(attempts).flatMap(numbersOf)).toEqual([1, 2]);
    expect(await engine.numbers.last(subscription.id)).toMatchObject({ number: 2 });
    await exchange.registry.deleteSubscription(subscription.id);
    await second.close();
  });

  it('are numbered without a gap and without a double while several number at once', async () => {
    const id = randomUUID();
    const two = [1, 2].map(() => new Numbering(engine.numbers, NUMBERS_KEPT));
    const identities = Array.from({ length: 12 }, (_, at) => `event-${String(at)}`);
    const given = new Map<string, Set<number>>();
    for (const identity of identities) {
      const event = { identity, stream: 'EVENTS_RESULT', sequence: 1, time: '2026-11-21T09:30:00Z' };
      for (const numbering of two) {
        const number = await numbering.numberOf(id, event);
        given.set(identity, (given.get(identity) ?? new Set()).add(number));
      }
    }
    expect([...given.values()].map((numbers) => [...numbers])).toEqual(identities.map((_, at) => [at + 1]));
    expect((await engine.numbers.read(id, 3, 5)).map(({ number }) => number)).toEqual([3, 4, 5]);
  });

  it('show by heartbeats that a quiet subscription still stands, and that an endpoint refused leaves it off', async () => {
    const relay = await exchange.relay({ SIGNALBOX_FHIR_HEARTBEAT_LOOK_MS: '50' });
    const subscription = await fhir('empty', { config: { content: 'empty', heartbeatseconds: 0.2 } });
    await whenActive(subscription.id);
    const beats = () => receiver.requests.filter((request) => typeOf(request) === 'heartbeat');
    await waitFor('two heartbeats', () => beats().length >= 2);
    expect(notificationFaults(bundleOf(beats()[0]!), expected(subscription, 'heartbeat'))).toEqual([]);
    await exchange.registry.deleteSubscription(subscription.id);
    receiver.behave({ kind: 'refuses' });
    const refused = await fhir('empty');
    const disabled = await waitFor('the refusal', () => {
      const now = exchange.registry.subscription(refused.id);
      return now?.status === 'disabled' && now;
    });
    expect(disabled.statusReason).toMatch(/^handshake-refused: /);
    await relay.close();
  });
});
