import { STUCK, type StuckEntry, type StuckReason } from '@signalbox/contracts';
import type { Outage, Registry } from '@signalbox/registry';
import type { Known } from '../console/viewers.js';
import { defined } from '../journeys/delivery.js';
import type { DeliveryView } from '../journeys/journey-view.js';
import type { Journeys } from '../journeys/journeys.js';
import type { Why } from '../stuck/why.js';
import type { ExplainedJourney, WhyBook } from '../stuck/why-book.js';
import type { Outages } from '../watching/outages/outages.js';
import { type Acts, actsOn } from './acts.js';

/** Why something of a journey stands still, with the words of the one table. */
export interface Stillness extends Why, Omit<StuckEntry, 'owner' | 'next'> {
  /** The event that it is about, and the receiver where it is about a delivery. */
  readonly event: { readonly id: string; readonly source: string; readonly title: string };
  readonly receiver?: string;
  /** Its subscription, to whom may know it. */
  readonly subscription?: string;
}

/** An organisation as it is shown. */
export interface Shown {
  readonly ods: string;
  readonly name?: string;
}

/** What {@link JourneyDesk} is made of. */
export interface JourneyDeskParts {
  readonly journeys: Pick<Journeys, 'journey'>;
  readonly why: Pick<WhyBook, 'ofJourney'>;
  readonly registry: Pick<Registry, 'organisation' | 'subscription'>;
  readonly outages: Pick<Outages, 'among'>;
}

/** One journey with why it stands still and what somebody may do about it. */
export class JourneyDesk {
  constructor(private readonly parts: JourneyDeskParts) {}

  /** @throws Refusal SB-4040 */
  async about(
    known: Known,
    id: string,
  ): Promise<{ journey: ExplainedJourney; still: Stillness[]; stuck?: StuckReason; acts: Acts }> {
    const { journeys, why, registry } = this.parts;
    const plain = await journeys.journey(known.viewer, id);
    const journey = await why.ofJourney(known.viewer, plain);
    const still = stillnessOf(journey);
    const stuck = still.find(({ event }) => event.id === journey.heading.event?.id)?.reason;
    const acts = actsOn(plain, known, (one) => registry.subscription(one));
    return { journey, still, ...(stuck !== undefined && { stuck }), acts };
  }

  /** The outages that go on at organisations of a journey. */
  outagesOf({ viewer }: Known, journey: ExplainedJourney): Outage[] {
    return this.parts.outages.among(journey.organisations, viewer);
  }

  organisation(ods: string): Shown {
    const name = this.parts.registry.organisation(ods)?.name;
    return { ods, ...(name !== undefined && { name }) };
  }
}

/** Every reason once for each event and receiver, what the journey waits for first, then the oldest. */
export function stillnessOf(journey: ExplainedJourney): Stillness[] {
  const all = journey.events.flatMap((event): Stillness[] => {
    const { id, source, title } = event;
    const told = (why: Why, delivery?: DeliveryView): Stillness => {
      const { meaning, clock } = STUCK[why.reason];
      const { org: receiver, subscription } = delivery ?? {};
      return { ...why, meaning, clock, event: { id, source, title }, ...defined({ receiver, subscription }) };
    };
    const deliveries = event.deliveries.flatMap((delivery) =>
      delivery.why === undefined ? [] : [told(delivery.why, delivery)],
    );
    // What a delivery says already is not said again of its event.
    const own = event.why !== undefined && !deliveries.some(({ reason }) => reason === event.why?.reason);
    return [...(own ? [told(event.why)] : []), ...deliveries];
  });
  const first = (one: Stillness) => (one.event.id === journey.heading.event?.id ? 0 : 1);
  return all.toSorted((one, other) => first(one) - first(other) || Date.parse(one.since) - Date.parse(other.since));
}
