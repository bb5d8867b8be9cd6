import { identityOf } from '@signalbox/contracts';
import type { Registry } from '@signalbox/registry';
import type { JourneyView } from '../journeys/journey-view.js';
import type { Viewer } from '../journeys/sight.js';
import type { SpanFact } from '../spans/otlp.js';
import type { SpanStore } from '../spans/span-store.js';

/** The spans of a journey that a viewer may see. */
export class VisibleSpans {
  constructor(
    private readonly store: Pick<SpanStore, 'ofJourney'>,
    private readonly registry: Pick<Registry, 'subscription'>,
  ) {}

  async of(viewer: Viewer, journey: JourneyView): Promise<SpanFact[]> {
    const spans = await this.store.ofJourney(journey.journey);
    if (viewer.all) return spans;
    const orgOf = (subscription: string) => this.registry.subscription(subscription)?.ods;
    return ownSpans(viewer.ods, journey, spans, orgOf);
  }
}

/**
 * The spans on an organisation's own side: those that name an event which it sees, and that were not made while
 * delivering it to somebody else.
 */
export function ownSpans(
  ods: string,
  journey: Pick<JourneyView, 'events'>,
  spans: readonly SpanFact[],
  orgOf: (subscription: string) => string | undefined,
): SpanFact[] {
  const mine = new Set(journey.events.flatMap(({ id, source }) => [id, identityOf({ source, id })]));
  return spans.filter(
    ({ eventid, subscription }) =>
      eventid !== undefined && mine.has(eventid) && (subscription === undefined || orgOf(subscription) === ods),
  );
}
