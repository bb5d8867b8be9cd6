import { drawn, folded, lanesOf } from '../console/lanes.js';
import { openOf, timelineOf } from '../console/timeline.js';
import type { JourneyView } from '../journeys/journey-view.js';
import type { SpanFact } from '../spans/otlp.js';
import { waterfallsOf } from '../spans/waterfall.js';
import { stationsOf } from './stations.js';

/** Traces that stand open on the page; the rest is folded. */
const TRACES = 3;
/** Events in the table of stations; the rest is folded. */
const EVENTS = 8;

/** What the page of a journey shows, beside why it is stuck and what can be done. */
export function journeyModel(
  journey: JourneyView,
  spans: readonly SpanFact[],
  nameOf: (ods: string) => string | undefined,
  now: Date,
): object {
  const lanes = lanesOf(journey.organisations);
  const rows = drawn(timelineOf(journey, now), journey.events, lanes);
  const { earlier, rows: timeline } = folded(rows);
  const stations = stationsOf(journey.events);
  const waterfalls = waterfallsOf(spans).toReversed();
  return {
    // The page's title stands in histories and tabs: an id of ours and nothing else.
    title: `Journey ${journey.journey.slice(0, 8)}`,
    journey,
    lanes: lanes.map((lane) => ({ ...lane, organisations: lane.orgs.map((ods) => ({ ods, name: nameOf(ods) })) })),
    names: Object.fromEntries(journey.organisations.map((ods) => [ods, nameOf(ods)])),
    open: openOf(journey),
    stations: stations.slice(0, EVENTS),
    morestations: stations.slice(EVENTS),
    earlier,
    timeline,
    waterfalls: waterfalls.slice(0, TRACES),
    morewaterfalls: waterfalls.slice(TRACES),
  };
}
