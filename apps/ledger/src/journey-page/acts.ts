import type { Subscription } from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import type { DeliveryView, EventView, JourneyView } from '../journeys/journey-view.js';
import { actsFor } from '../stuck/act-plan.js';

/** One delivery that somebody may mark as handled outside. */
export interface Handleable {
  readonly event: Pick<EventView, 'id' | 'source' | 'title' | 'type'>;
  readonly org: string;
  readonly state: DeliveryView['state'];
  readonly since: string;
  readonly reason?: string;
  /** Whose it is to say: the receiver's, or the publisher's, where the exchange cannot tell the receiver. */
  readonly side: 'receiver' | 'publisher';
  readonly subscription?: string;
}

/** A subscription to which the journey can be sent again. */
export interface Repeatable {
  readonly subscription: string;
  readonly org: string;
  readonly types: readonly string[];
}

/** What somebody may do about a journey. */
export interface Acts {
  /** Whom they may ask to look at it. */
  readonly nudge: readonly string[];
  readonly repeat: readonly Repeatable[];
  readonly handle: readonly Handleable[];
}

/** Who acts, as far as it decides what they may do. */
type Actor = Pick<Known, 'ods' | 'actsForAll' | 'roles'>;

const STOPPED: ReadonlySet<DeliveryView['state']> = new Set(['parked', 'expired']);
/** Corrections that only their publisher can bring to those who have what they replace. */
const PUBLISHERS: ReadonlySet<string | undefined> = new Set(['receiver-ended', 'no-grant']);
const NO_LONGER_SENDABLE = 'retention-over';

/** What somebody may do; nothing without the role. What they do is judged again where it is done. */
export function actsOn(
  journey: Pick<JourneyView, 'events' | 'heading'>,
  known: Actor,
  subscription: (id: string) => Pick<Subscription, 'ods' | 'protocol' | 'status' | 'types'> | undefined,
): Acts {
  if (!known.roles.has('operator')) return { nudge: [], repeat: [], handle: [] };
  const events = journey.events.filter(({ duplicateof }) => duplicateof === undefined);
  const waits = journey.heading.event !== undefined;
  return {
    // Nobody has to be asked by themselves.
    nudge: waits ? journey.heading.holders.filter((ods) => ods !== known.ods) : [],
    repeat: repeatable(events, known, subscription),
    handle: events.flatMap((event) =>
      event.deliveries.flatMap((delivery) => {
        const side = sideOf(event, delivery, known);
        return side === undefined ? [] : [handleable(event, delivery, side)];
      }),
    ),
  };
}

function repeatable(events: readonly EventView[], known: Actor, find: Parameters<typeof actsOn>[2]): Repeatable[] {
  const ids = new Set(events.flatMap(({ deliveries }) => deliveries.flatMap(({ subscription }) => subscription ?? [])));
  return [...ids].flatMap((id) => {
    const found = find(id);
    // What is fetched is fetched again by whoever fetches it.
    if (found === undefined || found.protocol === 'PULL' || !SENDS.has(found.status)) return [];
    return actsFor(known, found.ods) ? [{ subscription: id, org: found.ods, types: found.types }] : [];
  });
}

const SENDS: ReadonlySet<string> = new Set(['active', 'paused']);

function sideOf(
  event: EventView,
  { org, state, reason, corrects, subscription }: DeliveryView,
  known: Actor,
): Handleable['side'] | undefined {
  const isPublishers =
    (state === 'parked' && corrects !== undefined && PUBLISHERS.has(reason)) ||
    (state === 'expired' && reason === NO_LONGER_SENDABLE);
  if (isPublishers) return actsFor(known, event.sourceorg) ? 'publisher' : undefined;
  return STOPPED.has(state) && subscription !== undefined && actsFor(known, org) ? 'receiver' : undefined;
}

function handleable(event: EventView, delivery: DeliveryView, side: Handleable['side']): Handleable {
  const { id, source, title, type } = event;
  const { org, state, since, reason, subscription } = delivery;
  return {
    event: { id, source, title, type },
    ...{ org, state, since, side },
    ...(reason !== undefined && { reason }),
    ...(subscription !== undefined && { subscription }),
  };
}
