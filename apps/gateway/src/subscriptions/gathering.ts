import type { EventLog, RecordLog, Step, StoredEvent } from '@signalbox/messaging';
import { eligibility, type Eligibility, type Registry, type Subscription } from '@signalbox/registry';
import type { Positions } from './cursor.js';
import { hold, type HoldingLogs } from './holding.js';
import { Reading } from './reading.js';
import { coversFamily } from './starting.js';
import { expiredStepOf, stepOf, type PullMarks } from './subscription-step.js';
import type { Shelved, WaitingShelf } from './waiting-shelf.js';

/** An event on its way to a receiver that fetches. */
export interface Handed {
  readonly family: string;
  readonly stored: StoredEvent;
  /** What the receiver is told beside the event. */
  readonly marks: PullMarks;
  /** It came from the shelf, beside the order of its stream. */
  readonly shelved: boolean;
}

export interface GatheringParts {
  readonly families: readonly string[];
  readonly events: EventLog;
  readonly steps: RecordLog<Step>;
  readonly parked: HoldingLogs['parked'];
  readonly registry: Registry;
  readonly shelf: WaitingShelf;
}

/**
 * What is for one subscription, in order: its streams as one sequence, and what lies on the shelf for it, each at its time.
 * What is not for it is passed over with a step that says why.
 */
export class Gathering {
  readonly #reading: Reading;
  #shelved: Shelved[] = [];
  #recording: Promise<void>[] = [];
  #ahead: Handed | undefined;

  private constructor(
    private readonly parts: GatheringParts,
    private readonly subscription: Subscription,
    private readonly from: Positions,
    page: number,
  ) {
    const families = parts.families.filter((family) => coversFamily(subscription.types, family));
    this.#reading = new Reading(parts.events, { families, types: subscription.types, from, page });
  }

  /** @param page events asked for at once, of each family. @throws {EngineUnavailable} */
  static async from(
    parts: GatheringParts,
    subscription: Subscription,
    from: Positions,
    page: number,
  ): Promise<Gathering> {
    const gathering = new Gathering(parts, subscription, from, page);
    await gathering.lookOnShelf();
    return gathering;
  }

  /** By family: up to where everything was handed out or passed over. */
  get positions(): Positions {
    const ahead = this.#ahead;
    if (ahead === undefined) return this.#reading.positions;
    return { ...this.#reading.positions, [ahead.family]: ahead.stored.sequence - 1 };
  }

  /** Resolves when every step about what was passed over is on disk: before the positions are told to anybody. */
  async recorded(): Promise<void> {
    await Promise.all(this.#recording.splice(0));
  }

  get fetches(): number {
    return this.#reading.fetches;
  }

  /** Looks again for what was put on the shelf meanwhile; what was handed out from it already is told by `handed`. */
  async lookOnShelf(handed: ReadonlySet<string> = new Set()): Promise<void> {
    const due = await this.parts.shelf.due(this.subscription.id, this.from);
    this.#shelved = due.filter(({ stream, sequence }) => !handed.has(`${stream} ${String(sequence)}`));
  }

  /** The next event for the subscription; undefined when there is none now, or after `maxFetches`. */
  async next(maxFetches = Infinity): Promise<Handed | undefined> {
    for (;;) {
      this.#ahead ??= await this.#fromStreams(maxFetches);
      const [waiting] = this.#shelved;
      const shelfFirst = waiting && (!this.#ahead || Date.parse(waiting.stored) <= this.#ahead.stored.time.getTime());
      if (!shelfFirst) {
        const next = this.#ahead;
        this.#ahead = undefined;
        return next;
      }
      this.#shelved.shift();
      const taken = await this.#fromShelf(waiting);
      if (taken !== undefined) return taken;
    }
  }

  async #fromStreams(maxFetches: number): Promise<Handed | undefined> {
    for (;;) {
      const read = await this.#reading.next(maxFetches);
      if (read === undefined) return undefined;
      const { family, stored } = read;
      const verdict = eligibility(stored.event, this.subscription, (type) => this.#granted(type));
      if (verdict.kind === 'deliver' && stored.held !== true) {
        return { family, stored, marks: marksOf(stored), shelved: false };
      }
      if (verdict.kind === 'deliver') this.#keep(hold(this.parts, this.subscription, stored));
      else this.#record(stepOf(verdict.kind, this.subscription, stored, { reason: verdict.reason }));
    }
  }

  async #fromShelf(waiting: Shelved): Promise<Handed | undefined> {
    const { id } = this.subscription;
    const stored = await this.parts.shelf.event(waiting);
    const done = async (step: Step): Promise<undefined> => {
      await this.parts.steps.publish(step);
      await this.parts.shelf.taken(id, [[waiting.family, waiting.sequence]]);
    };
    if (stored === undefined) return done(expiredStepOf(this.subscription, waiting));
    const verdict = this.#judged(waiting, stored);
    if (verdict.kind !== 'deliver') {
      return done(stepOf(verdict.kind, this.subscription, stored, { reason: verdict.reason }));
    }
    const { family, corrects } = waiting;
    const marks = { ...marksOf(stored), ...(corrects !== undefined && { corrects }) };
    return { family, stored, marks, shelved: true };
  }

  /** Many at once cost the engine little more than one. */
  #record(step: Step): void {
    this.#keep(this.parts.steps.publish(step));
  }

  #keep(recording: Promise<void>): void {
    recording.catch(() => undefined);
    this.#recording.push(recording);
  }

  /** A correction goes to whoever received what it corrects, whatever the subscription asks for now; never without a grant. */
  #judged({ cause }: Shelved, { event }: StoredEvent): Eligibility {
    const granted = (type: string): boolean => this.#granted(type);
    if (cause !== 'correction') return eligibility(event, this.subscription, granted);
    return granted(String(event.attributes['type'])) ? { kind: 'deliver' } : { kind: 'suppressed', reason: 'no-grant' };
  }

  #granted(type: string): boolean {
    return this.parts.registry.allows(this.subscription, 'subscribe', type) !== undefined;
  }
}

function marksOf({ late }: StoredEvent): PullMarks {
  return { ...(late !== undefined && { late }) };
}
