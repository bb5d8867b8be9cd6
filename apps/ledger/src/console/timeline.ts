import type { DeliveryState, StepKind } from '@signalbox/messaging';
import type { DeliveryView, EventView, JourneyView, StepView } from '../journeys/journey-view.js';
import { counted, duration, latency, listed, markSentences } from '../journeys/words.js';

/** Colours of the design system's tags; never the only carrier of a meaning. */
export type Tone = 'blue' | 'green' | 'red' | 'yellow' | 'grey' | 'orange';

/** Something that happened in an organisation's lane, or (`open`) has yet to happen. */
export interface Moment {
  readonly kind: 'moment';
  /** RFC 3339; absent for what has yet to happen. */
  readonly at?: string;
  /** Of what has yet to happen: when it will be attempted. */
  readonly next?: string;
  readonly org: string;
  /** Counted from 1, in the order in which organisations appear. */
  readonly lane: number;
  readonly word: string;
  readonly tone: Tone;
  readonly title: string;
  readonly eventid: string;
  readonly source: string;
  /** One sentence each. */
  readonly notes: readonly string[];
  /** Marks such as `correction` or `duplicate`. */
  readonly marks: readonly string[];
}

/** A stretch of time in which nothing was recorded. */
export interface Gap {
  readonly kind: 'gap';
  readonly length: string;
  /** Whether it lasts until now. */
  readonly lasts: boolean;
}

/** Milliseconds without a step from which a gap is drawn. */
const GAP_MS = 60_000;
/** Lanes that the page has room for; further organisations share the last. */
const LANES = 4;

/** The words for what happened, exact: a system's acknowledgement is never shown as a person's. */
const WORDS: Readonly<Record<StepKind, readonly [string, Tone]>> = {
  attempt: ['Attempted', 'yellow'],
  delivered: ['Delivered', 'blue'],
  acknowledged: ['Acknowledged by system', 'green'],
  filtered: ['Filtered', 'grey'],
  suppressed: ['Suppressed', 'grey'],
  paused: ['Paused', 'grey'],
  parked: ['Parked', 'red'],
  expired: ['Expired', 'red'],
  retried: ['Retried by a person', 'yellow'],
  'handled-outside': ['Handled outside', 'green'],
  'handed-over': ['Handed over', 'yellow'],
  warned: ['Warning', 'orange'],
  duplicate: ['Sent again', 'grey'],
  conflict: ['Refused: same id, other content', 'orange'],
};

/** Words and colour of the state of a delivery. */
export const STATES: Readonly<Record<DeliveryState, readonly [string, Tone]>> = {
  waiting: ['Waiting', 'yellow'],
  delivering: ['Delivering', 'yellow'],
  delivered: WORDS.delivered,
  acknowledged: WORDS.acknowledged,
  filtered: WORDS.filtered,
  suppressed: WORDS.suppressed,
  paused: WORDS.paused,
  parked: WORDS.parked,
  expired: WORDS.expired,
  'handled-outside': WORDS['handled-outside'],
};

const OPEN: ReadonlySet<DeliveryState> = new Set(['waiting', 'delivering', 'paused']);

/** What happened to a journey, in order, each in its organisation's lane, with the gaps between and what has yet to come. */
export function timelineOf(journey: JourneyView, now: Date): (Moment | Gap)[] {
  const laneOf = (org: string) => Math.min(LANES, journey.organisations.indexOf(org) + 1);
  const past = journey.events
    .flatMap((event) => stationsOf(event))
    .map((moment) => ({ ...moment, lane: laneOf(moment.org) }))
    .toSorted((one, other) => Date.parse(one.at!) - Date.parse(other.at!));
  const open = journey.events
    .filter((event) => event.duplicateof === undefined)
    .flatMap((event) =>
      event.deliveries.filter((delivery) => OPEN.has(delivery.state)).map((delivery) => openMoment(event, delivery)),
    )
    .map((moment) => ({ ...moment, lane: laneOf(moment.org) }));
  const lasting = open.length > 0 || journey.heading.state === 'awaited' || journey.heading.state === 'not-delivered';
  return [...withGaps(past), ...(lasting ? lastGap(past, now) : []), ...open];
}

type Unplaced = Omit<Moment, 'lane'>;

function momentsOf(event: EventView): Unplaced[] {
  return [acceptedMoment(event), ...event.steps.map((step) => stepMoment(event, step))];
}

/** What a subscription filters away is no station of the journey: it is told once, beside the event. */
function stationsOf(event: EventView): Unplaced[] {
  const [accepted, ...steps] = momentsOf({ ...event, steps: event.steps.filter((step) => step.kind !== 'filtered') });
  const filtered = [...new Set(event.steps.flatMap((step) => (step.kind === 'filtered' ? (step.org ?? []) : [])))];
  if (accepted === undefined || filtered.length === 0) return momentsOf(event);
  return [{ ...accepted, notes: [...accepted.notes, `Filtered for ${listed(filtered)}.`] }, ...steps];
}

/** What happened to one event, in order. */
export function eventMoments(event: EventView): Omit<Moment, 'lane'>[] {
  return momentsOf(event).toSorted((one, other) => Date.parse(one.at!) - Date.parse(other.at!));
}

function acceptedMoment(event: EventView): Unplaced {
  const { id, causationid, supersedes, targetorg, urgency, findings } = event;
  const notes = [
    ...(targetorg === undefined ? [] : [`For ${targetorg}.`]),
    ...(urgency === undefined || urgency === 'routine' ? [] : [`Urgency: ${urgency}.`]),
    ...(supersedes === undefined ? [] : [`Replaces ${supersedes}.`]),
    ...(causationid === undefined ? [] : [`Answers ${causationid}.`]),
    ...(findings.length === 0 ? [] : [`Accepted with ${counted(findings.length, 'finding')}.`]),
  ];
  const marks = [
    ...(event.duplicateof === undefined ? [] : ['duplicate']),
    ...(supersedes === undefined ? [] : ['correction']),
    ...(event.supersededby.length === 0 ? [] : ['superseded']),
  ];
  return {
    ...about(event),
    at: event.recorded,
    org: event.sourceorg,
    word: 'Accepted',
    tone: 'blue',
    eventid: id,
    notes,
    marks,
  };
}

function stepMoment(event: EventView, step: StepView): Unplaced {
  const [word, tone] = wordOf(step);
  const { replay, corrects, late } = step;
  const notes = [
    ...(step.attempt === undefined || step.attempt < 2 ? [] : [`Attempt ${String(step.attempt)}.`]),
    ...(step.reason === undefined ? [] : [`Reason: ${step.reason}.`]),
    ...(step.detail === undefined ? [] : [step.detail]),
    ...(step.status === undefined ? [] : [`The endpoint answered ${String(step.status)}.`]),
    ...(step.answer === undefined ? [] : [`It said: “${step.answer}”.`]),
    ...(step.latencyms === undefined ? [] : [`Took ${latency(step.latencyms)}.`]),
    ...(step.by === undefined ? [] : [`By ${step.by}.`]),
    ...(step.note === undefined ? [] : [`Note: “${step.note}”.`]),
    ...markSentences(step),
    ...(step.kind === 'duplicate' ? ['Nothing was recorded twice.'] : []),
  ];
  const marks = [
    ...(corrects === undefined ? [] : ['correction']),
    ...(late === undefined ? [] : ['late']),
    ...(replay === undefined ? [] : ['replay']),
  ];
  return { ...about(event), at: step.time, org: step.org ?? event.sourceorg, word, tone, notes, marks };
}

function wordOf(step: StepView): readonly [string, Tone] {
  if (step.kind === 'attempt' && step.reason !== undefined) return ['Attempt failed', 'orange'];
  // Nobody retried it: the exchange owes it to whoever received what it corrects.
  if (step.kind === 'retried' && step.corrects !== undefined) return ['Due as a correction', 'yellow'];
  return WORDS[step.kind];
}

function openMoment(event: EventView, delivery: DeliveryView): Unplaced {
  const [word, tone] = STATES[delivery.state];
  const notes = [
    ...(delivery.attempts === 0 ? [] : [`${counted(delivery.attempts, 'attempt')} so far.`]),
    ...(delivery.reason === undefined ? [] : [`Reason: ${delivery.reason}.`]),
    ...markSentences(delivery),
  ];
  const next = delivery.nextattempt === undefined ? {} : { next: delivery.nextattempt };
  return { ...about(event), ...next, org: delivery.org, word, tone, notes, marks: [] };
}

function about(event: EventView): Pick<Moment, 'kind' | 'title' | 'eventid' | 'source'> {
  return { kind: 'moment', title: event.title, eventid: event.id, source: event.source };
}

function withGaps(moments: readonly Moment[]): (Moment | Gap)[] {
  return moments.flatMap((moment, index): (Moment | Gap)[] => {
    const before = moments[index - 1];
    const quiet = before === undefined ? 0 : Date.parse(moment.at!) - Date.parse(before.at!);
    return quiet < GAP_MS ? [moment] : [{ kind: 'gap', length: duration(quiet), lasts: false }, moment];
  });
}

function lastGap(past: readonly Moment[], now: Date): Gap[] {
  const last = past.at(-1);
  const quiet = last === undefined ? 0 : now.getTime() - Date.parse(last.at!);
  return quiet < GAP_MS ? [] : [{ kind: 'gap', length: duration(quiet), lasts: true }];
}
