import type { Recipients, Reconciliation, Statement, WorkPage } from '@signalbox/contracts';
import { json, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

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
