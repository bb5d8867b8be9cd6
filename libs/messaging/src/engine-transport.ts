import { headers as newHeaders, type Msg, type Subscription } from '@nats-io/transport-node';
import { BaseRpcContext, type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Engine } from './engine.js';
import { headerPairs } from './event-log.js';
import type { Journal, JournalBatch } from './journal.js';

/** What a `@MessagePattern` handler gets as its data: one request. */
export interface EngineRequest {
  readonly subject: string;
  readonly headers: readonly [string, string][];
  readonly body: Uint8Array;
}

/** What it answers. */
export interface EngineReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface EngineTransportOptions {
  /** Instances of one app share requests under this name, and journals keep their position under it. */
  readonly group: string;
  /** Milliseconds until a journal batch that failed is handed over again. */
  readonly journalRetryMs?: number;
  /** Milliseconds to let a journal batch grow; default 0. */
  readonly journalGatherMs?: number;
}

const JOURNAL = 'journal.';

/**
 * NATS as a transport of Nest microservices, with JetStream where Nest's own has none:
 *
 * - `@MessagePattern('publish.>')`: request and reply, shared between instances; data is an EngineRequest,
 *   the answer an EngineReply.
 * - `@EventPattern<string>('journal.STEPS')`: a stream read in order and in batches; data is a JournalBatch.
 *   The batch is acknowledged after the handler's Observable has completed, and handed over again when it
 *   failed: a handler of Nest that throws does not reject, it answers an Observable that errors.
 */
export class EngineTransport extends Server implements CustomTransportStrategy {
  readonly #subscriptions: Subscription[] = [];
  readonly #journals: Journal[] = [];
  readonly #reading: Promise<void>[] = [];
  readonly #stopping = new AbortController();

  constructor(
    private readonly engine: Engine,
    private readonly options: EngineTransportOptions,
  ) {
    super();
  }

  override on(): never {
    throw new Error('this transport has no events to listen to');
  }

  override unwrap<T>(): T {
    return this.engine as T;
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const pattern of this.messageHandlers.keys()) {
        if (pattern.startsWith(JOURNAL)) await this.#openJournal(pattern);
        else this.#subscribe(pattern);
      }
      callback();
    } catch (error) {
      callback(error);
    }
  }

  override async close(): Promise<void> {
    this.#stopping.abort();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    for (const journal of this.#journals) journal.stop();
    await Promise.all(this.#reading);
  }

  #subscribe(pattern: string): void {
    this.#subscriptions.push(
      this.engine.connection.subscribe(pattern, {
        queue: this.options.group,
        callback: (error, message) => {
          if (error === null) void this.#answer(pattern, message);
        },
      }),
    );
  }

  async #answer(pattern: string, message: Msg): Promise<void> {
    const request: EngineRequest = {
      subject: message.subject,
      headers: headerPairs(message.headers as Iterable<[string, string[]]> | undefined),
      body: message.data,
    };
    try {
      const reply = await this.#handle<EngineReply>(pattern, request);
      const headers = newHeaders();
      for (const [name, value] of Object.entries(reply.headers)) headers.set(name, value);
      message.respond(reply.body, { headers });
    } catch (error) {
      // The handler turns every refusal into a reply; what arrives here is a fault of ours. No answer lets the sender repeat.
      this.logger.error(`a request handler failed: ${error instanceof Error ? error.name : 'unknown error'}`);
    }
  }

  async #openJournal(pattern: string): Promise<void> {
    const journal = await this.engine.journal(pattern.slice(JOURNAL.length), {
      durable: this.options.group,
      gatherMs: this.options.journalGatherMs ?? 0,
    });
    this.#journals.push(journal);
    this.#reading.push(this.#read(pattern, journal));
  }

  async #read(pattern: string, journal: Journal): Promise<void> {
    for await (const batch of journal.batches()) {
      while (!this.#stopping.signal.aborted && !(await this.#recorded(pattern, batch))) {
        await new Promise((resolve) => setTimeout(resolve, this.options.journalRetryMs ?? 1_000));
      }
    }
  }

  async #recorded(pattern: string, batch: JournalBatch): Promise<boolean> {
    try {
      await this.#handle(pattern, batch);
    } catch (error) {
      this.logger.error(`${pattern} was not recorded and is tried again: ${(error as Error).message}`);
      return false;
    }
    // An acknowledgement that does not arrive only means that the batch is handed out again.
    await batch.ack().catch(() => undefined);
    return true;
  }

  async #handle<T>(pattern: string, data: unknown): Promise<T> {
    const handler = this.messageHandlers.get(pattern);
    if (handler === undefined) throw new Error(`nothing handles ${pattern}`);
    const result: unknown = await handler(data, new BaseRpcContext([pattern]));
    return lastValueFrom(this.transformToObservable(result as Promise<T>), { defaultValue: undefined as T });
  }
}
