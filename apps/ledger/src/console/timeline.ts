import { CLOCKS, isClock } from '@signalbox/contracts';
import type { DeliveryState, StepKind } from '@signalbox/messaging';
import type { DeliveryView, EventView, JourneyView, StepView } from '../journeys/journey-view.js';
import { counted, duration, latency, listed, markSentences } from '../journeys/words.js';

/** Colours of the design system's tags; never the only carrier of a meaning. */
export type Tone = 'blue' | 'green' | 'red' | 'yellow' | 'grey' | 'orange';

/** Something that happened at an organisation, or (without `at`) has yet to happen. */
export interface Moment {
  readonly kind: 'moment';
  /** RFC 3339; absent for what has yet to happen. */
  readonly at?: string;
  /** Of several that are told as one: when the first of them happened. */
  readonly from?: string;
  /** Of what has yet to happen: when it will be attempted. */
  readonly next?: string;
  readonly org: string;
  readonly word: string;
  readonly tone: Tone;
  readonly title: string;
  readonly eventid: string;
  readonly source: string;
  /** One sentence each. */
  readonly notes: readonly string[];
  /** Marks such as `amended` or `duplicate`. */
  readonly marks: readonly string[];
  /** Whether this is where the event itself came in: what answers or replaces it leads here. */
  readonly accepted?: true;
}

/** A stretch of time in which nothing was recorded. */
export interface Gap {
  readonly kind: 'gap';
  /** In words. */
  readonly length: string;
  readonly ms: number;
  /** Whether it lasts until now. */
  readonly lasts: boolean;
}

/** Milliseconds without a step from which a gap is drawn. */
const GAP_MS = 60_000;
/** Failed attempts in a row from which they are told as one. */
const MANY_ATTEMPTS = 3;

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
  overdue: ['Overdue', 'red'],
  nudged: ['Nudged', 'yellow'],
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

/** What happened to a journey, in order, with the gaps between. */
export function timelineOf(journey: JourneyView, now: Date): (Moment | Gap)[] {
  const past = journey.events.flatMap((event) => stationsOf(event)).toSorted(byTime);
  const waits = journey.heading.state === 'awaited' || journey.heading.state === 'not-delivered';
  const lasting = waits || openOf(journey).length > 0;
  return [...withGaps(together(past)), ...(lasting ? lastGap(past, now) : [])];
}

/** What has yet to happen to a journey. */
export function openOf(journey: Pick<JourneyView, 'events'>): Moment[] {
  return journey.events
    .filter((event) => event.duplicateof === undefined)
    .flatMap((event) =>
      event.deliveries
        .filter(({ state, meant }) => OPEN.has(state) && meant !== false)
        .map((delivery) => openMoment(event, delivery)),
    );
}

const byTime = (one: Moment, other: Moment) => Date.parse(one.at!) - Date.parse(other.at!);

function momentsOf(event: EventView): Moment[] {
  return [acceptedMoment(event), ...event.steps.map((step) => stepMoment(event, step))];
}

/** What a subscription filters away is no station of the journey: it is told once, beside the event. */
function stationsOf(event: EventView): Moment[] {
  const [accepted, ...steps] = momentsOf({ ...event, steps: event.steps.filter((step) => step.kind !== 'filtered') });
  const filtered = [...new Set(event.steps.flatMap((step) => (step.kind === 'filtered' ? (step.org ?? []) : [])))];
  if (accepted === undefined || filtered.length === 0) return momentsOf(event);
  return [{ ...accepted, notes: [...accepted.notes, `Filtered for ${listed(filtered)}.`] }, ...steps];
}

/** What happened to one event, in order. */
export function eventMoments(event: EventView): Moment[] {
  return momentsOf(event).toSorted(byTime);
}

function acceptedMoment(event: EventView): Moment {
  const { targetorg, urgency, findings } = event;
  const notes = [
    ...(targetorg === undefined ? [] : [`For ${targetorg}.`]),
    ...(urgency === undefined || urgency === 'routine' ? [] : [`Urgency: ${urgency}.`]),
    ...publishedBefore(event),
    findings.length === 0
      ? 'Validated: it meets every rule of its type.'
      : `Validated with ${counted(findings.length, 'finding')}.`,
  ];
  const marks = [
    ...(event.duplicateof === undefined ? [] : ['duplicate']),
    ...(event.supersedes === undefined ? [] : ['amended']),
    ...(event.supersededby.length === 0 ? [] : ['superseded']),
    ...(event.late === undefined ? [] : ['late']),
  ];
  return {
    ...about(event),
    at: event.recorded,
    org: event.sourceorg,
    word: 'Accepted',
    tone: 'blue',
    notes,
    marks,
    accepted: true,
  };
}

/** How long it was on its way to the exchange, where that is worth a word. */
function publishedBefore({ sent, recorded }: EventView): string[] {
  const way = sent === undefined ? 0 : Date.parse(recorded) - Date.parse(sent);
  return way < GAP_MS ? [] : [`Published ${duration(way)} before.`];
}

function stepMoment(event: EventView, step: StepView): Moment {
  const [word, tone] = wordOf(step);
  const { replay, corrects, late } = step;
  const due = dueOf(event, step);
  const notes = [
    ...(step.attempt === undefined || step.attempt < 2 ? [] : [`Attempt ${String(step.attempt)}.`]),
    ...reasonsOf(step),
    ...(step.status === undefined ? [] : [`The endpoint answered ${String(step.status)}.`]),
    ...(step.answer === undefined ? [] : [`It said: “${step.answer}”.`]),
    ...(step.latencyms === undefined ? [] : [`Took ${latency(step.latencyms)}.`]),
    ...(step.by === undefined ? [] : [`By ${step.by}.`]),
    ...(step.note === undefined ? [] : [`Note: “${step.note}”.`]),
    ...markSentences(step),
    ...(due === undefined ? [] : [`It should have been delivered ${duration(Date.parse(step.time) - due)} before.`]),
    ...(step.kind === 'duplicate' ? ['Nothing was recorded twice.'] : []),
  ];
  const marks = [
    ...(corrects === undefined ? [] : ['correction']),
    ...(late === undefined && due === undefined ? [] : ['late']),
    ...(replay === undefined ? [] : ['replayed']),
    ...(step.kind === 'duplicate' ? ['duplicate'] : []),
  ];
  return { ...about(event), at: step.time, org: step.org ?? event.sourceorg, word, tone, notes, marks };
}

/** The deadline that a delivery missed, in milliseconds since 1970; `undefined` when it came in time. */
function dueOf(event: EventView, step: StepView): number | undefined {
  if (step.kind !== 'delivered' || step.replay !== undefined) return undefined;
  const delivery = event.deliveries.find(
    (one) => one.org === step.org && (step.subscription === undefined || one.subscription === step.subscription),
  );
  const due = delivery?.due === undefined ? Number.NaN : Date.parse(delivery.due);
  return Date.parse(step.time) > due ? due : undefined;
}

/** Why, in words; whoever sees the outline of a step is told which clock ran out all the same. */
function reasonsOf({ kind, reason, detail }: StepView): string[] {
  if (kind === 'overdue' && isClock(reason)) return [`${CLOCKS[reason].title}.`, detail ?? CLOCKS[reason].late];
  return [...(reason === undefined ? [] : [`Reason: ${reason}.`]), ...(detail === undefined ? [] : [detail])];
}

/** Word and colour of what happened. */
export function wordOf(step: StepView): readonly [string, Tone] {
  if (step.kind === 'attempt' && step.reason !== undefined) return [FAILED, 'orange'];
  // Nobody retried it: the exchange owes it to whoever received what it corrects.
  if (step.kind === 'retried' && step.corrects !== undefined) return ['Due as a correction', 'yellow'];
  return WORDS[step.kind];
}

function openMoment(event: EventView, delivery: DeliveryView): Moment {
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

/** Failed attempts in a row at one receiver are told as one: what matters is how many and what the last one said. */
function together(moments: readonly Moment[]): Moment[] {
  const runs: Moment[][] = [];
  for (const moment of moments) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    const same = last !== undefined && isFailed(moment) && isFailed(last) && last.org === moment.org;
    if (same && last.eventid === moment.eventid && last.source === moment.source) run?.push(moment);
    else runs.push([moment]);
  }
  return runs.flatMap((run) => {
    if (run.length < MANY_ATTEMPTS) return run;
    const [first, last] = [run[0]!, run.at(-1)!];
    const over = duration(Date.parse(last.at!) - Date.parse(first.at!));
    return [
      {
        ...last,
        from: first.at!,
        word: `Attempt failed ${String(run.length)} times`,
        notes: [`In ${over}.`, ...last.notes],
      },
    ];
  });
}

const FAILED = 'Attempt failed';
const isFailed = ({ word }: Moment) => word === FAILED;

function withGaps(moments: readonly Moment[]): (Moment | Gap)[] {
  return moments.flatMap((moment, index): (Moment | Gap)[] => {
    const before = moments[index - 1];
    const quiet = before === undefined ? 0 : Date.parse(moment.from ?? moment.at!) - Date.parse(before.at!);
    return quiet < GAP_MS ? [moment] : [{ kind: 'gap', length: duration(quiet), ms: quiet, lasts: false }, moment];
  });
}

function lastGap(past: readonly Moment[], now: Date): Gap[] {
  const last = past.at(-1);
  const quiet = last === undefined ? 0 : now.getTime() - Date.parse(last.at!);
  return quiet < GAP_MS ? [] : [{ kind: 'gap', length: duration(quiet), ms: quiet, lasts: true }];
}
