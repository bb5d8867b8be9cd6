import { type Engine, type KeyValue, type Step, streamOf, waitingKey } from '@signalbox/messaging';
import type { Registry, Subscription } from '@signalbox/registry';
import type { Queries } from '../store/database.js';
import { cursorOf } from './following.js';
import type { GapFound } from './gaps.js';
import { ledgerStep, type LedgerReason } from './ledger-step.js';
import { type OpenDelivery, openDelivery, passedIn, type Stretch } from './looks.js';
import { firstOf, type Terms } from './terms.js';

/** What the search for deliveries that nobody makes stands on. */
export interface AdriftParts {
  readonly queries: Queries;
  readonly engine: Pick<Engine, 'deliveryStanding' | 'counts' | 'lastSequence' | 'kv' | 'families'>;
  readonly registry: Pick<Registry, 'subscription' | 'subscriptions'>;
  readonly terms: () => ReadonlyMap<string, Terms>;
  readonly publish: (step: Step) => Promise<void>;
  /** Subscriptions whose queues are looked at in one round; those of the others are known from rounds before. */
  readonly standings: number;
}

/** Up to where a subscription has settled a family, as it was at a moment. */
interface Standing {
  readonly subscription: string;
  readonly stream: string;
  readonly settled: number;
  /** Every step about what was settled by then lies in `STEPS` up to here. */
  readonly steps: number;
  readonly revision: number;
}

interface Suspect {
  readonly delivery: OpenDelivery;
  readonly steps: number;
}

/** Most that are followed from round to round; the rest is found again at the next look. */
const MOST_SUSPECTS = 2_000;

/**
 * Finds deliveries that wait though nobody is going to make them: their queue has settled them, and the waiting room does
 * not hold them. A delivery that is just being recorded looks the same for a moment, so it is suspected first, and named
 * only when nothing has changed after every step of that moment was read.
 */
export class Adrift {
  #standings = new Map<string, Standing>();
  #turn = 0;
  readonly #suspects = new Map<string, Suspect>();

  constructor(private readonly parts: AdriftParts) {}

  /** Learns how the queues of some subscriptions stand, each in its turn. */
  async learn(): Promise<void> {
    const all = this.parts.registry.subscriptions().toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const present = new Set(all.map(({ id }) => id));
    this.#standings = new Map([...this.#standings].filter(([, { subscription }]) => present.has(subscription)));
    const count = Math.min(this.parts.standings, all.length);
    const chosen = Array.from({ length: count }, (_, at) => all[(this.#turn + at) % all.length]!);
    this.#turn = all.length === 0 ? 0 : (this.#turn + count) % all.length;
    await this.#learnOf(chosen);
  }

  /** Suspects what of a stretch seems to wait in vain. @param stepsRead how far `STEPS` has been read */
  async look(stretch: Stretch, stepsRead: number): Promise<void> {
    const settled = [...this.#standings.values()].filter(
      ({ stream, steps, subscription, revision }) =>
        stream === stretch.stream &&
        steps <= stepsRead &&
        this.parts.registry.subscription(subscription)?.revision === revision,
    );
    const passed = await passedIn(this.parts.queries, stretch, settled);
    const missing = await this.#notWaiting(passed);
    if (missing.length === 0) return;
    const steps = await this.parts.engine.lastSequence('STEPS');
    for (const delivery of missing) {
      const key = waitingKey(delivery);
      if (this.#suspects.size < MOST_SUSPECTS && !this.#suspects.has(key)) this.#suspects.set(key, { delivery, steps });
    }
  }

  /**
   * Names the suspects that have been waiting in vain all along. What its subscription did not ask for when it came up, or
   * was moved past, is no gap: it is filtered, and a step says so.
   */
  async confirm(stepsRead: number): Promise<GapFound[]> {
    const ripe = [...this.#suspects].filter(([, { steps }]) => steps <= stepsRead);
    if (ripe.length === 0) return [];
    const owners = [...new Set(ripe.map(([, { delivery }]) => delivery.subscription))];
    await this.#learnOf(owners.flatMap((id) => this.parts.registry.subscription(id) ?? []));
    const still: OpenDelivery[] = [];
    for (const [key, { delivery }] of ripe) {
      this.#suspects.delete(key);
      const now = await openDelivery(this.parts.queries, delivery.identity, delivery.subscription);
      if (now !== undefined && now.step === delivery.step && this.#isPassed(now)) still.push(now);
    }
    const gaps: GapFound[] = [];
    for (const delivery of await this.#notWaiting(still)) {
      const reason = this.#notOwed(delivery);
      if (reason === undefined) gaps.push(gapOf(delivery));
      else await this.parts.publish(ledgerStep(reason, delivery, new Date()));
    }
    return gaps;
  }

  /** Whether a delivery that was named is seen to again: it goes on, has ended, or its subscription has. */
  async isOver(identity: string, subscription: string): Promise<boolean> {
    const delivery = await openDelivery(this.parts.queries, identity, subscription);
    if (delivery === undefined || this.parts.registry.subscription(subscription) === undefined) return true;
    return (await this.#notWaiting([delivery])).length === 0;
  }

  #isPassed({ subscription, stream, sequence }: OpenDelivery): boolean {
    return sequence <= (this.#standings.get(`${subscription} ${stream}`)?.settled ?? 0);
  }

  /** Why a delivery that nobody makes is none that anybody should make; `undefined` when somebody should. */
  #notOwed({ subscription, stream, sequence, type, step }: OpenDelivery): LedgerReason | undefined {
    const terms = this.parts.terms().get(subscription);
    const family = familyOf(stream);
    if (sequence < (terms?.start[family] ?? 0)) return 'sought-past';
    const first = terms && firstOf(terms, family, type);
    // What was attempted was asked for, whatever is asked for now.
    return step > 0 || (first !== undefined && sequence >= first) ? undefined : 'other-type';
  }

  async #notWaiting(deliveries: readonly OpenDelivery[]): Promise<OpenDelivery[]> {
    if (deliveries.length === 0) return [];
    const room: KeyValue = await this.parts.engine.kv('WAITING');
    const known = await Promise.all(deliveries.map((delivery) => room.get(waitingKey(delivery))));
    return deliveries.filter((_, at) => known[at] === undefined);
  }

  async #learnOf(subscriptions: readonly Subscription[]): Promise<void> {
    if (subscriptions.length === 0) return;
    const { engine } = this.parts;
    const lasts = new Map<string, number>();
    for (const family of engine.families) lasts.set(family, await engine.lastSequence(streamOf(family)));
    const found: Omit<Standing, 'steps'>[] = [];
    for (const subscription of subscriptions) {
      for (const family of engine.families) {
        const settled = await this.#settled(subscription, family, lasts.get(family) ?? 0);
        const about = { subscription: subscription.id, stream: streamOf(family), revision: subscription.revision };
        if (settled === undefined) this.#standings.delete(`${about.subscription} ${about.stream}`);
        else found.push({ ...about, settled });
      }
    }
    // Asked for afterwards: what was settled by then has its steps below this.
    const steps = await engine.lastSequence('STEPS');
    for (const one of found) this.#standings.set(`${one.subscription} ${one.stream}`, { ...one, steps });
  }

  async #settled(subscription: Subscription, family: string, last: number): Promise<number | undefined> {
    if (subscription.protocol === 'PULL') return (await cursorOf(this.parts.engine, subscription.id))[family];
    const standing = await this.parts.engine.deliveryStanding(subscription, family, last);
    return standing?.current === true ? standing.settled : undefined;
  }
}

function gapOf({ stream, sequence, org, subscription, identity, source, id, type }: OpenDelivery): GapFound {
  return { kind: 'delivery-adrift', stream, sequence, org, subscription, identity, source, eventid: id, type };
}

export function familyOf(stream: string): string {
  return stream.replace(/^EVENTS_/, '').toLowerCase();
}
