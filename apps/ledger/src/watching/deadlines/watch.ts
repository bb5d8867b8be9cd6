import type { Catalogue } from '@signalbox/contracts';
import { FAMILIES, type Engine, type Step, streamOf } from '@signalbox/messaging';
import type { Registry } from '@signalbox/registry';
import { type Counter, type HealthState, type Log, type Metrics, Rounds } from '@signalbox/runtime';
import type { Expiry } from '../../proof/expiry.js';
import { Remembered } from '../../proof/remembered.js';
import type { Database } from '../../store/database.js';
import { missedClocks, nextDue, overdueStep } from './due.js';
import type { DueShelf } from './due-shelf.js';
import { lookOn } from './reading.js';
import type { Rules } from './turns.js';

/** Bounds of the watch; each is a setting. */
export interface WatchLimits {
  /** Milliseconds between two rounds, and between two fillings of the shelf. */
  readonly everyMs: number;
  readonly fillMs: number;
  /** Milliseconds that a filling looks ahead, and most deadlines that it puts up. */
  readonly aheadMs: number;
  readonly waiting: number;
  /** Missed deadlines that are told in one go. */
  readonly batch: number;
}

/** What the watch stands on. */
export interface WatchParts {
  readonly database: Database;
  readonly engine: Pick<Engine, 'newestKept' | 'steps'>;
  readonly registry: Pick<Registry, 'deadline'>;
  readonly catalogue: Pick<Catalogue, 'find' | 'types'>;
  /** Tells of deliveries that are past their deadline. */
  readonly expiry: Pick<Expiry, 'overdue'>;
  readonly shelf: DueShelf;
  readonly limits: WatchLimits;
  readonly log: Log;
  readonly metrics: Metrics;
}

const STREAMS = [...FAMILIES.map(streamOf), 'STEPS'];

/** Everything that was recorded by a moment and is still kept is known once the streams were looked through up to here. */
interface Judging {
  readonly at: Date;
  readonly heads: ReadonlyMap<string, number>;
}

/**
 * Keeps the clocks. Each round looks on through what was read for what starts and stops them, and says of those that ran
 * out that they did: by a step whose id follows from the clock, so that it is said once, whatever is lost or read again.
 * A clock is judged only after everything was looked through that was recorded by the moment of judgement: an answer that
 * came in time and was read late stops it all the same.
 */
export class Watch {
  readonly #told = new Remembered();
  readonly #missed: Counter;
  readonly #rounds: Rounds;
  #away = false;
  #filled = 0;
  #judging: Judging | undefined;

  constructor(private readonly parts: WatchParts) {
    const { limits, log } = parts;
    this.#rounds = new Rounds((signal) => this.#round(signal), {
      everyMs: limits.everyMs,
      onFailure: (err, inARow) => {
        if (inARow === 1) log.warn({ err }, 'deadlines could not be looked after; taken up again');
      },
    });
    this.#missed = parts.metrics.counter(
      'signalbox_deadlines_missed_total',
      'Deadlines that were missed, by clock and type of the event',
      ['clock', 'type'],
    );
  }

  start(): void {
    this.#rounds.start();
  }

  /** Resolves when the round that is under way is over. */
  close(): Promise<void> {
    return this.#rounds.close();
  }

  /** What waits is put up anew in the next round: Redis may have lost it. */
  refill(): void {
    this.#filled = 0;
  }

  health(): HealthState {
    if (this.#rounds.failures > 0) return { state: 'degraded', sentence: 'Deadlines cannot be looked after, for now.' };
    if (this.#away)
      return {
        state: 'degraded',
        sentence: 'Redis does not answer: deadlines are looked up in the database. None is missed by it.',
      };
    return { state: 'up', sentence: 'Deadlines are kept.' };
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { database, catalogue, registry, limits } = this.parts;
    const rules: Rules = {
      typeOf: (type) => catalogue.find(type),
      ownTimes: (ods, type, clock) => registry.deadline(ods, type, clock)?.times,
    };
    for (let more = true; more && !signal.aborted;) {
      const looked = await lookOn(database, rules, catalogue.types());
      more = looked.more;
      // It would run out before the shelf is filled the next time.
      if (looked.soonest !== undefined && Date.parse(looked.soonest) < this.#filled + limits.fillMs) this.#filled = 0;
    }
    const now = new Date();
    await this.#fill(now);
    if (this.#judging === undefined && !(await this.#isAnyDue(now))) return;
    this.#judging ??= await this.#headsAt(now);
    if (!(await this.#isKnown(this.#judging))) return;
    const { at } = this.#judging;
    this.#judging = undefined;
    // What was told is read back before more is looked for, so that no round finds the same again and again.
    if (await this.#tell(at)) await this.parts.shelf.drop(at);
  }

  async #fill(now: Date): Promise<void> {
    const { database, shelf, limits } = this.parts;
    // Also when the clock of this machine was put back.
    if (Math.abs(now.getTime() - this.#filled) < limits.fillMs) return;
    const next = await nextDue(database, new Date(now.getTime() + limits.aheadMs), limits.waiting);
    const filled = await shelf.fill(next, limits.aheadMs);
    this.#away = !filled;
    if (filled) this.#filled = now.getTime();
  }

  async #isAnyDue(now: Date): Promise<boolean> {
    const { database, shelf } = this.parts;
    // One that could not be filled holds less than what is due, or what was due long ago.
    const due = this.#away ? undefined : await shelf.dueBy(now);
    if (due !== undefined) return due > 0;
    this.#away = true;
    this.#filled = 0;
    return (await nextDue(database, now, 1)).length > 0;
  }

  async #headsAt(at: Date): Promise<Judging> {
    const heads = await Promise.all(
      STREAMS.map(async (stream) => [stream, await this.parts.engine.newestKept(stream)] as const),
    );
    return { at, heads: new Map(heads) };
  }

  async #isKnown({ heads }: Judging): Promise<boolean> {
    const rows = await this.parts.database.query<{ stream: string; sequence: number }>(
      'select stream, sequence from clockpositions',
    );
    const looked = new Map(rows.map(({ stream, sequence }) => [stream, sequence]));
    return [...heads].every(([stream, head]) => (looked.get(stream) ?? 0) >= head);
  }

  /** Tells of what had run out by then, the longest first. @returns whether that was all */
  async #tell(at: Date): Promise<boolean> {
    const { database, engine, expiry, limits } = this.parts;
    const now = new Date();
    const expired = await expiry.overdue(at, now, limits.batch);
    for (const { type } of expired.told) this.#missed.inc({ clock: 'delivery', type });
    const missed = await missedClocks(database, at, limits.batch);
    const steps = missed.map((one) => overdueStep(one, now)).filter(({ id }) => !this.#told.has(id));
    await Promise.all(steps.map((step) => engine.steps.publish(step)));
    for (const step of steps) this.#count(step);
    return expired.all && missed.length < limits.batch;
  }

  #count({ id, reason = '', type }: Step): void {
    this.#told.add(id);
    this.#missed.inc({ clock: reason, type });
  }
}
