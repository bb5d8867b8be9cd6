import { type Catalogue, clockMs, isOperations, timesOf, typeMatches } from '@signalbox/contracts';
import type { Registry, Subscription } from '@signalbox/registry';
import { type Database, plain, recordset, type Row } from '../store/database.js';
import { type Delivery, foreseen, type ForeseenSubscription } from './delivery.js';
import type { EventFact } from './facts.js';
import { sight } from './positions.js';
import { INSERT_FORESEEN } from './record-events.js';

/** Events that are looked at together when a subscription becomes active. */
const CHUNK = 500;

/** The part of the registry that foresight needs. */
export type ForesightRegistry = Pick<Registry, 'subscriptions' | 'allows' | 'deadline' | 'onChange'>;

/** The part of the catalogue that foresight needs: by when an event must have been delivered. */
export type Deadlines = Pick<Catalogue, 'find'>;

/** Knows which deliveries an event will come up for, by the subscriptions and grants of the moment. */
export class Foresight {
  /** A thousand subscriptions are not gone through for every event: few ask for its type. */
  readonly #byType = new Map<string, readonly Subscription[]>();

  constructor(
    private readonly registry: ForesightRegistry,
    private readonly deadlines: Deadlines,
  ) {
    registry.onChange('subscription', () => this.#byType.clear());
  }

  of(event: EventFact): Delivery[] {
    let asking = this.#byType.get(event.type);
    if (asking === undefined) {
      asking = this.registry.subscriptions().filter((subscription) => asksFor(subscription, event.type));
      this.#byType.set(event.type, asking);
    }
    const { registry, deadlines } = this;
    return asking.flatMap((subscription) => foreseeOne({ registry, deadlines }, subscription, event) ?? []);
  }
}

function asksFor(subscription: Subscription, type: string): boolean {
  return subscription.types.some((pattern) => typeMatches(pattern, type));
}

/** What foreseeing a subscription's deliveries after the fact needs. */
export interface Hindsight {
  readonly registry: Pick<Registry, 'allows' | 'deadline'>;
  readonly deadlines: Deadlines;
  /** The first sequence of a family from which events of a type come up for the subscription; `undefined` when none does. */
  readonly firstOf: (family: string, type: string) => number | undefined;
}

/**
 * Puts the deliveries of a subscription on record whose events were read before it was known: its start may lie in the
 * past, and an event may be read here before the subscription is.
 *
 * @returns how many were added
 */
export async function foreseeSince(
  database: Database,
  subscription: Subscription,
  hindsight: Hindsight,
): Promise<number> {
  let added = 0;
  for (const [family, start] of Object.entries(subscription.start)) {
    for (let after = start - 1; ;) {
      const events = await eventsAfter(database, family, after);
      const due = events.filter(({ type, sequence }) => sequence >= (hindsight.firstOf(family, type) ?? Infinity));
      const deliveries = due.flatMap((event) => foreseeOne(hindsight, subscription, event) ?? []);
      added += await record(database, deliveries, !isOperations(`org.signalbox.${family}.`));
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

/** @param listed whether their journeys stand in the lists of journeys */
async function record(database: Database, deliveries: readonly Delivery[], listed: boolean): Promise<number> {
  if (deliveries.length === 0) return 0;
  return database.transaction(async (within) => {
    const rows = await within.query(`${INSERT_FORESEEN} returning identity`, [recordset(deliveries)]);
    const seen = deliveries.filter((delivery) => listed && delivery.entitled);
    await sight(
      within,
      seen.map(({ org, journey, since }) => ({ org, journey, at: since })),
    );
    return rows.length;
  });
}

type Foreseeing = Pick<Hindsight, 'registry' | 'deadlines'>;

/** The delivery of one event for one subscription, as it stands before anything has happened to it. */
export function foreseeOne(
  { registry, deadlines }: Foreseeing,
  subscription: Subscription,
  event: EventFact,
): Delivery | undefined {
  const own = registry.deadline(subscription.ods, event.type, 'delivery')?.times;
  const withinMs = clockMs(timesOf(deadlines.find(event.type), 'delivery')!, event.urgency, own);
  return foreseen({ ...event, withinMs }, foreseenSubscription(registry, subscription, event));
}

function foreseenSubscription(
  registry: Pick<Registry, 'allows'>,
  subscription: Subscription,
  event: EventFact,
): ForeseenSubscription {
  const { id, ods, application, source, protocol, status, created, sought, start } = subscription;
  return {
    id,
    ods,
    channel: protocol.toLowerCase(),
    status,
    asked: sought ?? created,
    start: start[event.family] ?? 0,
    typeMatches: asksFor(subscription, event.type),
    granted: registry.allows({ ods, application }, 'subscribe', event.type) !== undefined,
    ...(source !== undefined && { source }),
  };
}
