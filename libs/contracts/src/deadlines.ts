import { type ClockName, CLOCKS, isStepClock, type StepClock } from './clocks.js';
import { URGENCIES, type Urgency } from './precedence.js';

/** One ISO 8601 duration of days, hours, minutes and seconds for each urgency. */
export type ByUrgency = Readonly<Record<Urgency, string>>;

/** By when a type wants something to have happened to its events, whoever they are for. */
export interface TypeDeadlines {
  /** From acceptance until delivery. */
  readonly delivery: ByUrgency;
  /** From delivery until the receiver's system acknowledged it; absent: nobody waits for that. */
  readonly acknowledgement?: ByUrgency;
}

/** A type that stops a clock, and in which meanings (`states` of that type); without them, in any. */
export interface Answer {
  readonly type: string;
  readonly of?: readonly string[];
}

/** A clock that an event starts: what has to follow it, within what time, and whose move that is. */
export interface Within {
  readonly clock: StepClock;
  readonly times: ByUrgency;
  /** Meanings (`states`) of the event that start it; absent: every one, and content whose meaning is not known. */
  readonly of?: readonly string[];
  /** What stops it; absent: what `awaits` names as `next`. */
  readonly until?: readonly Answer[];
  /** Whose move it is; absent: as `awaits` says. */
  readonly by?: 'receiver' | 'publisher';
  /** Whether everybody who received the event has to answer for himself; otherwise one answer is enough. */
  readonly each?: boolean;
  /** What is waited for, completing “waiting for …”; absent: as `awaits` says. */
  readonly text?: string;
}

/** What holds for a type that names no deadlines of its own. */
export const DEFAULT_DEADLINES: ByUrgency = {
  routine: 'P7D',
  urgent: 'PT24H',
  'two-week-wait': 'P1D',
  critical: 'PT4H',
};

const DURATION = /^P(?=.)(?:(\d{1,4})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?$/;
const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const;

/** Milliseconds of an ISO 8601 duration without years, months and weeks, whose lengths vary; `undefined` for anything else. */
export function durationMs(text: string): number | undefined {
  const parts: (string | undefined)[] | undefined = DURATION.exec(text)?.slice(1);
  return parts?.reduce((sum, part, at) => sum + Number(part ?? 0) * (UNITS_MS[at] ?? 0), 0);
}

/** The part of a type's description that deadlines are about. */
export interface Timed {
  readonly deadlines?: TypeDeadlines;
  readonly awaits?: { readonly within?: readonly Within[] };
}

/** What a type says about one clock, by urgency; `undefined` when its events never start it. */
export function timesOf(type: Timed | undefined, clock: ClockName): ByUrgency | undefined {
  if (clock === 'delivery') return type?.deadlines?.delivery ?? DEFAULT_DEADLINES;
  if (clock === 'acknowledgement') return type?.deadlines?.acknowledgement;
  return type?.awaits?.within?.find((one) => one.clock === clock)?.times;
}

/**
 * Milliseconds that a clock runs for an event of this urgency. No urgency, or one that nobody knows, is `routine`.
 *
 * @param times of the type, all of valid form
 * @param own what the organisation whose move it is has set instead, for some urgencies or all
 */
export function clockMs(times: ByUrgency, urgency: string | undefined, own: Partial<ByUrgency> = {}): number {
  const named = URGENCIES.find((one) => one === urgency) ?? 'routine';
  // A record that another version has written must not stop every clock.
  const set = own[named];
  return durationMs(isDuration(set) ? set : times[named])!;
}

/** What is wrong with the deadlines of a description and of what it awaits; `undefined` when nothing is. */
export function deadlinesProblem(
  deadlines: unknown,
  awaits?: unknown,
  states: readonly unknown[] = [],
): string | undefined {
  return typeProblem(deadlines) ?? withinProblem(awaits, new Set(states.map((state) => memberOf(state, 'name'))));
}

function typeProblem(deadlines: unknown): string | undefined {
  if (deadlines === undefined) return undefined;
  const { delivery, acknowledgement, ...rest }: Record<string, unknown> = { ...(deadlines ?? {}) };
  if (Object.keys(rest).length > 0) return '"deadlines" holds "delivery" and "acknowledgement" and nothing else';
  return (
    timesProblem(delivery, '"deadlines" must hold "delivery"') ??
    (acknowledgement === undefined ? undefined : timesProblem(acknowledgement, '"acknowledgement" must be there'))
  );
}

function withinProblem(awaits: unknown, states: ReadonlySet<unknown>): string | undefined {
  if (!isStates(memberOf(awaits, 'of'), states)) return '"awaits": "of" must name states of the type';
  const within = memberOf(awaits, 'within');
  if (within === undefined) return undefined;
  if (!Array.isArray(within)) return '"awaits" must hold "within" as an array';
  const clocks = within.map((one) => memberOf(one, 'clock'));
  const unknown = clocks.findIndex((clock) => !isStepClock(clock));
  if (unknown >= 0) return `"within" ${String(unknown)} names no clock: ${Object.keys(CLOCKS).slice(2).join(', ')}`;
  if (new Set(clocks).size < clocks.length) return '"within" names a clock twice';
  return within.map((one: unknown) => oneProblem(one, states)).find((problem) => problem !== undefined);
}

function oneProblem(one: unknown, states: ReadonlySet<unknown>): string | undefined {
  const name = String(memberOf(one, 'clock'));
  const text = memberOf(one, 'text');
  const by = memberOf(one, 'by');
  const until = memberOf(one, 'until');
  if (!isStates(memberOf(one, 'of'), states)) return `"within" ${name}: "of" must name states of the type`;
  if (by !== undefined && by !== 'receiver' && by !== 'publisher')
    return `"within" ${name}: "by" must be receiver or publisher`;
  if (text !== undefined && (typeof text !== 'string' || text === ''))
    return `"within" ${name}: "text" must be a non-empty string`;
  if (!['undefined', 'boolean'].includes(typeof memberOf(one, 'each')))
    return `"within" ${name}: "each" must be true or false`;
  const isAnswer = (answer: unknown) =>
    typeof memberOf(answer, 'type') === 'string' &&
    (memberOf(answer, 'of') === undefined || isTexts(memberOf(answer, 'of')));
  if (until !== undefined && !(Array.isArray(until) && until.length > 0 && until.every(isAnswer)))
    return `"within" ${name}: "until" must be a list of {type, of?}`;
  return timesProblem(memberOf(one, 'times'), `"within" ${name} must hold "times"`);
}

function isStates(names: unknown, states: ReadonlySet<unknown>): boolean {
  return names === undefined || (isTexts(names) && names.every((name) => states.has(name)));
}

function timesProblem(times: unknown, must: string): string | undefined {
  const given: [string, unknown][] = Object.entries(times ?? {});
  const whole = URGENCIES.every((name) => given.some(([one]) => one === name)) && given.length === URGENCIES.length;
  if (!whole) return `${must} with exactly ${URGENCIES.join(', ')}`;
  const bad = given.find(([, value]) => !isDuration(value));
  return bad && `${must}: for ${bad[0]} stands what is no ISO 8601 duration of days, hours, minutes and seconds`;
}

/** Whether it is a duration that a deadline may have: longer than nothing. */
export function isDuration(value: unknown): value is string {
  return typeof value === 'string' && (durationMs(value) ?? 0) > 0;
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string');
}
