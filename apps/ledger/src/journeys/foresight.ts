import { typeMatches } from '@signalbox/contracts';
import type { Registry, Subscription } from '@signalbox/registry';
import { type Database, plain, recordset, type Row } from '../store/database.js';
import { type Delivery, foreseen, type ForeseenSubscription } from './delivery.js';
import type { EventFact } from './facts.js';
import { sight } from './positions.js';
import { INSERT_FORESEEN } from './record-events.js';

/** Events that are looked at together when a subscription becomes active. */
const CHUNK = 500;

/** The part of the registry that foresight needs. */
export type ForesightRegistry = Pick<Registry, 'subscriptions' | 'allows' | 'onChange'>;

/** Knows which deliveries an event will come up for, by the subscriptions and grants of the moment. */
export class Foresight {
  /** A thousand subscriptions are not gone through for every event: few ask for its type. */
  readonly #byType = new Map<string, readonly Subscription[]>();

  constructor(private readonly registry: ForesightRegistry) {
    registry.onChange('subscription', () => this.#byType.clear());
  }

  of(event: EventFact): Delivery[] {
    let asking = this.#byType.get(event.type);
    if (asking === undefined) {
      asking = this.registry.subscriptions().filter((subscription) => asksFor(subscription, event.type));
      this.#byType.set(event.type, asking);
    }
    return asking.flatMap((subscription) => foreseeOne(this.registry, subscription, event) ?? []);
  }
}

function asksFor(subscription: Subscription, type: string): boolean {
  return subscription.types.some((pattern) => typeMatches(pattern, type));
}

/**
 * Puts the deliveries of a subscription on record that was activated after their events were read: its start may lie in
 * the past, and an event may be read here before the subscription is.
 *
 * @returns how many were added
 */
export async function foreseeSince(database: Database, registry: Grants, subscription: Subscription): Promise<number> {
  let added = 0;
  for (const [family, start] of Object.entries(subscription.start)) {
    for (let after = start - 1; ;) {
      const events = await eventsAfter(database, family, after);
      const deliveries = events.flatMap((event) => foreseeOne(registry, subscription, event) ?? []);
      added += await record(database, deliveries);
      if (events.length < CHUNK) break;
      after = events.at(-1)!.sequence;
    }
  }
  return added;
}

async function eventsAfter(database: Database, family: string, after: number): Promise<EventFact[]> {
  const rows = await database.query<Row>(
    'select * from events where stream = $1 and sequence > $2 and duplicateof is null order by sequence limit $3',
    [`EVENTS_${family.toUpperCase()}`, after, CHUNK],
  );
  return rows.map((row) => plain<EventFact>(row));
}

async function record(database: Database, deliveries: readonly Delivery[]): Promise<number> {
  if (deliveries.length === 0) return 0;
  return database.transaction(async (within) => {
    const rows = await within.query(`${INSERT_FORESEEN} returning identity`, [recordset(deliveries)]);
    const seen = deliveries.filter((delivery) => delivery.entitled);
    await sight(
      within,
      seen.map(({ org, journey, since }) => ({ org, journey, at: since })),
    );
    return rows.length;
  });
}

type Grants = Pick<Registry, 'allows'>;

function foreseeOne(registry: Grants, subscription: Subscription, event: EventFact): Delivery | undefined {
  return foreseen(event, foreseenSubscription(registry, subscription, event));
}

function foreseenSubscription(registry: Grants, subscription: Subscription, event: EventFact): ForeseenSubscription {
  const { id, ods, application, source, protocol, status, start } = subscription;
  return {
    id,
    ods,
    channel: protocol.toLowerCase(),
    status,
    start: start[event.family] ?? 0,
    typeMatches: asksFor(subscription, event.type),
    granted: registry.allows({ ods, application }, 'subscribe', event.type) !== undefined,
    ...(source !== undefined && { source }),
  };
}
