import type { DeliveryView, EventView } from '../journeys/journey-view.js';

/** How far one event of a journey has come, station by station. Times are RFC 3339 in UTC. */
export interface Stations {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly sourceorg: string;
  /** When its publisher says that it sent it. */
  readonly published?: string;
  readonly validated: { readonly at: string; readonly findings: number };
  readonly delivered: Count;
  readonly acknowledged: Count;
  /** Titles of the events by which somebody acted on it. */
  readonly acted: readonly string[];
  readonly replaced: boolean;
}

/** How many receivers of how many. */
export interface Count {
  readonly done: number;
  readonly of: number;
  /** When the last one was. */
  readonly at?: string;
}

/** For whom nothing was meant to arrive. */
const NOT_MEANT: ReadonlySet<DeliveryView['state']> = new Set(['filtered', 'suppressed']);

/** Published, validated, delivered, acknowledged, acted upon: every event of a journey, the newest first. */
export function stationsOf(events: readonly EventView[]): Stations[] {
  return events
    .filter(({ duplicateof }) => duplicateof === undefined)
    .map((event): Stations => {
      const { id, source, title, sourceorg, sent, recorded, findings } = event;
      const meant = event.deliveries.filter(({ state, meant: isMeant }) => !NOT_MEANT.has(state) && isMeant !== false);
      const answers = events.filter((one) => one.duplicateof === undefined && event.answeredby.includes(one.id));
      return {
        ...{ id, source, title, sourceorg },
        ...(sent !== undefined && { published: sent }),
        validated: { at: recorded, findings: findings.length },
        delivered: countOf(meant, (one) => one.delivered ?? one.acknowledged),
        acknowledged: countOf(meant, (one) => one.acknowledged),
        acted: [...new Set(answers.map((one) => one.title))],
        replaced: event.supersededby.length > 0,
      };
    })
    .toReversed();
}

function countOf(deliveries: readonly DeliveryView[], at: (one: DeliveryView) => string | undefined): Count {
  const done = deliveries.flatMap((one) => at(one) ?? []).toSorted();
  const last = done.at(-1);
  return { done: done.length, of: deliveries.length, ...(last !== undefined && { at: last }) };
}
