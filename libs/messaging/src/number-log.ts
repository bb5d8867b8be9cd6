import { JetStreamApiError, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { EngineUnavailable, RevisionConflict } from './errors.js';
import { answered, readPage } from './messages.js';

/** An event and the number that it has in one subscription. */
export interface NumberedEvent {
  readonly number: number;
  /** Identity of the event. */
  readonly identity: string;
  /** Where it lies. */
  readonly stream: string;
  readonly sequence: number;
  /** RFC 3339: when the engine stored it. */
  readonly time: string;
}

const STREAM = 'NUMBERS';
const PAGE = 1_000;
const WRONG_LAST_SEQUENCE = new Set([10071, 10164]);

/** The numbers of events by subscription, from 1 without a gap; whoever gives the next one writes it down first. */
export class NumberLog {
  constructor(
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
  ) {}

  /** The newest number of a subscription and where it is written; `undefined` = none yet. @throws EngineUnavailable */
  async last(subscription: string): Promise<(NumberedEvent & { readonly position: number }) | undefined> {
    const message = await answered(() => this.jsm.direct.getMessage(STREAM, { last_by_subj: subjectOf(subscription) }));
    return message === null ? undefined : { ...message.json<NumberedEvent>(), position: message.seq };
  }

  /** The events with numbers from `from` to `to`, as far as they are remembered. @throws EngineUnavailable */
  async read(subscription: string, from = 1, to = Infinity): Promise<NumberedEvent[]> {
    const found: NumberedEvent[] = [];
    for (let after = 0; ;) {
      const next = { seq: after + 1, batch: PAGE, next_by_subj: subjectOf(subscription) };
      const page = await readPage(this.jsm, STREAM, next);
      found.push(
        ...page.map((message) => message.json<NumberedEvent>()).filter(({ number }) => number >= from && number <= to),
      );
      const newest = page.at(-1);
      if (newest === undefined || page.length < PAGE || newest.json<NumberedEvent>().number >= to) return found;
      after = newest.seq;
    }
  }

  /**
   * Writes down the next number.
   * @param position of the newest number, which this one must follow; 0 = there is none yet
   * @throws RevisionConflict when somebody gave a number meanwhile, EngineUnavailable
   */
  async add(subscription: string, event: NumberedEvent, position: number): Promise<number> {
    try {
      const expect = { lastSubjectSequence: position };
      return (await this.js.publish(subjectOf(subscription), JSON.stringify(event), { expect })).seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && WRONG_LAST_SEQUENCE.has(error.code)) {
        throw new RevisionConflict(subscription, error);
      }
      throw new EngineUnavailable('The engine did not take the number of an event', error);
    }
  }
}

const subjectOf = (subscription: string): string => `numbers.${subscription}`;
