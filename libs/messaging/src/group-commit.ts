import { headers as newHeaders, type MsgHdrs, type NatsConnection, nuid } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineFull, EngineUnavailable } from './errors.js';
import { type Link, LinkLost } from './link.js';

/** One message on its way into a stream. `id` becomes `Nats-Msg-Id`, the engine's own recognition of repeats. */
export interface Entry {
  readonly id: string;
  readonly subject: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** Where an entry lies. `duplicate`: the engine had it already, at this place. */
export interface Position {
  readonly stream: string;
  readonly sequence: number;
  readonly duplicate: boolean;
}

export interface GroupCommitOptions {
  /** Most messages in one atomic batch; the engine takes up to 1,000. */
  readonly maxBatch: number;
  /** Most bytes in one atomic batch. */
  readonly maxBatchBytes: number;
  /** Most bytes that may wait; beyond it callers are refused at once, so that memory stays bounded. */
  readonly maxWaitingBytes: number;
  /** Milliseconds until an unanswered commit counts as failed; a connection that is lost and found meanwhile is used again. */
  readonly commitTimeoutMs: number;
  /**
   * Milliseconds to let a batch grow while many come; 0 for whatever somebody waits for, more for records that nobody
   * waits for. Few at a time are committed at once: one that waits for the one before, as the events of one key do, would
   * wait for nothing.
   */
  readonly gatherMs: number;
  /** Told the size of each committed batch. */
  readonly onCommit?: (size: number, milliseconds: number) => void;
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

interface PublishAnswer {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly count?: number;
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description?: string };
}

/** Entries in one window of time from which on there are many: 200 a second. */
const MANY = 50;
const WINDOW_MS = 250;

/** Codes with which the engine says that there is no room: resources, maximum bytes, maximum messages. */
const NO_ROOM = new Set([10023, 10047, 10077, 10122]);

/**
 * Group commit into one stream, as databases do it: while one atomic batch is being fsynced the next one
 * fills, so the cost of an fsync is shared by all who wait, and nobody waits for a timer when it is idle.
 *
 * Two traps shape the code. The engine rejects a whole batch when one message in it repeats an id seen
 * before, so a rejected batch is published again one by one and each message gets its own answer. And the
 * client library's batch publisher ignores `msgID`, so the headers are written here.
 */
export class GroupCommit {
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #committing = false;
  #windowBegan = 0;
  #inWindow = 0;
  #inWindowBefore = 0;
  #settled = Promise.resolve();

  constructor(
    private readonly connection: NatsConnection,
    private readonly link: Link,
    private readonly options: GroupCommitOptions,
  ) {}

  /** Resolves when the engine has the entry on disk. Rejects with EngineUnavailable or EngineFull. */
  append(entry: Entry): Promise<Position> {
    if (this.#waitingBytes > this.options.maxWaitingBytes) {
      return Promise.reject(new EngineUnavailable('More events are waiting for the disk than may wait'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#count(performance.now());
      this.#waitingBytes += entry.body.length;
      if (!this.#committing) this.#settled = this.#commitAll();
    });
  }

  /** Resolves when nothing waits for the disk any more. */
  settled(): Promise<void> {
    return this.#settled;
  }

  async #commitAll(): Promise<void> {
    this.#committing = true;
    // One turn of the event loop: requests that were read in the same turn share the first commit.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      if (this.#gathers()) await delay(this.options.gatherMs);
      const batch = this.#take();
      const began = performance.now();
      try {
        await this.#commit(batch, began + this.options.commitTimeoutMs);
        this.options.onCommit?.(batch.length, performance.now() - began);
      } catch (error) {
        const failure = error instanceof Error ? error : new Error(String(error));
        for (const waiting of batch) waiting.reject(failure);
      }
    }
    this.#committing = false;
  }

  #count(now: number): void {
    const age = now - this.#windowBegan;
    if (age >= WINDOW_MS) {
      this.#inWindowBefore = age < 2 * WINDOW_MS ? this.#inWindow : 0;
      this.#inWindow = 0;
      this.#windowBegan = now;
    }
    this.#inWindow += 1;
  }

  #gathers(): boolean {
    const { gatherMs, maxBatch } = this.options;
    if (gatherMs === 0 || this.#waiting.length >= maxBatch) return false;
    return Math.max(this.#inWindow, this.#inWindowBefore) > MANY;
  }

  /**
   * One batch, again after each loss of the connection until the deadline. Repeating is safe: what the lost
   * connection still carried through is recognised by its id and answered as a duplicate with its place.
   */
  async #commit(batch: readonly Waiting[], deadline: number): Promise<void> {
    for (;;) {
      const standing = await this.link.standing(Math.max(0, deadline - performance.now()));
      if (!standing) throw new EngineUnavailable('There is no connection to the engine');
      try {
        if (batch.length === 1) await this.#single(batch[0]!);
        else await this.#atomic(batch);
        return;
      } catch (error) {
        if (!(error instanceof LinkLost) || performance.now() > deadline) throw error;
      }
    }
  }

  /** The next batch. An id stands in it once; its repeats wait for the next, where the engine recognises them. */
  #take(): Waiting[] {
    const batch: Waiting[] = [];
    const again: Waiting[] = [];
    const ids = new Set<string>();
    let bytes = 0;
    let taken = 0;
    for (const waiting of this.#waiting) {
      if (batch.length === this.options.maxBatch) break;
      if (batch.length > 0 && bytes + waiting.entry.body.length > this.options.maxBatchBytes) break;
      taken += 1;
      if (ids.has(waiting.entry.id)) {
        again.push(waiting);
        continue;
      }
      ids.add(waiting.entry.id);
      bytes += waiting.entry.body.length;
      batch.push(waiting);
    }
    this.#waiting.splice(0, taken, ...again);
    this.#waitingBytes -= bytes;
    return batch;
  }

  async #single(waiting: Waiting): Promise<void> {
    const { subject, body } = waiting.entry;
    const answer = await this.#request(subject, body, headersOf(waiting.entry));
    if (answer.error === undefined) {
      waiting.resolve({ stream: answer.stream!, sequence: answer.seq!, duplicate: answer.duplicate === true });
    } else {
      waiting.reject(refusalOfAnswer(answer.error));
    }
  }

  async #atomic(batch: readonly Waiting[]): Promise<void> {
    const id = nuid.next();
    const last = batch.length - 1;
    let answer: PublishAnswer = {};
    for (const [index, { entry }] of batch.entries()) {
      const headers = headersOf(entry);
      headers.set('Nats-Batch-Id', id);
      headers.set('Nats-Batch-Sequence', String(index + 1));
      if (index < last) {
        this.connection.publish(entry.subject, entry.body, { headers });
      } else {
        headers.set('Nats-Batch-Commit', '1');
        answer = await this.#request(entry.subject, entry.body, headers);
      }
    }
    if (answer.error === undefined && answer.count === batch.length) {
      const first = answer.seq! - last;
      for (const [index, waiting] of batch.entries()) {
        waiting.resolve({ stream: answer.stream!, sequence: first + index, duplicate: false });
      }
      return;
    }
    if (answer.error !== undefined && NO_ROOM.has(answer.error.err_code ?? 0)) throw refusalOfAnswer(answer.error);
    // Rejected whole: most likely one message repeats an id. Each gets its own answer.
    await Promise.all(batch.map((waiting) => this.#single(waiting)));
  }

  async #request(subject: string, body: Uint8Array, headers: MsgHdrs): Promise<PublishAnswer> {
    const { commitTimeoutMs: timeout } = this.options;
    try {
      const answer = await this.link.ask(() => this.connection.request(subject, body, { headers, timeout }), timeout);
      return answer.json<PublishAnswer>();
    } catch (error) {
      if (error instanceof EngineUnavailable) throw error;
      throw new EngineUnavailable('The engine did not confirm in time that the event is on disk', error);
    }
  }
}

function headersOf(entry: Entry): MsgHdrs {
  const headers = newHeaders();
  for (const [name, value] of entry.headers) headers.set(name, value);
  headers.set('Nats-Msg-Id', entry.id);
  return headers;
}

function refusalOfAnswer(error: NonNullable<PublishAnswer['error']>): Error {
  const described = `The engine answered ${error.err_code ?? error.code}: ${error.description ?? 'no description'}`;
  return NO_ROOM.has(error.err_code ?? 0) ? new EngineFull(described) : new EngineUnavailable(described);
}
