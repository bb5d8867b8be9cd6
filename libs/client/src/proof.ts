import { json, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

/** Somebody that an event was meant for, with the clock of its acknowledgement. Times are RFC 3339. */
export interface Recipient {
  readonly org: string;
  readonly name?: string;
  readonly state: string;
  readonly since: string;
  readonly delivered?: string;
  readonly acknowledged?: string;
  /** By when it should be acknowledged; absent until it is delivered. */
  readonly acknowledgementdue?: string;
  /** It should have been acknowledged and is not. */
  readonly overdue: boolean;
  readonly reason?: string;
  readonly corrects?: string;
  readonly late?: string;
  /** How people reach the organisation; only where somebody has to. */
  readonly contact?: string;
}

/** Somebody who has what an event replaces, and not the event. */
export interface Outstanding {
  readonly org: string;
  readonly name?: string;
  /** Id of the newest of the replaced events that it received. */
  readonly received: string;
  readonly state: string;
  readonly since?: string;
  readonly reason?: string;
  /** What the publisher has to do, where it is the publisher's move, and by which subscription it names it. */
  readonly work?: string;
  readonly subscription?: string;
  readonly contact?: string;
}

/** Who received an event, for its publisher. */
export interface Recipients {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly journey: string;
  readonly recorded: string;
  readonly supersedes?: string;
  readonly recipients: readonly Recipient[];
  /** Of a correction or withdrawal: who else has to get it. Empty: everybody has it who has what it replaces. */
  readonly outstanding?: readonly Outstanding[];
}

/** What a publisher did outside the exchange for a receiver that the exchange could not tell. */
export interface HandledWish {
  /** Source of the event. */
  readonly source: string;
  /** ODS code of the receiver. */
  readonly org: string;
  /** Only this one, as the work item names it. */
  readonly subscription?: string;
  /** Who told it: a name or a mailbox. */
  readonly who: string;
  /** How, and what was agreed. Never a patient's identifier. */
  readonly note: string;
}

/** What a publisher closed, or would. */
export interface HandledResult {
  readonly dryrun: boolean;
  readonly org: string;
  /** What was open. */
  readonly items: readonly {
    readonly subscription: string;
    readonly reason?: string;
    /** What has to be done. */
    readonly next: string;
    /** RFC 3339. */
    readonly since: string;
  }[];
  /** How many of this receiver were dealt with outside before. */
  readonly before: number;
  /** How many were closed; absent in a dry run. */
  readonly changed?: number;
}

/** Deliveries by state; states of which there are none may be left out. */
export type StateSums = Readonly<Record<string, number>>;

/** Something that does not sum, named. */
export interface Gap {
  readonly kind: string;
  readonly stream: string;
  readonly sequence?: number;
  readonly org?: string;
  readonly subscription?: string;
  readonly source?: string;
  readonly eventid?: string;
  readonly type?: string;
  /** What there should be, and what there is. */
  readonly expected?: number;
  readonly counted?: number;
  /** RFC 3339. */
  readonly opened: string;
  readonly closed?: string;
  /** What is wrong, and what happens next or what somebody should do; of a reconciliation. */
  readonly sentence?: string;
  readonly next?: string;
}

/** The proof that every event ended in a named state for everyone; for the operator. */
export interface Reconciliation {
  readonly asof: string;
  readonly rounds: number;
  /** Whether every stream has been gone through once since the ledger started. */
  readonly complete: boolean;
  /** Whether everything sums: complete, and no gap is open. */
  readonly whole: boolean;
  readonly sentences: readonly string[];
  readonly streams: readonly {
    readonly stream: string;
    readonly messages: number;
    readonly recorded: number;
    readonly repeated: number;
    readonly agrees: boolean;
  }[];
  readonly publishers: readonly {
    readonly org: string;
    readonly accepted: number;
    readonly read: number;
    readonly agrees: boolean;
  }[];
  readonly subscriptions: readonly {
    readonly subscription: string;
    readonly org?: string;
    readonly status: string;
    readonly events: number;
    readonly deliveries: number;
    readonly states: StateSums;
    readonly agrees: boolean;
  }[];
  /** Open gaps, oldest first, and how many there are of each kind. */
  readonly gaps: readonly Gap[];
  readonly gapcounts: Readonly<Record<string, number>>;
  readonly closed: readonly Gap[];
}

/** Deliveries by state, all together and by type. */
export interface Sums {
  readonly deliveries: number;
  readonly states: StateSums;
  readonly types: readonly { readonly type: string; readonly deliveries: number; readonly states: StateSums }[];
}

/** What an organisation sent and received on one day. */
export interface Statement {
  readonly date: string;
  /** IANA name of the zone in which the day is counted; `from` and `to` are its bounds. */
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  /** When it was made: states are those of this moment. */
  readonly asof: string;
  /** Whether the day is over. */
  readonly complete: boolean;
  readonly organisation: { readonly ods: string; readonly name?: string };
  readonly sentences: readonly string[];
  readonly published: {
    /** The sum of the three after it. */
    readonly sent: number;
    readonly accepted: number;
    readonly refused: number;
    readonly repeated: number;
    readonly refusals: readonly { readonly code: string; readonly count: number }[];
    readonly types: readonly {
      readonly type: string;
      readonly accepted: number;
      readonly refused: number;
      readonly repeated: number;
    }[];
    /** Of its own events that day, for everybody that they are meant for. */
    readonly deliveries: Sums;
  };
  /** Of everybody's events that day, for its own subscriptions. */
  readonly received: Sums;
  /** What does not sum on its side. */
  readonly gaps: readonly Gap[];
}

/** An organisation as people reach it. */
export interface Party {
  readonly ods: string;
  readonly name?: string;
  readonly contact?: string;
}

/** What waits for a person. */
export interface WorkItem {
  readonly kind: 'parked' | 'expired' | 'correction' | 'overdue';
  /** Why it is stuck: one of the closed list that `signalbox explain --list` tells. */
  readonly stuck: string;
  /** Of what is overdue: the name of the clock that ran out. */
  readonly reason?: string;
  /** Why it has stopped, and what to do next. */
  readonly sentence: string;
  readonly next: string;
  /** Whose move it is. */
  readonly owner: Party & { readonly side: string };
  readonly yours: boolean;
  /** Whom to call about it. */
  readonly contact: Party;
  readonly event: {
    readonly id: string;
    readonly source: string;
    readonly type: string;
    readonly title: string;
    readonly journey: string;
    readonly recorded: string;
  };
  readonly publisher: string;
  readonly receiver?: string;
  readonly subscription?: string;
  /** RFC 3339: since when it waits, and by when it should have been delivered. */
  readonly since: string;
  readonly due?: string;
  readonly attempts: number;
  readonly repeats: number;
  readonly corrects?: string;
}

/** A part of the work items, oldest first. */
export interface WorkPage {
  readonly items: readonly WorkItem[];
  /** For `after`; absent on the last page. */
  readonly next?: string;
}

/** The calls that prove: what was sent, who received it, what is open. */
export class Proof {
  constructor(private readonly transport: Transport) {}

  /** For the publisher of the event and the operator. `source` is needed only where several publishers use the same id. */
  async recipients(event: string, source?: string): Promise<Recipients> {
    return this.read(`events/${encodeURIComponent(event)}/recipients${queryOf({ source })}`, 'recipients');
  }

  /** For the operator. */
  async reconciliation(): Promise<Reconciliation> {
    return this.read('reconciliation', 'a reconciliation');
  }

  /**
   * @param date `yyyy-mm-dd`, or `yesterday`: the last day that is over as the exchange counts days
   * @param org whose; the operator may name any, everybody else has their own
   */
  async statement(date: string, org?: string): Promise<Statement> {
    return this.read(`statements/${encodeURIComponent(date)}${queryOf({ org })}`, 'a statement');
  }

  /** The same statement as CSV (RFC 4180), byte for byte as the exchange wrote it. */
  async statementCsv(date: string, org?: string): Promise<string> {
    const path = `statements/${encodeURIComponent(date)}${queryOf({ org })}`;
    const answer = await this.transport.send({ method: 'GET', path, accept: 'text/csv', idempotent: true });
    return new TextDecoder().decode(answer.body);
  }

  /** What {@link Proof.handled} would close; nothing is. */
  planHandled(event: string, wish: HandledWish): Promise<HandledResult> {
    return this.close(event, wish, true);
  }

  /** Notes that a receiver of an event of one's own was told outside the exchange, which could not: how, and by whom. */
  handled(event: string, wish: HandledWish): Promise<HandledResult> {
    return this.close(event, wish, false);
  }

  private async close(event: string, wish: HandledWish, dryrun: boolean): Promise<HandledResult> {
    const path = `events/${encodeURIComponent(event)}/recipients/handled`;
    return objectOf(await this.transport.sendForJson(json('POST', path, { ...wish, dryrun })), 'what was closed');
  }

  /** What waits for a person, on one's own side. */
  async workItems(after?: string): Promise<WorkPage> {
    return this.read(`work-items${queryOf({ after })}`, 'work items');
  }

  private async read<T extends object>(path: string, what: string): Promise<T> {
    return objectOf<T>(await this.transport.sendForJson({ method: 'GET', path, idempotent: true }), what);
  }
}
