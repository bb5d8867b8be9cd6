import type { Finding, Heading } from '@signalbox/contracts';
import type { DeliveryState, StepKind } from '@signalbox/messaging';
import { asArrived, defined, type Delivery, isStoppedRepetition } from './delivery.js';
import type { EventFact } from './facts.js';
import { type HeadedType, headingOf } from './heading.js';
import { outline, seesDelivery, seesEvent, seesStep, type Viewer } from './sight.js';

/** A step as it was recorded. Times are RFC 3339 in UTC. */
export interface StepFact {
  readonly id: string;
  readonly sequence: number;
  readonly kind: StepKind;
  readonly time: string;
  readonly identity: string;
  readonly sourceorg: string;
  readonly org?: string;
  readonly subscription?: string;
  readonly attempt?: number;
  readonly state?: DeliveryState;
  readonly reason?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly latencyms?: number;
  readonly nextattempt?: string;
  readonly channel?: string;
  readonly traceid?: string;
  /** Excerpt of what the endpoint said, and what a person wrote: the receiver's side and the operator only. */
  readonly answer?: string;
  readonly note?: string;
  /** `<ODS>:<application>` of who did it. */
  readonly by?: string;
  readonly replay?: string;
  readonly corrects?: string;
  readonly late?: string;
}

/** Everything recorded about one journey. */
export interface JourneyFacts {
  readonly journey: string;
  /** In the order in which they were recorded. */
  readonly events: readonly EventFact[];
  readonly deliveries: readonly Delivery[];
  readonly steps: readonly StepFact[];
}

/** A delivery as one viewer may see it; members of the receiver's own side are left out for others. */
export interface DeliveryView {
  readonly org: string;
  readonly state: DeliveryState;
  readonly since: string;
  readonly attempts: number;
  readonly subscription?: string;
  readonly firstattempt?: string;
  readonly lastattempt?: string;
  readonly delivered?: string;
  readonly acknowledged?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly latencyms?: number;
  readonly answer?: string;
  readonly nextattempt?: string;
  readonly channel?: string;
  readonly replay?: string;
  readonly corrects?: string;
  readonly late?: string;
  /** By when it should have been delivered. */
  readonly due?: string;
  /** The event is not for this receiver, which the relay has yet to say: nobody waits for it. */
  readonly meant?: false;
}

/** A step as one viewer may see it. */
export type StepView = Omit<StepFact, 'identity' | 'sourceorg' | 'sequence'>;

/** An event as one viewer may see it: attributes and what became of it, never its content. */
export interface EventView {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly title: string;
  readonly family: string;
  readonly journey: string;
  readonly state: 'accepted';
  readonly sourceorg: string;
  readonly targetorg?: string;
  readonly urgency?: string;
  readonly sent?: string;
  readonly recorded: string;
  readonly contenttype?: string;
  readonly size: number;
  readonly causationid?: string;
  /** What its content means, in the words of its type. */
  readonly meaning?: string;
  readonly supersedes?: string;
  /** Ids of the events of the journey that replace or answer this one. */
  readonly supersededby: readonly string[];
  readonly answeredby: readonly string[];
  /** Id of the newer version that was known when it was accepted. */
  readonly late?: string;
  /** Where the first copy of the same event lies. */
  readonly duplicateof?: string;
  readonly findings: readonly Finding[];
  readonly deliveries: readonly DeliveryView[];
  readonly steps: readonly StepView[];
}

/** A journey as one viewer may see it. */
export interface JourneyView {
  readonly journey: string;
  readonly heading: Heading;
  readonly started: string;
  readonly updated: string;
  /** ODS codes of the organisations that take part, as far as the viewer can see. */
  readonly organisations: readonly string[];
  readonly events: readonly EventView[];
}

type TypeOf = (type: string) => HeadedType | undefined;

/** The viewer's side of a journey; `undefined` when no event of it is the viewer's. */
export function journeyView(
  viewer: Viewer,
  facts: JourneyFacts,
  typeOf: TypeOf,
  now: Date,
  nameOf?: (ods: string) => string | undefined,
): JourneyView | undefined {
  const deliveriesOf = Map.groupBy(facts.deliveries, (delivery) => delivery.identity);
  const stepsOf = Map.groupBy(facts.steps, (step) => step.identity);
  const seen = facts.events.filter((event) => seesEvent(viewer, event, deliveriesOf.get(event.identity) ?? []));
  if (seen.length === 0) return undefined;
  const events = seen.map((event) => {
    const deliveries = deliveriesOf.get(event.identity) ?? [];
    return { event, deliveries: visible(viewer, event, deliveries), all: deliveries };
  });
  const heading = headingOf(
    // A replay that its receiver refuses does not take the event away from whoever has it.
    events.map(({ event, deliveries }) => ({
      ...event,
      deliveries: deliveries.map((one) => (isStoppedRepetition(one) ? asArrived(one) : one)),
    })),
    typeOf,
    now,
    nameOf,
  );
  const views = events.map(({ event, deliveries, all }) =>
    eventView(event, deliveries, visibleSteps(viewer, event, stepsOf.get(event.identity) ?? [], all), seen, typeOf),
  );
  return { journey: facts.journey, heading, ...extent(views), organisations: organisationsOf(views), events: views };
}

function visible(viewer: Viewer, event: EventFact, deliveries: readonly Delivery[]): Delivery[] {
  return deliveries.flatMap((delivery) => {
    const detail = seesDelivery(viewer, event, delivery);
    if (detail === 'none') return [];
    return detail === 'full' ? delivery : outline(delivery);
  });
}

function visibleSteps(
  viewer: Viewer,
  event: EventFact,
  steps: readonly StepFact[],
  all: readonly Delivery[],
): StepView[] {
  return steps.flatMap(({ identity: _identity, sourceorg: _sourceorg, sequence: _sequence, ...step }) => {
    const delivery = all.find((one) => one.subscription === step.subscription);
    const detail = seesStep(viewer, event, step, delivery);
    if (detail === 'none') return [];
    if (detail === 'full') return step;
    const { id, kind, time, org, attempt, state, reason, nextattempt, replay, corrects, late } = step;
    return { id, kind, time, ...defined({ org, attempt, state, reason, nextattempt, replay, corrects, late }) };
  });
}

function eventView(
  event: EventFact,
  deliveries: readonly Delivery[],
  steps: readonly StepView[],
  journey: readonly EventFact[],
  typeOf: TypeOf,
): EventView {
  const { stream: _stream, sequence: _sequence, identity: _identity, digest: _digest, ...attributes } = event;
  const idsOf = (of: (other: EventFact) => boolean) => [...new Set(journey.filter(of).map((other) => other.id))];
  return {
    ...attributes,
    title: typeOf(event.type)?.title ?? event.type,
    state: 'accepted',
    supersededby: idsOf((other) => other.supersedes === event.id),
    answeredby: idsOf((other) => other.causationid === event.id),
    deliveries: deliveries.map(deliveryView),
    steps,
  };
}

function deliveryView(delivery: Delivery): DeliveryView {
  const { identity: _identity, journey: _journey, entitled, step: _step, subscription, ...rest } = delivery;
  const { eventtype: _type, publisher: _publisher, accepted: _accepted, stops: _stops, ...view } = rest;
  const foreseen = !entitled && UNDECIDED.has(delivery.state);
  return { ...view, ...(subscription !== '' && { subscription }), ...(foreseen && { meant: false as const }) };
}

const UNDECIDED: ReadonlySet<DeliveryState> = new Set(['waiting', 'delivering', 'paused']);

function extent(events: readonly EventView[]): { started: string; updated: string } {
  const times = events.flatMap((event) => [
    event.recorded,
    ...event.steps.map((step) => step.time),
    ...event.deliveries.map((delivery) => delivery.since),
  ]);
  const sorted = times.toSorted();
  return { started: sorted[0]!, updated: sorted.at(-1)! };
}

function organisationsOf(events: readonly EventView[]): string[] {
  const codes = events.flatMap((event) => [
    event.sourceorg,
    ...(event.targetorg === undefined ? [] : [event.targetorg]),
    // Whoever filters an event away has no part in it, nor whom it is not for.
    ...event.deliveries.flatMap(({ org, state, meant }) => (state === 'filtered' || meant === false ? [] : org)),
  ]);
  return [...new Set(codes)];
}
