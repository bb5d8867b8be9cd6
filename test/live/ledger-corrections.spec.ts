import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent, Recipients } from '@signalbox/contracts';
import { type KeyValue, type WaitingDelivery, waitingKey } from '@signalbox/messaging';
import type { DeliveryHistory, DeliveryPage } from '../../apps/ledger/src/journeys/deliveries.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE } from './ledger-rig.js';
import type { RunningRelay } from '../../apps/relay/src/relay.js';
import { Receiver, relayOver } from './relay-rig.js';
import { layBareDatabase, waitFor } from '../support/index.js';

const REPORTED = 'org.signalbox.result.reported.v1';
const CORRECTED = 'org.signalbox.result.corrected.v1';
const WITHDRAWN = 'org.signalbox.result.withdrawn.v1';
const QUICK = { SIGNALBOX_LEDGER_CORRECTION_EVERY_MS: '20', SIGNALBOX_LEDGER_CORRECTION_LOOK_MS: '50' };

describe('a correction or withdrawal', () => {
  let exchange: LedgerExchange;
  let room: KeyValue;
  const idOf = (event: CloudEvent) => String(event.attributes['id']);
  const sourceOf = (event: CloudEvent) => encodeURIComponent(String(event.attributes['source']));
  const recipientsOf = (event: CloudEvent) => `/events/${idOf(event)}/recipients?source=${sourceOf(event)}`;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.open(QUICK);
    room = await exchange.engine.kv('WAITING');
    const hospital = exchange.registry.organisation(HOSPITAL)!;
    await exchange.registry.putOrganisation({ ...hospital, contact: 'results@hospital.example' });
  });
  afterAll(() => exchange.stop());

  const report = (attributes: Record<string, string> = {}) =>
    exchange.accept({
      type: REPORTED,
      sourceorg: LABORATORY,
      attributes: { correlationid: randomUUID(), ...attributes },
    });

  async function correct(event: CloudEvent, type = CORRECTED, attributes: Record<string, string> = {}) {
    const correlationid = String(event.attributes['correlationid']);
    const source = String(event.attributes['source']);
    const more = { correlationid, source, supersedes: idOf(event), ...attributes };
    return exchange.accept({ type, sourceorg: LABORATORY, attributes: more });
  }

  const delivered = (event: CloudEvent, subscription: string, org = HOSPITAL) =>
    exchange.step(event, 'delivered', { org, subscription, channel: 'HTTP', attempt: 1, state: 'delivered' });

  /** Where an event lies: the room is keyed by it. */
  async function placeOf(event: CloudEvent): Promise<{ stream: string; sequence: number }> {
    const { events } = await exchange.engine.events.read({ family: 'result', types: ['*'], after: 0, limit: 500 });
    const { stream, sequence } = events.find((stored) => idOf(stored.event) === idOf(event))!;
    return { stream, sequence };
  }

  async function entryOf(event: CloudEvent, subscription: string): Promise<WaitingDelivery | undefined> {
    const value = (await room.get(waitingKey({ subscription, ...(await placeOf(event)) })))?.value;
    return value && (JSON.parse(Buffer.from(value).toString()) as WaitingDelivery);
  }

  const untilQueued = (event: CloudEvent, subscription: string) =>
    waitFor(`${subscription} to have the correction waiting for it`, () => entryOf(event, subscription));

  /** The steps of one delivery, as the operator sees them. */
  async function stepsOf(event: CloudEvent, subscription: string) {
    const path = `/subscriptions/${subscription}/deliveries/attempts?id=${idOf(event)}&source=${sourceOf(event)}`;
    const { status, body } = await exchange.json<DeliveryHistory>(OPERATOR_ORG, path);
    return status === 200
      ? body.attempts.map(({ kind, reason }) => (reason === undefined ? kind : `${kind} ${reason}`))
      : [];
  }

  const untilSteps = (event: CloudEvent, subscription: string, expected: string[]) =>
    waitFor(`the steps of ${subscription} to be ${expected.join(', ')}`, async () => {
      const steps = await stepsOf(event, subscription);
      return steps.length >= expected.length && expect(steps).toEqual(expected) === undefined;
    });

  const change = async (id: string, more: Parameters<LedgerExchange['subscribe']>[2]) => {
    await exchange.registry.changeSubscription(id, (current) => ({ ...current, ...more }));
    await exchange.registryKnown();
  };

  it('reaches whoever received the first, though it asks for something else now, and nobody twice', async () => {
    await exchange.subscribe('asks-on', HOSPITAL);
    await exchange.subscribe('asks-no-more', HOSPITAL);
    const first = await report();
    await delivered(first, 'asks-on');
    await delivered(first, 'asks-no-more');
    await change('asks-no-more', { types: [REPORTED] });
    const correction = await correct(first);
    const entry = await untilQueued(correction, 'asks-no-more');
    expect(entry).toMatchObject({
      ...{ cause: 'correction', corrects: idOf(first), subscription: 'asks-no-more', attempts: 0 },
      event: { id: idOf(correction), type: CORRECTED, sourceorg: LABORATORY },
    });
    await untilSteps(correction, 'asks-no-more', ['retried']);
    // Nobody foresaw it, and by when it has to be there is known all the same.
    const { deliveries } = await exchange.until<DeliveryPage>(
      HOSPITAL,
      '/subscriptions/asks-no-more/deliveries?state=waiting',
      (list) => list.deliveries.some(({ due }) => due !== undefined),
    );
    expect(deliveries).toMatchObject([{ id: idOf(correction), corrects: idOf(first) }]);
    expect(Date.parse(deliveries[0]!.due!) - Date.parse(deliveries[0]!.since)).toBe(7 * 86_400_000);
    // What comes anyway is left to come.
    expect(await entryOf(correction, 'asks-on')).toBeUndefined();
    expect(await stepsOf(correction, 'asks-on')).toEqual([]);
  });

  it('waits for a receiver that is paused, and for one that it is not addressed to', async () => {
    await exchange.subscribe('paused', HOSPITAL);
    await exchange.subscribe('bystander', PRACTICE);
    const first = await report();
    await delivered(first, 'paused');
    await delivered(first, 'bystander', PRACTICE);
    await change('paused', { status: 'paused', types: [REPORTED] });
    const correction = await correct(first, WITHDRAWN, { targetorg: HOSPITAL });
    expect((await untilQueued(correction, 'paused')).corrects).toBe(idOf(first));
    expect((await untilQueued(correction, 'bystander')).corrects).toBe(idOf(first));
    // Whoever received it may know of what replaces it.
    await exchange.until(PRACTICE, `/events/${idOf(correction)}`, () => true);
  });

  it('becomes work for its publisher, with the receiver’s contact, where the exchange cannot bring it', async () => {
    await exchange.subscribe('deleted', HOSPITAL);
    await exchange.subscribe('disabled', HOSPITAL);
    await exchange.subscribe('ungranted', PRACTICE);
    const first = await report();
    await delivered(first, 'deleted');
    await delivered(first, 'disabled');
    await delivered(first, 'ungranted', PRACTICE);
    await exchange.registry.deleteSubscription('deleted');
    await change('disabled', { status: 'disabled' });
    for (const { id } of exchange.registry.grants(PRACTICE)) await exchange.registry.deleteGrant(PRACTICE, id);
    await exchange.registryKnown();
    const correction = await correct(first);
    const path = recipientsOf(correction);
    const view = await exchange.until<Recipients>(LABORATORY, path, ({ outstanding = [] }) => {
      const work = outstanding.filter((one) => one.work !== undefined);
      return work.length === 3;
    });
    expect(view.outstanding?.map(({ org, state, reason, received }) => [org, state, reason, received])).toEqual([
      [HOSPITAL, 'parked', 'receiver-ended', idOf(first)],
      [HOSPITAL, 'parked', 'receiver-ended', idOf(first)],
      [PRACTICE, 'parked', 'no-grant', idOf(first)],
    ]);
    expect(view.outstanding?.[0]).toMatchObject({
      contact: 'results@hospital.example',
      name: `Organisation ${HOSPITAL}`,
    });
    expect(await stepsOf(correction, 'disabled')).toEqual(['parked receiver-ended']);
    // Whoever lost its grant is not told of it by the exchange.
    expect((await exchange.json(PRACTICE, `/events/${idOf(correction)}`)).status).toBe(404);

    await change('disabled', { status: 'active', types: [REPORTED] });
    await untilQueued(correction, 'disabled');
    await exchange.subscribe('granted-again', PRACTICE);
    await untilSteps(correction, 'ungranted', ['parked no-grant', 'retried']);
    await exchange.registry.deleteSubscription('disabled');
    await untilSteps(correction, 'disabled', ['parked receiver-ended', 'retried', 'parked receiver-ended']);
    await exchange.step(correction, 'handled-outside', { org: HOSPITAL, subscription: 'disabled' });
    const left = await exchange.until<Recipients>(LABORATORY, path, ({ outstanding }) => outstanding?.length === 2);
    expect(left.outstanding?.map(({ org }) => org)).toEqual([HOSPITAL, PRACTICE]);
  });

  it('of a correction goes to those who received the first only, in whatever order everything comes', async () => {
    await exchange.subscribe('first-only', HOSPITAL, { types: [REPORTED] });
    await exchange.subscribe('later', HOSPITAL, { types: [REPORTED] });
    const first = await report();
    await delivered(first, 'first-only');
    const second = await correct(first);
    const third = await correct(second, WITHDRAWN);
    expect((await untilQueued(third, 'first-only')).corrects).toBe(idOf(first));
    await delivered(second, 'first-only');
    // What it replaces is delivered after all, long after the correction was accepted.
    await delivered(first, 'later');
    expect((await untilQueued(second, 'later')).corrects).toBe(idOf(first));
    expect((await untilQueued(third, 'later')).corrects).toBe(idOf(first));
    // A link of the chain that is read last: two corrections are there, then what ties them to the first.
    const link = randomUUID();
    const last = await correct(first, WITHDRAWN, { supersedes: link });
    await waitFor(
      'the ledger to know the last',
      async () => (await exchange.json(LABORATORY, recipientsOf(last))).status === 200,
    );
    await correct(first, CORRECTED, { id: link });
    await untilQueued(last, 'later');
  });

  it('is put up for whoever filtered it before it received the first', async () => {
    await exchange.subscribe('filters', HOSPITAL);
    const first = await report();
    const correction = await correct(first);
    const to = { org: HOSPITAL, subscription: 'filters', channel: 'HTTP' } as const;
    await exchange.step(correction, 'filtered', { ...to, reason: 'no-match' });
    await delivered(first, 'filters');
    await untilQueued(correction, 'filters');
    await untilSteps(correction, 'filters', ['filtered no-match', 'retried']);
  });

  it('is put up for whoever asks for it since its stream has gone past it, though the ledger was away', async () => {
    const subscription = await exchange.subscribe('gone-past', HOSPITAL, { types: [REPORTED] });
    const first = await report();
    await delivered(first, 'gone-past');
    await exchange.close();
    const correction = await correct(first);
    const next = await report();
    const place = { id: subscription.id, family: 'result', startSequence: 0 };
    const queue = await exchange.engine.deliveries({ ...place, types: [REPORTED] });
    for await (const item of queue!.items()) {
      item.ack();
      if (idOf(item.stored.event) === idOf(next)) break;
    }
    await queue!.stop();
    await change('gone-past', { types: [REPORTED, CORRECTED] });
    await (await exchange.engine.deliveries({ ...place, types: [REPORTED, CORRECTED] }))!.stop();
    await exchange.open(QUICK);
    expect((await untilQueued(correction, 'gone-past')).corrects).toBe(idOf(first));
  });

  it('is not sent again to whoever has it when the ledger builds its database anew', async () => {
    await exchange.subscribe('has-it', HOSPITAL, { types: [REPORTED] });
    await exchange.subscribe('waits-for-it', HOSPITAL, { types: [REPORTED] });
    const first = await report();
    await delivered(first, 'has-it');
    await delivered(first, 'waits-for-it');
    const correction = await correct(first);
    await untilQueued(correction, 'waits-for-it');
    await untilQueued(correction, 'has-it');
    // As the relay does: the end first, then the entry.
    await delivered(correction, 'has-it');
    await room.forget(waitingKey({ subscription: 'has-it', ...(await placeOf(correction)) }));
    const before = await waitFor('the ledger to know', async () => {
      const steps = await Promise.all(['has-it', 'waits-for-it'].map((id) => stepsOf(correction, id)));
      return steps[0]?.length === 2 && steps;
    });

    await exchange.close();
    const place = join(exchange.folder.path, 'ledger');
    rmSync(place, { recursive: true });
    await layBareDatabase(place);
    await exchange.open(QUICK);
    // One that is owed something new shows that everything was looked after again.
    await delivered(first, 'later');
    await untilQueued(correction, 'later');
    expect(await entryOf(correction, 'has-it')).toBeUndefined();
    expect(await entryOf(correction, 'waits-for-it')).toMatchObject({ cause: 'correction' });
    expect(await Promise.all(['has-it', 'waits-for-it'].map((id) => stepsOf(correction, id)))).toEqual(before);
  });

  it('is told to its publisher receiver by receiver, each with its own clock, and to nobody else', async () => {
    await exchange.subscribe('on-time', HOSPITAL);
    await exchange.subscribe('too-late', PRACTICE);
    const first = await report();
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    for (const [subscription, org] of [
      ['on-time', HOSPITAL],
      ['too-late', PRACTICE],
    ] as const)
      await exchange.step(first, 'delivered', { org, subscription, channel: 'HTTP', time: hoursAgo(80) });
    await exchange.step(first, 'acknowledged', { org: HOSPITAL, subscription: 'on-time', time: hoursAgo(79) });
    const correction = await correct(first);
    await delivered(correction, 'on-time');
    const ofFirst = await exchange.until<Recipients>(
      LABORATORY,
      recipientsOf(first),
      ({ recipients }) =>
        recipients.some(({ state }) => state === 'acknowledged') && recipients.some(({ overdue }) => overdue),
    );
    const [hospital, practice] = [HOSPITAL, PRACTICE].map((ods) =>
      ofFirst.recipients.find(({ org, delivered: at }) => org === ods && at !== undefined),
    );
    expect(hospital).toMatchObject({ state: 'acknowledged', overdue: false, name: `Organisation ${HOSPITAL}` });
    expect(practice).toMatchObject({ state: 'delivered', overdue: true });
    expect(Date.parse(practice!.acknowledgementdue!) - Date.parse(practice!.delivered!)).toBe(72 * 3_600_000);
    expect(JSON.stringify(ofFirst)).not.toMatch(/on-time|too-late|HTTP/);

    // The correction has a clock of its own.
    const ofCorrection = await exchange.until<Recipients>(LABORATORY, recipientsOf(correction), ({ recipients }) =>
      recipients.some(({ state }) => state === 'delivered'),
    );
    expect(ofCorrection.recipients.find(({ state }) => state === 'delivered')).toMatchObject({ overdue: false });
    expect(ofCorrection.outstanding).toMatchObject([{ org: PRACTICE, received: idOf(first), state: 'waiting' }]);

    for (const ods of [HOSPITAL, PRACTICE]) {
      const { status, body } = await exchange.json<{ code: string }>(ods, recipientsOf(first));
      expect([ods, status, body.code]).toEqual([ods, 404, 'SB-4040']);
    }
    expect((await exchange.json(OPERATOR_ORG, recipientsOf(first))).status).toBe(200);
    expect((await exchange.json(LABORATORY, `/events/${randomUUID()}/recipients`)).status).toBe(404);
  });
});

describe('with a real relay', () => {
  let exchange: LedgerExchange;
  let relay: RunningRelay;
  let receiver: Receiver;

  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    receiver = await Receiver.start();
    await exchange.open(QUICK);
    relay = await relayOver(exchange.nats);
  });
  afterAll(async () => {
    await relay.close();
    receiver.stop();
    await exchange.stop();
  });

  const idOf = (event: CloudEvent) => String(event.attributes['id']);

  it('a receiver gets corrections of what it received once and marked, and acknowledges each', async () => {
    const hook = { sink: receiver.sink, sinksecrets: [receiver.secret] };
    await exchange.subscribe('all', HOSPITAL, { ...hook, types: ['org.signalbox.result.*'] });
    await exchange.subscribe('less', HOSPITAL, { ...hook, types: ['org.signalbox.result.*'] });
    const attributes = { correlationid: randomUUID() };
    const first = await exchange.accept({ type: REPORTED, sourceorg: LABORATORY, attributes });
    await waitFor('both to have the first', () => receiver.ids.filter((id) => id === idOf(first)).length === 2);
    const less = await exchange.registry.changeSubscription('less', (now) => ({ ...now, types: [REPORTED] }));
    const last = await exchange.engine.lastSequence('EVENTS_RESULT');
    await waitFor('the relay to go by what it asks for now', async () => {
      const standing = await exchange.engine.deliveryStanding(less, 'result', last);
      return standing?.current;
    });
    const more = { ...attributes, source: String(first.attributes['source']) };
    const second = await exchange.accept({
      ...{ type: CORRECTED, sourceorg: LABORATORY },
      attributes: { ...more, supersedes: idOf(first) },
    });
    const third = await exchange.accept({
      ...{ type: WITHDRAWN, sourceorg: LABORATORY },
      attributes: { ...more, supersedes: idOf(second) },
    });
    await waitFor('both to have both', () => receiver.received.length >= 6);
    const { body } = await waitFor('the ledger to know', async () => {
      const answer = await exchange.json<Recipients>(LABORATORY, `/events/${idOf(third)}/recipients`);
      return answer.body.outstanding?.length === 0 && answer.body.recipients.every((one) => one.delivered) && answer;
    });
    expect(body.recipients).toHaveLength(2);
    const marked = receiver.received.map(({ event, headers }) => [idOf(event), headers['signalbox-corrects']]);
    expect(
      marked
        .filter(([id]) => id === idOf(second))
        .map(([, mark]) => mark)
        .toSorted(),
    ).toEqual([idOf(first), undefined]);
    expect(marked.filter(([id]) => id === idOf(third))).toHaveLength(2);
    const room = await exchange.engine.kv('WAITING');
    await waitFor('the waiting room to be empty', async () => (await room.keys('>')).length === 0);
    expect(receiver.received).toHaveLength(6);
  });
});
