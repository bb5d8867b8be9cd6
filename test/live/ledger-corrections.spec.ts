import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '@signalbox/contracts';
import fc from 'fast-check';
import { type KeyValue, type WaitingDelivery, waitingKey } from '@signalbox/messaging';
import type { RecipientsView } from '../../apps/ledger/src/corrections/recipients.js';
import type { DeliveryHistory } from '../../apps/ledger/src/journeys/deliveries.js';
import { HOSPITAL, LABORATORY, LedgerExchange, OPERATOR_ORG, PRACTICE } from './ledger-rig.js';
import { waitFor } from '../support/index.js';

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

  const change = (id: string, more: Parameters<LedgerExchange['subscribe']>[2]) =>
    exchange.registry.changeSubscription(id, (current) => ({ ...current, ...more }));

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
    const correction = await correct(first);
    const path = recipientsOf(correction);
    const view = await exchange.until<RecipientsView>(LABORATORY, path, ({ outstanding = [] }) => {
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
    const left = await exchange.until<RecipientsView>(LABORATORY, path, ({ outstanding }) => outstanding?.length === 2);
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
    rmSync(join(exchange.folder.path, 'ledger'), { recursive: true });
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
      await exchange.step(first, 'delivered', { org, subscription, channel: 'HTTP', time: hoursAgo(30) });
    await exchange.step(first, 'acknowledged', { org: HOSPITAL, subscription: 'on-time', time: hoursAgo(29) });
    const correction = await correct(first);
    await delivered(correction, 'on-time');
    const ofFirst = await exchange.until<RecipientsView>(LABORATORY, recipientsOf(first), ({ recipients }) =>
      recipients.some(({ state }) => state === 'acknowledged'),
    );
    const [hospital, practice] = [HOSPITAL, PRACTICE].map((ods) =>
      ofFirst.recipients.find(({ org, delivered: at }) => org === ods && at !== undefined),
    );
    expect(hospital).toMatchObject({ state: 'acknowledged', overdue: false, name: `Organisation ${HOSPITAL}` });
    expect(practice).toMatchObject({ state: 'delivered', overdue: true });
    expect(Date.parse(practice!.acknowledgementdue!) - Date.parse(practice!.delivered!)).toBe(86_400_000);
    expect(JSON.stringify(ofFirst)).not.toMatch(/on-time|too-late|HTTP/);

    // The correction has a clock of its own.
    const ofCorrection = await exchange.until<RecipientsView>(LABORATORY, recipientsOf(correction), ({ recipients }) =>
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

type Change = 'ask-less' | 'pause' | 'go-on' | 'disable' | 'delete' | 'take-grants' | 'give-grants' | 'restart';
type Action =
  | { readonly kind: 'deliver'; readonly event: number; readonly subscription: number }
  | { readonly kind: 'correct'; readonly event: number; readonly type: string }
  | { readonly kind: Change; readonly subscription: number };

const SUBSCRIPTIONS = 6;
const at = (most: number) => fc.nat(most - 1);
const scenario = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ kind: fc.constant('deliver' as const), event: fc.nat(), subscription: at(SUBSCRIPTIONS) }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('correct' as const),
        event: fc.nat(),
        type: fc.constantFrom(CORRECTED, WITHDRAWN),
      }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constantFrom<Change>('ask-less', 'pause', 'go-on', 'disable', 'delete', 'take-grants', 'give-grants'),
        subscription: at(SUBSCRIPTIONS),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), subscription: fc.constant(0) }) },
  ),
  { minLength: 25, maxLength: 40 },
);

describe('whatever happens in between', () => {
  let exchange: LedgerExchange;
  let room: KeyValue;
  beforeAll(async () => {
    exchange = await LedgerExchange.start();
    await exchange.open(QUICK);
    room = await exchange.engine.kv('WAITING');
  });
  afterAll(() => exchange.stop());

  interface Told {
    readonly event: CloudEvent;
    /** Places, among the events of the run, of all that it replaces. */
    readonly replaces: readonly number[];
  }

  /** One run: what was published, who was given what, and a relay that serves the waiting room as the real one does. */
  class Run {
    readonly events: Told[] = [];
    /** `<event> <subscription>` of what was delivered in the order of its stream, and out of the waiting room. */
    readonly delivered = new Set<string>();
    readonly brought: string[] = [];
    readonly subscriptions = Array.from({ length: SUBSCRIPTIONS }, () => randomUUID());

    orgOf = (subscription: number) => (subscription % 2 === 0 ? HOSPITAL : PRACTICE);

    async deliver(event: number, subscription: number): Promise<void> {
      const key = `${String(event)} ${String(subscription)}`;
      if (this.delivered.has(key)) return;
      this.delivered.add(key);
      const [org, id] = [this.orgOf(subscription), this.subscriptions[subscription]!];
      await exchange.step(this.events[event]!.event, 'delivered', { org, subscription: id, channel: 'HTTP' });
    }

    mayReceive(subscription: number): boolean {
      const wish = exchange.registry.subscription(this.subscriptions[subscription]!);
      return wish?.status === 'active' && exchange.registry.allows(wish, 'subscribe', CORRECTED) !== undefined;
    }

    /** Serves what is in the room for whoever may receive it now. */
    async serve(): Promise<void> {
      for (const [subscription, id] of this.subscriptions.entries()) {
        if (!this.mayReceive(subscription)) continue;
        for (const key of await room.keys(`${id}.>`)) {
          const { value } = (await room.get(key)) ?? {};
          if (value === undefined) continue;
          const named = (JSON.parse(Buffer.from(value).toString()) as WaitingDelivery).event!.id;
          const event = this.events.findIndex((one) => one.event.attributes['id'] === named);
          this.brought.push(`${String(event)} ${String(subscription)}`);
          await this.deliver(event, subscription);
          await room.forget(key);
        }
      }
    }
  }

  const isOriginal = ({ replaces }: Told) => replaces.length === 0;

  async function act(run: Run, action: Action): Promise<void> {
    const { registry } = exchange;
    if (action.kind === 'correct') {
      const index = action.event % run.events.length;
      const { event, replaces } = run.events[index]!;
      const { id, source, correlationid } = event.attributes as Record<string, string>;
      const attributes = { source: source!, correlationid: correlationid!, supersedes: id! };
      const correction = await exchange.accept({ type: action.type, sourceorg: LABORATORY, attributes });
      run.events.push({ event: correction, replaces: [...replaces, index] });
      return;
    }
    const id = run.subscriptions[action.subscription]!;
    const org = run.orgOf(action.subscription);
    const wish = registry.subscription(id);
    if (action.kind === 'deliver') {
      const index = action.event % run.events.length;
      // A subscription that asks for less is given corrections out of the room only.
      const asked = isOriginal(run.events[index]!) || wish?.types.length === 2;
      if (run.mayReceive(action.subscription) && asked) await run.deliver(index, action.subscription);
    } else if (action.kind === 'restart') {
      await exchange.close();
      await exchange.open(QUICK);
    } else if (action.kind === 'take-grants') {
      for (const grant of registry.grants(org)) await registry.deleteGrant(org, grant.id);
    } else if (action.kind === 'give-grants') {
      const grant = {
        id: randomUUID(),
        ods: org,
        application: '*',
        action: 'subscribe',
        types: '*',
        purpose: 'test',
      } as const;
      await registry.putGrant(grant);
    } else if (wish !== undefined && action.kind === 'delete') {
      await registry.deleteSubscription(id);
    } else if (wish !== undefined) {
      const more = {
        'ask-less': { types: [REPORTED] },
        pause: { status: 'paused' },
        'go-on': { status: 'active' },
        disable: { status: 'disabled' },
      } as const;
      await registry.changeSubscription(id, (current) => ({ ...current, ...more[action.kind as keyof typeof more] }));
    }
  }

  /** What of a correction is missing where somebody has what it replaces; empty when all is well. */
  async function missing(run: Run, index: number): Promise<string[]> {
    const { event, replaces } = run.events[index]!;
    const path = `/events/${String(event.attributes['id'])}/recipients`;
    const { status, body } = await exchange.json<RecipientsView>(LABORATORY, path);
    if (status !== 200) return [`answered ${String(status)}`];
    const owed = run.subscriptions.flatMap((id, subscription) => {
      const received = replaces.some((one) => run.delivered.has(`${String(one)} ${String(subscription)}`));
      return received && !run.delivered.has(`${String(index)} ${String(subscription)}`) ? [{ id, subscription }] : [];
    });
    const lost: string[] = [];
    for (const { id, subscription } of owed) {
      const wish = exchange.registry.subscription(id);
      const ended = wish === undefined || wish.status === 'disabled';
      const granted = wish !== undefined && exchange.registry.allows(wish, 'subscribe', CORRECTED) !== undefined;
      const inRoom = (await room.keys(`${id}.>`)).length > 0;
      const expected = ended ? 'receiver-ended' : granted ? undefined : 'no-grant';
      const work = body.outstanding?.filter(
        (one) => one.org === run.orgOf(subscription) && one.work !== undefined && one.reason === expected,
      );
      const seen =
        expected === undefined
          ? wish?.status === 'paused' && (inRoom || wish.types.length === 2)
          : (work?.length ?? 0) > 0;
      if (!seen)
        lost.push(
          `${String(index)} for ${String(subscription)} (${wish?.status ?? 'deleted'}, ${expected ?? 'granted'})`,
        );
    }
    // The answer names as many as are owed: nobody is left out of it, nobody made up.
    if (body.outstanding?.length !== owed.length)
      lost.push(`${String(body.outstanding?.length)} named, ${String(owed.length)} owed`);
    return lost;
  }

  it('everyone who received the first receives every correction, or is a work item of its publisher, and nobody is sent it twice', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (actions) => {
        const run = new Run();
        for (const [index, id] of run.subscriptions.entries())
          await exchange.subscribe(id, run.orgOf(index), { types: [REPORTED, 'org.signalbox.result.*'] });
        for (let count = 0; count < 3; count++) {
          const attributes = { correlationid: randomUUID() };
          run.events.push({
            event: await exchange.accept({ type: REPORTED, sourceorg: LABORATORY, attributes }),
            replaces: [],
          });
        }
        for (const action of actions) {
          await act(run, action);
          await run.serve();
        }
        await waitFor(
          'nobody to be missing',
          async () => {
            await run.serve();
            // The streams come to everything in the end.
            for (const [index, told] of run.events.entries()) {
              for (const subscription of run.subscriptions.keys()) {
                const wish = exchange.registry.subscription(run.subscriptions[subscription]!);
                if (run.mayReceive(subscription) && wish?.types.length === 2 && !isOriginal(told))
                  await run.deliver(index, subscription);
              }
            }
            const lost = await Promise.all(
              run.events.map(async (told, index) => (isOriginal(told) ? [] : missing(run, index))),
            );
            if (lost.flat().length > 0) throw new Error(lost.flat().join('; '));
            return true;
          },
          { within: 20_000, every: 100 },
        );
        expect(run.brought.length).toBe(new Set(run.brought).size);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  }, 90_000);
});
