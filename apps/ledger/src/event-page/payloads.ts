import { eventIdentity } from '@signalbox/contracts';
import type { EventLog, StoredEvent } from '@signalbox/messaging';
import { eventsById } from '../journeys/queries.js';
import type { Database } from '../store/database.js';
import type { KnownNames } from './known-names.js';
import { openTree, type Payload, redactedTree, type TreeLimits } from './payload-tree.js';

/** The content of an event, or why there is none to show. */
export type PayloadAnswer =
  | Payload
  /** Its stream keeps it no longer, and the ledger never did. */
  | { readonly kind: 'gone' };

/** What names an event. */
export interface Named {
  readonly source: string;
  readonly id: string;
  readonly type: string;
}

/** What {@link Payloads} is made of. */
export interface PayloadsParts {
  readonly database: Database;
  readonly events: Pick<EventLog, 'get'>;
  readonly names: KnownNames;
  readonly limits: TreeLimits;
}

/** Redacted trees that are remembered, so that an open page which asks again costs no reading. They hold no content. */
const REMEMBERED = 16;

/**
 * Reads the content of events from their streams in the moment in which it is shown; the ledger keeps none. Who may see it
 * is decided before anything is asked here.
 */
export class Payloads {
  readonly #redacted = new Map<string, Payload>();

  constructor(private readonly parts: PayloadsParts) {}

  /** Without any value. @throws EngineUnavailable */
  async redacted(event: Named): Promise<PayloadAnswer> {
    const known = this.#redacted.get(keyOf(event));
    if (known !== undefined) return known;
    const stored = await this.#stored(event);
    if (stored === undefined) return { kind: 'gone' };
    const payload = redactedTree(stored.event.data, this.parts.names.of(event.type), this.parts.limits);
    this.#remember(keyOf(event), payload);
    return payload;
  }

  /** With every value: for who broke the glass, and nobody else. Never remembered. @throws EngineUnavailable */
  async open(event: Named): Promise<PayloadAnswer> {
    const stored = await this.#stored(event);
    return stored === undefined ? { kind: 'gone' } : openTree(stored.event.data, this.parts.limits);
  }

  async #stored({ source, id }: Named): Promise<StoredEvent | undefined> {
    const [fact] = await eventsById(this.parts.database, id, source);
    const stored = fact === undefined ? undefined : await this.parts.events.get(fact.stream, fact.sequence);
    // A stream that was made anew counts from 1 again: another event may lie there.
    return stored !== undefined && eventIdentity(stored.event) === fact?.identity ? stored : undefined;
  }

  #remember(key: string, payload: Payload): void {
    const oldest = this.#redacted.keys().next();
    if (this.#redacted.size >= REMEMBERED && oldest.done !== true) this.#redacted.delete(oldest.value);
    this.#redacted.set(key, payload);
  }
}

function keyOf({ source, id }: Named): string {
  return JSON.stringify([source, id]);
}
