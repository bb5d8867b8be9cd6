import type { Outcome } from '../channels/channel.js';
import { AdaptiveLimit } from './adaptive-limit.js';
import { type Admission, Circuit, type CircuitPolicy, type CircuitState } from './circuit.js';
import { type Condition, type ConditionName, staged, type Trouble, troubleOf } from './conditions.js';
import { Course, type CoursePolicy } from './course.js';

/** Bounds of one endpoint's government; every one is a setting of the relay. Times in milliseconds. */
export interface GovernorPolicy extends CircuitPolicy, CoursePolicy {
  /** Attempts at once at most. */
  readonly limit: number;
  /** Longest wait that an endpoint can ask for. */
  readonly maxRetryAfterMs: number;
  /** Age of the oldest waiting event from which the endpoint lags. */
  readonly lagAfterMs: number;
  /** After which a condition is at stage 2, and at stage 3. */
  readonly stagesMs: readonly [second: number, third: number];
}

/** What waits for an endpoint. */
export interface Waits {
  /** Events that have yet to be handed out. */
  readonly waiting: number;
  /** Handed out and not settled. */
  readonly unsettled: number;
  /** Milliseconds since the epoch: when the oldest of them was accepted. */
  readonly oldest?: number;
}

/** What is about the way to the endpoint and cannot be about the event that was sent. */
const SURELY_THE_ENDPOINT: ReadonlySet<Trouble> = new Set([
  'unreachable',
  'insecure',
  'redirecting',
  'overloaded',
  'shut-out',
]);
/** What may mean that it was sent too much at once. */
const STRAIN: ReadonlySet<Trouble> = new Set(['timing-out', 'overloaded', 'unreachable']);
/** The endpoint answered, and what it said was about the event. */
const ABOUT_THE_EVENT: ReadonlySet<Trouble> = new Set(['refusing', 'receiving-malformed']);

/**
 * Decides whether, how many and when attempts go to one endpoint. Pure: values in, values out; no clock of its own, and
 * nothing that outlives it (a new relay finds out anew). All moments are milliseconds since the epoch.
 *
 * - An endpoint that answers nothing is left alone, in growing pauses; one probe goes ahead after each.
 * - Timeouts, 429, 503 and unreachability halve how many go at once; successes raise it again.
 * - `Retry-After` holds for the endpoint as a whole, within a bound.
 * - A refused event says nothing about others: it never stops them. One refusal after the other becomes a condition.
 *
 * It serves one sink: a subscription whose sink was changed deserves a new one.
 */
export class Governor {
  readonly #circuit: Circuit;
  readonly #limit: AdaptiveLimit;
  readonly #course: Course;
  #notBefore = 0;
  #lagsSince: number | undefined;
  #healthySince: number | undefined;
  #waits: Waits = { waiting: 0, unsettled: 0 };

  constructor(private readonly policy: GovernorPolicy) {
    this.#circuit = new Circuit(policy);
    this.#limit = new AdaptiveLimit(policy.limit);
    this.#course = new Course(policy);
  }

  /** Attempts at once that the endpoint bears now: 1 to the setting. */
  get limit(): number {
    return this.#limit.value;
  }

  get circuit(): CircuitState {
    return this.#circuit.state;
  }

  /**
   * To be asked right before an attempt. `wait`: circuit open, probe under way, or the endpoint asked for later; ask again
   * at `untilMs`, or as soon as another attempt's outcome is known. A probe's failure is the endpoint's, not the delivery's.
   */
  admit(now: number): Admission {
    if (now < this.#notBefore) return { kind: 'wait', untilMs: this.#notBefore };
    return this.#circuit.admit(now);
  }

  /** The attempt that was admitted as a probe was not made after all (the event was filtered, say). */
  released(now: number): void {
    this.#circuit.released(now);
  }

  /**
   * After each attempt.
   * @param key - ordering key of the event, so that one event which fails again and again is not taken for its endpoint
   */
  outcome(outcome: Outcome, now: number, key?: string): void {
    const trouble = troubleOf(outcome);
    const begun = now - outcome.latencyMs;
    this.#course.saw(trouble, now);
    if (trouble === undefined || ABOUT_THE_EVENT.has(trouble)) {
      if (this.#circuit.answered()) this.#limit.restart();
      else if (trouble === undefined) this.#limit.eased();
      return;
    }
    if (STRAIN.has(trouble)) this.#limit.strained(begun, now);
    this.#circuit.failed(SURELY_THE_ENDPOINT.has(trouble) ? undefined : key, begun, now);
    const asked = Math.min((outcome.kind === 'retry' && outcome.afterMs) || 0, this.policy.maxRetryAfterMs);
    this.#notBefore = Math.max(this.#notBefore, now + asked);
  }

  /** What waited when {@link backlog} was told last. */
  get waits(): Waits {
    return this.#waits;
  }

  /** Another relay drove the endpoint before, and knew this of it. */
  recall(condition: ConditionName, since: number): void {
    if (condition === 'healthy') return;
    if (condition === 'lagging') this.#lagsSince = Math.min(this.#lagsSince ?? since, since);
    else this.#course.recall(condition, since);
  }

  /**
   * What waits for this endpoint, as somebody counted it.
   * @param b - `oldestMs`: how long the oldest of them has been waiting since it was accepted
   */
  backlog(b: { readonly waiting: number; readonly oldestMs: number; readonly unsettled?: number }, now: number): void {
    const { waiting, unsettled = 0, oldestMs } = b;
    this.#waits = { waiting, unsettled, ...(waiting + unsettled > 0 && oldestMs > 0 && { oldest: now - oldestMs }) };
    if (waiting > 0 && oldestMs >= this.policy.lagAfterMs) this.#lagsSince ??= now;
    // Half of it, so that it does not come and go at the edge.
    else if (waiting === 0 || oldestMs < this.policy.lagAfterMs / 2) this.#lagsSince = undefined;
  }

  /** How the endpoint fares: what its answers show first, then what its backlog shows. */
  condition(now: number): Condition {
    const { trouble } = this.#course;
    const { stagesMs } = this.policy;
    if (trouble === undefined && this.#lagsSince === undefined) {
      this.#healthySince ??= now;
      return staged('healthy', this.#healthySince, now, stagesMs);
    }
    this.#healthySince = undefined;
    return trouble === undefined
      ? staged('lagging', this.#lagsSince ?? now, now, stagesMs)
      : staged(trouble.name, trouble.since, now, stagesMs);
  }
}

export type { Admission, CircuitState, Condition };
