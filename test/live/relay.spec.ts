import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder, eventIdentity } from '@signalbox/contracts';
import { Announcing } from '@signalbox/registry';

import { waitFor } from '../support/index.js';
import { BOOKED, CANARY, DATA, Exchange, Receiver, REPORTED } from './relay-rig.js';

describe('the relay', () => {
  let exchange: Exchange;
  let receiver: Receiver;

  beforeAll(async () => {
    exchange = await Exchange.start();
  });
  afterAll(async () => exchange.stop());
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    receiver.stop();
    await exchange.clear();
  });

  const active = async (wish: Parameters<Exchange['active']>[1] = {}) => exchange.active(receiver, wish);

  it('delivers what the exchange tells an organisation of its own side to that organisation, signed, and to nobody else', async () => {
    await exchange.relay();
    const types = ['org.signalbox.operations.*'];
    const own = await active({ types });
    const others = await active({ types, ods: 'X9L3B' });
    const wide = await active({ types: ['*'] });
    const { events } = exchange.engine;
    const announcing = new Announcing({ events, catalogue: await Catalogue.load(defaultSchemasFolder()) });
    const outage = {
      outage: 'o1',
      organisation: 'X9L3B',
      types: ['*'],
      reason: 'other',
      began: '2026-11-22T05:00:00Z',
    };
    const id = await announcing.announce('outage-declared', { targetorg: 'X9G1P', id: ['o1'], data: outage });
    await exchange.untilState(own.id, id, 'delivered');
    const [filtered] = await exchange.untilState(others.id, id, 'filtered');
    expect(filtered?.reason).toBe('other-recipient');
    const now = new Date().toISOString();
    const counts = { rate: 100, planned: 1, done: 0, gone: 0, passed: 0 };
    const range = { operations: [[1, await events.lastSequence('operations')] as const] };
    await exchange.registry.create('replay', {
      ...{ id: 'r1', subscription: others.id, ods: 'X9L3B', by: 'X9L3B:system', created: now, updated: now },
      ...{ status: 'running', selection: 'positions', range, ...counts, position: {} },
    });
    await waitFor('the replay to end', () => exchange.registry.replay(others.id, 'r1')?.status === 'done');
    expect(exchange.stepsOf(wide.id, id)).toEqual([]);
    expect(receiver.received.map(({ event, verified }) => [event.attributes['id'], verified])).toEqual([[id, true]]);
  });

  it('asks the endpoint for consent, then delivers byte for byte, signed, with a trace of its own, and records it', async () => {
    await exchange.relay();
    const subscription = await active();
    expect(receiver.handshakes.map((headers) => headers['webhook-request-origin'])).toEqual(['exchange.example']);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const id = await exchange.publish({ traceparent, tracestate: 'sender=1' }, traceparent);
    const steps = await exchange.untilState(subscription.id, id, 'delivered');
    const [got] = receiver.received;
    expect(receiver.ids).toEqual([id]);
    expect(got?.verified).toBe(true);
    expect(got?.event.data).toMatchObject({ kind: 'json' });
    expect(got?.event.data.kind === 'json' && Buffer.from(got.event.data.bytes).toString()).toBe(DATA);
    expect(got?.event.attributes).toMatchObject({ traceparent, tracestate: 'sender=1', sourceorg: 'X9L3B' });
    expect(got?.id).toBe(got && eventIdentity(got.event));
    expect(got?.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
    expect(got?.headers['traceparent']).not.toContain('0af7651916cd43dd8448eb211c80319c');
    expect(got?.headers).not.toHaveProperty('tracestate');
    expect(steps).toMatchObject([
      {
        kind: 'delivered',
        state: 'delivered',
        org: 'X9G1P',
        sourceorg: 'X9L3B',
        attempt: 1,
        status: 204,
        channel: 'HTTP',
        stream: 'EVENTS_RESULT',
      },
    ]);
  });

  it('delivers what was accepted after the subscription was made and before its endpoint consented, and nothing older', async () => {
    const older = await exchange.publish();
    const { id } = await exchange.subscribe(receiver);
    const between = await exchange.publish();
    await exchange.relay();
    await exchange.untilState(id, between, 'delivered');
    expect(receiver.ids).toEqual([between]);
    expect(receiver.ids).not.toContain(older);
  });

  it('ends what filters, source, type or recipient exclude as filtered, with the reason, and sends none of it', async () => {
    await exchange.relay();
    const subscription = await active({ filters: [{ exact: { urgency: 'urgent' } }], types: [REPORTED, BOOKED] });
    const noMatch = await exchange.publish({ urgency: 'routine' });
    const others = await exchange.publish({ urgency: 'urgent', targetorg: 'X9H2T' });
    const wanted = await exchange.publish({ urgency: 'urgent', targetorg: 'X9G1P', type: BOOKED });
    expect(await exchange.untilState(subscription.id, noMatch, 'filtered')).toMatchObject([{ reason: 'no-match' }]);
    expect(await exchange.untilState(subscription.id, others, 'filtered')).toMatchObject([
      { reason: 'other-recipient' },
    ]);
    await exchange.untilState(subscription.id, wanted, 'delivered');
    expect(receiver.ids).toEqual([wanted]);
  });

  it('suppresses what is due after the grant was withdrawn', async () => {
    await exchange.relay();
    const subscription = await active();
    await exchange.grant('org.signalbox.booking.*');
    await exchange.heard(receiver);
    const id = await exchange.publish();
    expect(await exchange.untilState(subscription.id, id, 'suppressed')).toMatchObject([
      { kind: 'suppressed', reason: 'no-grant' },
    ]);
    expect(receiver.received).toEqual([]);
  });

  it('tries again after a failure, no sooner than the endpoint asked, under the same identity, and then delivers', async () => {
    await exchange.relay();
    const subscription = await active();
    const times: number[] = [];
    receiver.answer = (_request, answer) => {
      times.push(Date.now());
      if (times.length === 1) answer.writeHead(500).end();
      else if (times.length === 2) answer.writeHead(429, { 'retry-after': '1' }).end();
      else answer.writeHead(200).end();
    };
    const id = await exchange.publish();
    const steps = await exchange.untilState(subscription.id, id, 'delivered');
    expect(steps).toMatchObject([
      { kind: 'attempt', state: 'waiting', attempt: 1, reason: 'endpoint-error', status: 500 },
      { kind: 'attempt', state: 'waiting', attempt: 2, reason: 'endpoint-overloaded', status: 429 },
      { kind: 'delivered', state: 'delivered', attempt: 3, status: 200 },
    ]);
    expect(times[2]! - times[1]!).toBeGreaterThanOrEqual(1_000);
    expect(Date.parse(steps[1]?.nextattempt ?? '') - Date.parse(steps[1]?.time ?? '')).toBe(1_000);
    expect(new Set(receiver.received.map((one) => one.id)).size).toBe(1);
  });

  it('parks with a copy and the reason when every attempt failed', async () => {
    await exchange.relay();
    const subscription = await active();
    receiver.answer = (_request, answer) => void answer.writeHead(500).end();
    const id = await exchange.publish();
    const steps = await exchange.untilState(subscription.id, id, 'parked');
    expect(steps.map(({ kind, attempt, reason }) => [kind, attempt, reason])).toEqual([
      ['attempt', 1, 'endpoint-error'],
      ['attempt', 2, 'endpoint-error'],
      ['attempt', 3, 'endpoint-error'],
      ['attempt', 4, 'endpoint-error'],
      ['parked', 4, 'attempts-exhausted'],
    ]);
    const parked = await waitFor('the parked copy', () => exchange.parked.find((one) => one.eventid === id));
    expect(parked).toMatchObject({
      subscription: subscription.id,
      org: 'X9G1P',
      attempts: 4,
      reason: 'attempts-exhausted',
      stream: 'EVENTS_RESULT',
    });
    expect(Buffer.from(parked.event, 'base64').toString()).toContain(DATA);
    await waitFor('the engine to hold nothing', async () => (await exchange.backlog(subscription)).unsettled === 0);
  });

  it('parks at once what the endpoint refuses, and goes on with the next', async () => {
    await exchange.relay();
    const subscription = await active();
    const poison = 'poison-1';
    receiver.answer = (_request, answer) => void answer.writeHead(receiver.ids.at(-1) === poison ? 422 : 204).end();
    await exchange.publish({ id: poison });
    const next = await exchange.publish();
    expect(await exchange.untilState(subscription.id, poison, 'parked')).toMatchObject([
      { kind: 'attempt', reason: 'endpoint-refused', status: 422 },
      { kind: 'parked', reason: 'endpoint-refused' },
    ]);
    await exchange.untilState(subscription.id, next, 'delivered');
    expect(receiver.ids.filter((id) => id === poison)).toHaveLength(1);
  });

  it('switches the subscription off at 410 with the reason, and keeps the backlog for when it is on again', async () => {
    await exchange.relay();
    const subscription = await active();
    receiver.answer = (_request, answer) => void answer.writeHead(410).end();
    const first = await exchange.publish();
    const off = await exchange.inState(subscription.id, 'disabled');
    expect(off.statusReason).toMatch(/^endpoint-gone: /);
    expect(await exchange.untilState(subscription.id, first, 'parked')).toMatchObject([
      { reason: 'endpoint-gone' },
      { reason: 'endpoint-gone' },
    ]);
    await exchange.letGo(subscription);
    const later = await exchange.publish();
    await waitFor('the event to wait', async () => (await exchange.backlog(subscription)).waiting === 1);
    receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    await exchange.registry.changeSubscription(subscription.id, (current) => ({ ...current, status: 'pending' }));
    await exchange.untilState(subscription.id, later, 'delivered');
    expect(receiver.ids).toEqual([first, later]);
  });

  it('leaves the events of a paused subscription in the engine and delivers them when it is resumed', async () => {
    await exchange.relay();
    const subscription = await active();
    await exchange.untilState(subscription.id, await exchange.publish(), 'delivered');
    await exchange.registry.changeSubscription(subscription.id, (current) => ({ ...current, status: 'paused' }));
    await exchange.letGo(subscription);
    await exchange.relay(); // A relay that starts meanwhile leaves it alone too.
    const waiting = await exchange.publish();
    await waitFor('the event to wait', async () => (await exchange.backlog(subscription)).waiting === 1);
    expect(exchange.stepsOf(subscription.id, waiting)).toEqual([]);
    await exchange.registry.changeSubscription(subscription.id, (current) => ({ ...current, status: 'active' }));
    await exchange.untilState(subscription.id, waiting, 'delivered');
    expect(receiver.ids).toHaveLength(2);
  });

  it('follows a changed sink and changed types while it runs', async () => {
    await exchange.relay();
    const subscription = await active();
    await exchange.untilState(subscription.id, await exchange.publish(), 'delivered');
    const other = await Receiver.start();
    await exchange.registry.changeSubscription(subscription.id, (current) => ({
      ...current,
      sink: other.sink,
      sinksecrets: [other.secret],
      types: [BOOKED],
      status: 'pending',
    }));
    await exchange.inState(subscription.id, 'active');
    await exchange.publish();
    const booked = await exchange.publish({ type: BOOKED });
    await exchange.untilState(subscription.id, booked, 'delivered');
    expect(other.ids).toEqual([booked]);
    expect(other.received[0]?.verified).toBe(true);
    expect(receiver.ids).toHaveLength(1);
    other.stop();
  });

  it('refuses to send to a place that the operator did not list, and says so on the subscription', async () => {
    await exchange.relay({ SIGNALBOX_EGRESS_ALLOW: '127.0.0.2/32' });
    const { id } = await exchange.subscribe(receiver);
    expect((await exchange.inState(id, 'disabled')).statusReason).toMatch(/^egress-refused: /);
    expect(receiver.handshakes).toEqual([]);
  });

  it('switches a subscription off whose endpoint does not consent after being asked again, and skips asking when told so', async () => {
    const relay = await exchange.relay();
    receiver.allowed = undefined;
    const { id } = await exchange.subscribe(receiver);
    expect((await exchange.inState(id, 'disabled')).statusReason).toMatch(/^handshake-missing: /);
    expect(receiver.handshakes).toHaveLength(3);
    await relay.close();
    await exchange.relay({ SIGNALBOX_WEBHOOK_HANDSHAKE: 'skip' });
    await active();
    expect(receiver.handshakes).toHaveLength(3);
  });

  it('hands an attempt back that does not end within the grace of a stop, and another relay delivers it', async () => {
    const relay = await exchange.relay({ SIGNALBOX_DELIVERY_GRACE_MS: '50' });
    const subscription = await active();
    receiver.answer = () => undefined;
    const id = await exchange.publish();
    await waitFor('the attempt', () => receiver.ids.includes(id));
    await relay.close();
    expect(exchange.stepsOf(subscription.id, id)).toEqual([]);
    receiver.answer = (_request, answer) => void answer.writeHead(204).end();
    await exchange.relay();
    expect(await exchange.untilState(subscription.id, id, 'delivered')).toMatchObject([
      { kind: 'delivered', attempt: 2 },
    ]);
    expect(new Set(receiver.received.map((one) => one.id)).size).toBe(1);
  });

  it('tells spans of the delivery and of the attempt, linked to the acceptance, and the endpoint sees the attempt’s', async () => {
    await exchange.relay();
    const subscription = await active();
    const acceptance = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
    const id = await exchange.publish({}, `00-${acceptance.traceId}-${acceptance.spanId}-01`);
    const [step] = await exchange.untilState(subscription.id, id, 'delivered');
    const ofEvent = await waitFor('both spans', () => {
      const found = exchange.spans.filter(({ attributes }) =>
        attributes.some(({ key, value }) => key === 'signalbox.event' && value['stringValue'] === id),
      );
      return found.length === 2 && found;
    });
    const processed = ofEvent.find(({ name }) => name === 'process EVENTS_RESULT');
    const sent = ofEvent.find(({ name }) => name === 'POST webhook');
    expect(processed).toMatchObject({ kind: 5, links: [acceptance], traceId: step?.traceid, spanId: step?.spanid });
    expect(processed?.traceId).not.toBe(acceptance.traceId);
    expect(sent).toMatchObject({ kind: 3, traceId: processed?.traceId, parentSpanId: processed?.spanId });
    expect(receiver.received[0]?.headers['traceparent']).toContain(`${sent?.traceId ?? ''}-${sent?.spanId ?? ''}`);
    expect(JSON.stringify([ofEvent, exchange.steps])).not.toContain(CANARY);
  });

  it('exposes health and metrics that name no identifier', async () => {
    const relay = await exchange.relay({ SIGNALBOX_BACKLOG_EVERY_MS: '100' });
    const subscription = await active();
    await exchange.untilState(subscription.id, await exchange.publish(), 'delivered');
    await waitFor('the relay to be ready', async () => (await fetch(`${relay.url}/health/ready`)).status === 200);
    const metrics = await waitFor('the backlog to be looked at', async () => {
      const text = await (await fetch(`${relay.url}/metrics`)).text();
      return text.includes('signalbox_delivery_backlog{family="result"') && text;
    });
    expect(metrics).toMatch(/signalbox_deliveries_total\{outcome="delivered",reason="",service="relay"\} 1/);
    expect(metrics).toMatch(/signalbox_delivery_attempt_seconds_count\{[^}]*outcome="delivered"[^}]*\} 1/);
    expect(metrics).toMatch(/signalbox_deliveries_in_flight\{service="relay"\} 0/);
    expect(metrics).not.toContain(subscription.id);
  });
});
