import type { StoredEvent } from '@signalbox/messaging';

import type { Marks } from '../channels/channel.js';
import type { Settlement } from './settlement.js';

/**
 * One event that is due for one subscription, wherever it comes from: the queue of a family, the waiting room, a replay.
 * Among equal keys the earlier `storedAt` goes first, then the lower sequence.
 */
export interface Arrival {
  readonly stream: string;
  readonly sequence: number;
  /** Milliseconds since 1970 at which the engine stored the event. */
  readonly storedAt: number;
  /** Ordering key. One of them is in flight at a time. */
  readonly key: string;
  /** Its key goes first when slots are scarce. */
  readonly urgent: boolean;
  readonly marks: Marks;
  /** Attempts made so far. */
  readonly attempts: number;
  readonly firstAttempt?: Date;
  /** The event; `undefined` when it is no longer kept. Called once for each attempt. @throws EngineUnavailable */
  load(): Promise<StoredEvent | undefined>;
  /**
   * Called once, after its records are on disk. `again` says that the waiting room has it now: the courier sees to the
   * rest, across crashes too, and the source need not offer it again. When it rejects, it is called again after a while.
   */
  over(settlement: Settlement): Promise<void>;
}

/** Something that offers arrivals to the courier of one subscription, beside its queues and its waiting room: a replay. */
export interface Source {
  /** Called when the courier has everything in hand that was under way before; offering may begin. */
  start(courier: Taking): void;
  /**
   * Offers nothing more; a pending `offer` resolves by itself. What was offered and is not over when this is called may
   * never be over: it is offered again by the next courier.
   */
  stop(): Promise<void>;
}

/** What a source sees of the courier. */
export interface Taking {
  /** Resolves when there is room for more. What is on its way already is told to be over at once. */
  offer(arrival: Arrival): Promise<void>;
  /**
   * Events that belong to no replay wait as long as `behind` says so of their key and time; it is asked anew whenever one
   * of the source's arrivals is offered or over. Answers the opening.
   */
  fence(behind: (key: string, storedAt: number) => boolean): () => void;
  /** No attempt begins now: the endpoint is down, the subscription is paused, or this relay may not drive it any more. */
  paused(): boolean;
}
