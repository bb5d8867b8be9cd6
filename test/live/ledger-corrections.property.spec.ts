import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { CloudEvent, Recipients } from '@signalbox/contracts';
import type { KeyValue, WaitingDelivery } from '@signalbox/messaging';
import fc from 'fast-check';
import { HOSPITAL, LABORATORY, LedgerExchange, PRACTICE } from './ledger-rig.js';
import { waitFor } from '../support/index.js';

const REPORTED = 'org.signalbox.result.reported.v1';
const CORRECTED = 'org.signalbox.result.corrected.v1';
const WITHDRAWN = 'org.signalbox.result.withdrawn.v1';
const QUICK = { SIGNALBOX_LEDGER_CORRECTION_EVERY_MS: '20', SIGNALBOX_LEDGER_CORRECTION_LOOK_MS: '50' };

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

  const waitingFor = (subscription: string): Promise<string[]> => room.keys(`${subscription}.>`);

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
        for (const key of await waitingFor(id)) {
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
    const { status, body } = await exchange.json<Recipients>(LABORATORY, path);
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
      const inRoom = (await waitingFor(id)).length > 0;
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
          { every: 100 },
        );
        expect(run.brought.length).toBe(new Set(run.brought).size);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });
});
