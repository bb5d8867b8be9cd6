import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { waitingKey, type WaitingDelivery } from '@signalbox/messaging';
import type { Subscription } from '@signalbox/registry';

import { waitFor } from '../support/index.js';
import { BOOKED, Exchange, Receiver, REPORTED } from './relay-rig.js';

const STREAM = 'EVENTS_RESULT';

describe('what is due outside the order of its stream', () => {
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
  /** Active though no relay has asked its endpoint. */
  const switchedOn = async () => exchange.subscribe(receiver, { status: 'active' });
  const newest = async (): Promise<number> => exchange.engine.events.lastSequence('result');
  /** As the gateway and the ledger put it. */
  const put = async (
    { id }: Subscription,
    sequence: number,
    entry: Partial<WaitingDelivery> & Pick<WaitingDelivery, 'cause'>,
  ): Promise<void> => {
    const place = { subscription: id, stream: STREAM, sequence };
    const whole = { ...place, key: 'k', stored: new Date().toISOString(), attempts: 0, ...entry };
    await (await exchange.engine.kv('WAITING')).put(waitingKey(place), JSON.stringify(whole));
  };
  const nothingWaits = async (subscription: Subscription): Promise<void> => {
    await waitFor('nothing to wait', async () => (await exchange.waiting(subscription)).length === 0);
  };

  it('is a correction: whatever types, filters and recipient say now, marked with what it corrects, but never without a grant', async () => {
    await exchange.relay();
    const subscription = await active({ types: [BOOKED], filters: [{ exact: { urgency: 'urgent' } }] });
    const corrected = await exchange.publish({ targetorg: 'X9H2T' });
    await put(subscription, await newest(), { cause: 'correction', corrects: 'first' });
    expect(await exchange.untilState(subscription.id, corrected, 'delivered')).toMatchObject([
      { kind: 'delivered', corrects: 'first' },
    ]);
    expect(receiver.received[0]?.headers['signalbox-corrects']).toBe('first');
    await nothingWaits(subscription);
    await exchange.grant('org.signalbox.booking.*');
    await exchange.heard(receiver);
    const without = await exchange.publish({ targetorg: 'X9H2T' });
    await put(subscription, await newest(), { cause: 'correction', corrects: 'first' });
    await exchange.untilState(subscription.id, without, 'suppressed');
    expect(receiver.ids).toEqual([corrected]);
  });

  it('is what a person put up again: its attempts begin anew, and its records are its own', async () => {
    await exchange.relay({ SIGNALBOX_RETRY_MAX_ATTEMPTS: '2' });
    const subscription = await active();
    receiver.answer = (_request, answer) => void answer.writeHead(500).end();
    const id = await exchange.publish();
    await exchange.untilState(subscription.id, id, 'parked');
    const copy = await waitFor('the copy', async () =>
      exchange.engine.parked.newest({ subscription: subscription.id, stream: STREAM, sequence: await newest() }),
    );
    await nothingWaits(subscription);
    receiver.answer = (_request, answer) => void answer.writeHead(receiver.ids.length === 3 ? 503 : 204).end();
    await put(subscription, await newest(), { cause: 'unparked', parked: copy.position });
    const steps = await exchange.untilState(subscription.id, id, 'delivered');
    expect(steps.map(({ kind, attempt }) => [kind, attempt])).toEqual([
      ['attempt', 1],
      ['attempt', 2],
      ['parked', 2],
      ['attempt', 1],
      ['delivered', 2],
    ]);
    await nothingWaits(subscription);
  });

  it('ends by name when neither stream nor copy has the event any more', async () => {
    await exchange.relay();
    const subscription = await active();
    const sequence = (await newest()) + 1_000;
    const event = { source: 'urn:ods:X9L3B:lims', id: 'gone-1', type: REPORTED, journey: 'j', sourceorg: 'X9L3B' };
    await put(subscription, sequence, { cause: 'retry', event });
    expect(await exchange.untilState(subscription.id, 'gone-1', 'expired')).toMatchObject([
      { kind: 'expired', reason: 'retention-over', type: REPORTED, journey: 'j' },
    ]);
    const parked = await waitFor('the record', () => exchange.parked.find(({ eventid }) => eventid === 'gone-1'));
    expect(parked).toMatchObject({ reason: 'retention-over', event: '' });
    await nothingWaits(subscription);
  });

  it('goes on with a relay that starts, in its place within its key', async () => {
    const subscription = await exchange.subscribe(receiver, { status: 'active' });
    const first = await exchange.publish({ partitionkey: 'k' });
    const sequence = await newest();
    const stored = (await exchange.engine.events.get(STREAM, sequence))!.time.toISOString();
    await put(subscription, sequence, {
      cause: 'retry',
      attempts: 1,
      stored,
      nextattempt: new Date(Date.now() + 700).toISOString(),
    });
    const second = await exchange.publish({ partitionkey: 'k' });
    await exchange.relay();
    const steps = await exchange.untilState(subscription.id, second, 'delivered');
    expect(receiver.ids).toEqual([first, second]);
    expect(exchange.stepsOf(subscription.id, first)).toMatchObject([{ kind: 'delivered', attempt: 2 }]);
    expect(steps).toMatchObject([{ kind: 'delivered', attempt: 1 }]);
    await nothingWaits(subscription);
  });

  it('is given up with everything else of a subscription that was deleted while no relay ran, and of no other', async () => {
    const [gone, kept] = [await switchedOn(), await switchedOn()];
    for (const { id } of [gone, kept]) await exchange.publish({ partitionkey: id });
    await exchange.relay();
    await waitFor('both to have both', () => receiver.received.length >= 4);
    const health = await exchange.engine.kv('HEALTH');
    await exchange.stopRelays();
    const sequence = await newest();
    for (const subscription of [gone, kept]) {
      await health.put(subscription.id, '{}');
      await put(subscription, sequence, { cause: 'retry', nextattempt: new Date(Date.now() + 600_000).toISOString() });
    }
    await exchange.registry.deleteSubscription(gone.id);
    // Of one that this relay may have yet to hear of.
    await health.put('unheard-of', '{}');
    await exchange.relay();
    await nothingWaits(gone);
    await waitFor('its health to be forgotten', async () => (await health.get(gone.id)) === undefined);
    const holders = await exchange.engine.deliveryHolders('result');
    expect(holders).not.toContain(gone.id);
    expect(holders).toContain(kept.id);
    expect(await exchange.waiting(kept)).toHaveLength(1);
    expect(await health.get(kept.id)).toBeDefined();
    expect(await health.get('unheard-of')).toBeDefined();
  });

  it('is told to be late when a newer version is known, or held for a person, as its type says', async () => {
    await exchange.relay();
    const subscription = await active();
    const late = await exchange.publish({}, undefined, { late: 'newer ö' });
    const held = await exchange.publish({}, undefined, { late: 'newer', held: true });
    expect(await exchange.untilState(subscription.id, late, 'delivered')).toMatchObject([{ late: 'newer ö' }]);
    expect(receiver.received[0]?.headers['signalbox-late']).toBe('newer%20%C3%B6');
    expect(await exchange.untilState(subscription.id, held, 'parked')).toMatchObject([
      { kind: 'parked', reason: 'superseded', late: 'newer' },
    ]);
    await put(subscription, await newest(), { cause: 'unparked', late: 'newer' });
    await exchange.untilState(subscription.id, held, 'delivered');
    expect(receiver.ids).toEqual([late, held]);
  });
});
