import { type NumberedEvent, type NumberLog, RevisionConflict } from '@signalbox/messaging';

/** What is numbered. */
export type Numberable = Omit<NumberedEvent, 'number'>;

interface Known {
  readonly numbers: Map<string, number>;
  last: number;
  /** Where the newest number is written. */
  position: number;
}

/** How often a number is asked for when somebody else gives numbers at the same time. */
const ATTEMPTS = 4;

/**
 * Gives the events of FHIR subscriptions their numbers: one after the other without a gap, the same for every attempt of the
 * same event, across restarts and when another relay takes over. A number is written down before it is used.
 */
export class Numbering {
  readonly #known = new Map<string, Promise<Known>>();

  constructor(
    private readonly log: Pick<NumberLog, 'read' | 'last' | 'add'>,
    /** Numbers of each subscription that are remembered. */
    private readonly remembered: number,
  ) {}

  /** The number of an event, new if it has none yet. @throws EngineUnavailable */
  async numberOf(subscription: string, event: Numberable): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const known = await this.#knownOf(subscription);
      const present = known.numbers.get(event.identity);
      if (present !== undefined) return present;
      const number = known.last + 1;
      try {
        known.position = await this.log.add(subscription, { number, ...event }, known.position);
      } catch (error) {
        // Whether it was written is not known, or somebody else wrote: what stands there is read again.
        this.#known.delete(subscription);
        if (error instanceof RevisionConflict && attempt < ATTEMPTS) continue;
        throw error;
      }
      known.last = number;
      this.#remember(known, event.identity, number);
      return number;
    }
  }

  /** The newest number of a subscription; 0 = none yet. @throws EngineUnavailable */
  async lastOf(subscription: string): Promise<number> {
    return (await this.#knownOf(subscription)).last;
  }

  #knownOf(subscription: string): Promise<Known> {
    const known = this.#known.get(subscription) ?? this.#read(subscription);
    this.#known.set(subscription, known);
    known.catch(() => this.#known.delete(subscription));
    return known;
  }

  async #read(subscription: string): Promise<Known> {
    const newest = await this.log.last(subscription);
    const all = newest === undefined ? [] : await this.log.read(subscription);
    const numbers = new Map(all.map(({ identity, number }) => [identity, number]));
    return { numbers, last: newest?.number ?? 0, position: newest?.position ?? 0 };
  }

  #remember({ numbers }: Known, identity: string, number: number): void {
    numbers.set(identity, number);
    const oldest = numbers.keys().next().value;
    if (numbers.size > this.remembered && oldest !== undefined) numbers.delete(oldest);
  }
}
