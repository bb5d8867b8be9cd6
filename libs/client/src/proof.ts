import { itemsOf, objectOf, queryOf } from './requests.js';
import type { Transport } from './transport.js';

/** Who received an event, for its publisher. */
export interface Recipients {
  readonly [told: string]: unknown;
}

/** The proof that every event ended in a named state for everyone. */
export interface Reconciliation {
  readonly [told: string]: unknown;
}

/** What an organisation sent and received on one day. */
export interface Statement {
  readonly [told: string]: unknown;
}

/** What waits for a person. */
export interface WorkItem {
  readonly [told: string]: unknown;
}

/** The calls that prove: what was sent, who received it, what is open. */
export class Proof {
  constructor(private readonly transport: Transport) {}

  /** For the publisher of the event and the operator. */
  async recipients(event: string, source?: string): Promise<Recipients> {
    return this.read(`events/${encodeURIComponent(event)}/recipients${queryOf({ source })}`, 'recipients');
  }

  /** For the operator. */
  async reconciliation(): Promise<Reconciliation> {
    return this.read('reconciliation', 'a reconciliation');
  }

  /** @param date `yyyy-mm-dd` */
  async statement(date: string): Promise<Statement> {
    return this.read(`statements/${encodeURIComponent(date)}`, 'a statement');
  }

  /** The same statement as CSV, byte for byte as the exchange wrote it. */
  async statementCsv(date: string): Promise<string> {
    const path = `statements/${encodeURIComponent(date)}`;
    const answer = await this.transport.send({ method: 'GET', path, accept: 'text/csv', idempotent: true });
    return new TextDecoder().decode(answer.body);
  }

  /** One's own side. */
  async workItems(): Promise<WorkItem[]> {
    return itemsOf(
      await this.transport.sendForJson({ method: 'GET', path: 'work-items', idempotent: true }),
    ) as WorkItem[];
  }

  private async read<T extends object>(path: string, what: string): Promise<T> {
    return objectOf<T>(await this.transport.sendForJson({ method: 'GET', path, idempotent: true }), what);
  }
}
