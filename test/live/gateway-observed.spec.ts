import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventIdentity } from '@signalbox/contracts';
import { Engine } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';
import { waitFor } from '../support/index.js';
import { anEvent, GatewayHouse, HOSPITAL, NHS_NUMBER, REPORTED } from './fixtures/gateway-house.js';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
  readonly links?: { traceId: string; spanId: string }[];
}
const [SERVER, CLIENT, PRODUCER] = [2, 3, 4];

describe('what can be observed of a gateway', () => {
  let house: GatewayHouse;
  let ledger: Engine;
  const spans: Span[] = [];
  const texts: string[] = [];

  beforeAll(async () => {
    house = await GatewayHouse.open();
    const log = createLog('test', 'silent');
    ledger = await Engine.connect({ servers: house.nats.url, name: 'test', log, ...house.nats.users.ledger });
    ledger.spans.subscribe((bytes) => {
      texts.push(Buffer.from(bytes).toString());
      const { resourceSpans } = JSON.parse(texts.at(-1) ?? '') as {
        resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
      };
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    });
    // An answer on the same connection: the engine knows by then who listens, and spans are told once.
    await ledger.lastSequence('STEPS');
  });
  afterAll(async () => {
    await ledger.drain();
    await house.close();
  });

  const valueOf = (span: Span | undefined, key: string) =>
    span?.attributes.find((attribute) => attribute.key === key)?.value.stringValue;
  const spanOf = (name: string, identity: string) =>
    waitFor(`a span ${name}`, () =>
      spans.find((span) => span.name === name && valueOf(span, 'signalbox.event') === identity),
    );
  const identityOf = (event: object) => {
    const { source, id } = event as { source: string; id: string };
    return eventIdentity({ attributes: { source, id }, data: { kind: 'absent' } });
  };

  it('is a trace of its own for an event, linked to its sender, that the engine carries on', async () => {
    const sender = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
    const traceparent = `00-${sender.traceId}-${sender.spanId}-01`;
    const event = anEvent({ traceparent });
    const { json } = await house.publish(event);
    const create = await spanOf('create events', identityOf(event));
    const send = await spanOf('send events', identityOf(event));
    expect([create.kind, send.kind, send.parentSpanId]).toEqual([PRODUCER, CLIENT, create.spanId]);
    expect(create.traceId).not.toBe(sender.traceId);
    expect(create.links).toEqual([expect.objectContaining(sender)]);
    expect(valueOf(create, 'signalbox.journey')).toBe(json.journey);
    expect(valueOf(create, 'signalbox.type')).toBe(REPORTED);
    expect(valueOf(create, 'messaging.system')).toBe('nats');
    const server = await waitFor('the span of the request', () =>
      spans.find(({ spanId }) => spanId === create.parentSpanId),
    );
    expect([server.name, server.kind]).toEqual(['POST /events', SERVER]);
    const stored = (await house.stored()).find(({ event: one }) => one.attributes['id'] === event['id']);
    expect(stored?.traceparent?.slice(3, 52)).toBe(`${create.traceId}-${create.spanId}`);
    expect(stored?.event.attributes['traceparent']).toBe(traceparent);
  });

  it('is a trace for each event of a batch', async () => {
    const events = [anEvent(), anEvent()];
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    await house.call('POST', '/events', { as: HOSPITAL, body: JSON.stringify(events), headers });
    const traces = await Promise.all(
      events.map(async (event) => (await spanOf('create events', identityOf(event))).traceId),
    );
    expect(new Set(traces).size).toBe(2);
  });

  it('has names of few kinds, and no patient anywhere: not in spans, metrics, records or answers', async () => {
    const answers = [
      await house.publish(anEvent()),
      await house.publish(anEvent({ id: NHS_NUMBER })),
      await house.publish(anEvent({ type: `org.signalbox.${NHS_NUMBER}` })),
      await house.publish(anEvent({ source: `urn:ods:X9G1P:${NHS_NUMBER}` })),
      await house.publish(anEvent({ correlationid: NHS_NUMBER })),
      await house.publish(`{"id":"${NHS_NUMBER}","data":`),
      await house.call('GET', `/nowhere/${NHS_NUMBER}`, { as: HOSPITAL }),
      await house.call('GET', `/events/${NHS_NUMBER}`, { as: HOSPITAL }),
      await house.json('POST', '/subscriptions', HOSPITAL, {
        types: [NHS_NUMBER],
        protocol: NHS_NUMBER,
        [NHS_NUMBER]: 1,
      }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 422, 422, 403, 422, 400, 404, 503, 400]);
    const last = anEvent();
    await house.publish(last);
    await spanOf('create events', identityOf(last));
    const metrics = await house.call('GET', '/metrics');
    const refusals = await house.records('REJECTED', (all) => all.length >= 5);
    const told = [...answers.map(({ text }) => text), metrics.text, JSON.stringify(refusals), ...texts];
    for (const text of told) expect(text).not.toContain(NHS_NUMBER);
    expect(texts.length).toBeGreaterThan(0);
    const known = /^(?:create events|send events|(?:GET|POST|PATCH|DELETE) [/\w:*.-]+|(?:GET|POST) unmatched)$/;
    expect(spans.map(({ name }) => name).filter((name) => !known.test(name))).toEqual([]);
  });
});
