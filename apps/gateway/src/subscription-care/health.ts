import type { EndpointHealth, EventLog, KeyValue, StoredEvent } from '@signalbox/messaging';
import { eligibility, type Registry, type Subscription } from '@signalbox/registry';

import type { CursorStore } from '../subscriptions/cursor-store.js';
import { STATE_WORDS } from './health-words.js';

export interface HealthDeskParts {
  readonly families: readonly string[];
  readonly events: Pick<EventLog, 'read'>;
  readonly cursors: Pick<CursorStore, 'read'>;
  readonly registry: Pick<Registry, 'allows'>;
  /** Buckets `HEALTH`, which relays write, and `WAITING`. */
  readonly health: Pick<KeyValue, 'get'>;
  readonly waitingRoom: Pick<KeyValue, 'keys'>;
  /** What the engine holds for a subscription that is sent to; counted by the engine itself. */
  readonly held: (subscription: Subscription) => Promise<Held>;
  /** Milliseconds from which an event that nobody has fetched waits too long. */
  readonly fetchLagMs: number;
}

/** Events that have yet to be handed out, and that were handed out and not settled. */
export interface Held {
  readonly waiting: number;
  readonly unsettled: number;
}

/** How a subscription fares, as its receiver is told. Times are RFC 3339. */
export interface SubscriptionHealth extends Partial<EndpointHealth> {
  readonly subscription: string;
  readonly status: Subscription['status'];
  readonly statusReason?: string;
  readonly condition: string;
  readonly stage: number;
  readonly sentence: string;
  readonly advice: string;
  /** There is more of what is fetched than was counted. */
  readonly more?: true;
}

/** A warning as it stands on the subscription itself. */
export type SubscriptionWarning = Pick<EndpointHealth, 'condition' | 'stage' | 'since' | 'sentence' | 'advice'>;

/** Events that are read at once of one family of a fetched subscription, and how often: what a look goes through at most. */
const LOOKED_AT = 200;
const LOOKS = 5;

/** What waits to be fetched, as far as it was looked at. */
interface Unfetched {
  /** When each event was stored, in milliseconds. */
  readonly stored: readonly number[];
  /** Whether there are events behind those that were looked at. */
  readonly more: boolean;
}

/** Tells receivers how their subscriptions fare: what the relays told, and what the engine and the cursors say now. */
export class HealthDesk {
  constructor(private readonly parts: HealthDeskParts) {}

  /** @throws EngineUnavailable */
  async of(subscription: Subscription, now = Date.now()): Promise<SubscriptionHealth> {
    const { id, status, statusReason } = subscription;
    const common = { subscription: id, status, ...(statusReason !== undefined && { statusReason }) };
    if (subscription.protocol === 'PULL') return { ...common, ...(await this.#ofFetched(subscription, now)) };
    const [told, held, aside] = await Promise.all([
      this.parts.health.get(id),
      this.parts.held(subscription),
      this.parts.waitingRoom.keys(`${id}.>`),
    ]);
    const counts = { waiting: held.waiting, unsettled: held.unsettled + aside.length };
    if (status !== 'active') return { ...common, condition: status, stage: 0, ...STATE_WORDS[status], ...counts };
    if (told?.value === undefined)
      return { ...common, condition: 'untold', stage: 0, ...STATE_WORDS.untold, ...counts };
    const health = JSON.parse(Buffer.from(told.value).toString('utf8')) as EndpointHealth;
    return { ...common, ...health, ...counts };
  }

  /**
   * What a relay warns of now, for whoever looks at the subscription itself; `undefined` when there is nothing to warn of.
   * The subscription is shown without it when the engine does not answer.
   */
  async warningOf({ id, protocol, status }: Subscription): Promise<SubscriptionWarning | undefined> {
    if (protocol === 'PULL' || status !== 'active') return undefined;
    const told = await this.parts.health.get(id).catch(() => undefined);
    if (told?.value === undefined) return undefined;
    const health = JSON.parse(Buffer.from(told.value).toString('utf8')) as EndpointHealth;
    const { condition, stage, since, sentence, advice } = health;
    return stage === 0 ? undefined : { condition, stage, since, sentence, advice };
  }

  async #ofFetched(
    subscription: Subscription,
    now: number,
  ): Promise<Pick<SubscriptionHealth, 'condition' | 'stage' | 'sentence' | 'advice' | 'waiting' | 'more' | 'oldest'>> {
    if (subscription.status === 'paused') return { condition: 'paused', stage: 0, ...STATE_WORDS.paused };
    const families = await this.#unfetched(subscription);
    const waiting = families.flatMap(({ stored }) => stored);
    const more = families.some((one) => one.more) && { more: true as const };
    const [oldest] = waiting.toSorted((one, other) => one - other);
    if (oldest === undefined) {
      return { condition: 'healthy', stage: 0, ...STATE_WORDS[more ? 'behind' : 'fetched'], waiting: 0, ...more };
    }
    const lags = now - oldest >= this.parts.fetchLagMs;
    return {
      condition: lags ? 'lagging' : 'healthy',
      stage: lags ? 1 : 0,
      ...STATE_WORDS[lags ? 'lagging' : 'waiting'],
      waiting: waiting.length,
      ...more,
      oldest: new Date(oldest).toISOString(),
    };
  }

  /** What waits to be fetched or acknowledged; of each family the first of them. */
  async #unfetched(subscription: Subscription): Promise<Unfetched[]> {
    const { id, start, ods, application } = subscription;
    const positions = await this.parts.cursors.read(id);
    const granted = (type: string): boolean =>
      this.parts.registry.allows({ ods, application }, 'subscribe', type) !== undefined;
    return Promise.all(
      this.parts.families
        .filter((family) => family in start || family in positions)
        .map((family) =>
          this.#unfetchedOf(
            { family, types: subscription.types, after: Math.max(positions[family] ?? 0, (start[family] ?? 1) - 1) },
            ({ event }) => eligibility(event, subscription, granted).kind === 'deliver',
          ),
        ),
    );
  }

  /** Reads on over what is for others: the first event that is for it may lie behind many that are not. */
  async #unfetchedOf(
    from: { readonly family: string; readonly types: readonly string[]; readonly after: number },
    isFor: (one: StoredEvent) => boolean,
  ): Promise<Unfetched> {
    const stored: number[] = [];
    let { after } = from;
    for (let look = 0; look < LOOKS && stored.length < LOOKED_AT; look += 1) {
      const { events, lastSequence } = await this.parts.events.read({ ...from, after, limit: LOOKED_AT });
      if (lastSequence === after) return { stored, more: false };
      stored.push(...events.filter(isFor).map(({ time }) => time.getTime()));
      after = lastSequence;
    }
    const { lastSequence } = await this.parts.events.read({ ...from, after, limit: 1 });
    return { stored, more: lastSequence !== after };
  }
}
