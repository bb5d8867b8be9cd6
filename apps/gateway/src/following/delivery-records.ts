import { Refusal } from '@signalbox/contracts';
import type { LedgerClient } from './ledger-client.js';

/** A delivery as the ledger tells it; only what is needed here. Times are RFC 3339. */
export interface RecordedDelivery {
  readonly subscription: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly journey: string;
  readonly sourceorg: string;
  /** ODS code of the receiver. */
  readonly org: string;
  readonly state: string;
  readonly since: string;
  readonly attempts: number;
  readonly channel?: string;
  readonly firstattempt?: string;
  readonly lastattempt?: string;
  readonly reason?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly answer?: string;
  /** Where the event lies; absent when it has left its stream. */
  readonly stream?: string;
  readonly sequence?: number;
  readonly size?: number;
  /** Whether an attempt ended without an answer, so that the receiver may have the event all the same. */
  readonly unanswered?: boolean;
  /** To whom a parked one was handed last. */
  readonly handedover?: { readonly time: string; readonly by?: string; readonly note?: string };
}

/** Deliveries with one cause. */
export interface RecordedGroup {
  readonly reason?: string;
  readonly count: number;
  readonly attempts: number;
  readonly journeys: number;
  readonly first: string;
  readonly last: string;
  readonly sample: RecordedDelivery;
}

/** Which deliveries are asked for. */
export interface DeliveriesAsked {
  readonly subscription: string;
  readonly state: readonly string[];
  readonly reason?: string;
  readonly after?: string;
  readonly limit?: number;
}

export interface DeliveriesPage {
  readonly deliveries: readonly RecordedDelivery[];
  readonly next?: string;
}

/** What became of one event of a stretch; without a state it never came up for the subscription. */
export interface Place {
  readonly state?: string;
  readonly reason?: string;
}

/** What the ledger knows of a stretch. */
export interface Places {
  /** Sequence up to which the ledger has read the stream. */
  readonly read: number;
  readonly bySequence: ReadonlyMap<number, Place>;
}

const PAGE = 500;

/** Asks the ledger what became of deliveries, with the caller's own token: it alone decides what is theirs to see. */
export class DeliveryRecords {
  constructor(private readonly ledger: LedgerClient) {}

  /** By cause, the most frequent first. @throws {Refusal} SB-5032, as every call here */
  async groups(asked: DeliveriesAsked, authorization: string): Promise<readonly RecordedGroup[]> {
    const answer = await this.#ask<{ groups: RecordedGroup[] }>('query', { ...asked, group: 'reason' }, authorization);
    return answer.groups;
  }

  page(asked: DeliveriesAsked, authorization: string): Promise<DeliveriesPage> {
    return this.#ask<DeliveriesPage>('query', asked, authorization);
  }

  /** All of them, oldest first, in pages. */
  async *all(asked: DeliveriesAsked, authorization: string): AsyncGenerator<RecordedDelivery> {
    for (let after: string | undefined; ;) {
      const page = await this.page({ ...asked, limit: PAGE, ...(after !== undefined && { after }) }, authorization);
      yield* page.deliveries;
      after = page.next;
      if (after === undefined) return;
    }
  }

  /** What became of the events of a stretch, or of those of one journey in it. */
  async places(
    asked: { subscription: string; stream: string; from: number; to: number; journey?: string },
    authorization: string,
  ): Promise<Places> {
    const bySequence = new Map<number, Place>();
    for (let from: number | undefined = asked.from; ;) {
      const answer: { read: number; places: [number, string | null, string | null][]; next?: number } = await this.#ask(
        'places',
        { ...asked, from },
        authorization,
      );
      for (const [sequence, state, reason] of answer.places) {
        bySequence.set(sequence, { ...(state !== null && { state }), ...(reason !== null && { reason }) });
      }
      from = answer.next;
      if (from === undefined) return { read: answer.read, bySequence };
    }
  }

  async #ask<T>(what: 'query' | 'places', question: object, authorization: string): Promise<T> {
    const body = Buffer.from(JSON.stringify(question));
    const answer = await this.ledger.post(`/deliveries/${what}`, authorization, body);
    if (answer.status !== 200) {
      throw new Refusal('SB-5032', 'The ledger did not answer what became of deliveries', { retryAfter: 2 });
    }
    return JSON.parse(answer.body.toString('utf8')) as T;
  }
}
