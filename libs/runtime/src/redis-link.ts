import { Redis } from 'ioredis';

/** Redis did not answer in time or is not connected. What needs it goes on without, or answers 503: never waits. */
export class RedisAway extends Error {
  override readonly name = 'RedisAway';
}

export interface RedisLinkOptions {
  readonly url: string;
  /** Longest wait for one answer, in milliseconds, before Redis counts as away. */
  readonly timeoutMs: number;
  /** Milliseconds between probes of a Redis that stopped answering. */
  readonly probeMs: number;
  readonly onError?: (error: Error) => void;
}

/**
 * The one connection to Redis. A Redis that is down fails at once; one that hangs costs a single timeout, after
 * which every call fails at once until a probe is answered. So accepting events never waits for Redis.
 */
export class RedisLink {
  readonly #client: Redis;
  readonly #timeoutMs: number;
  readonly #probeMs: number;
  readonly #listeners: (() => void)[] = [];
  #hung = false;
  #probe: NodeJS.Timeout | undefined;

  constructor(options: RedisLinkOptions) {
    this.#timeoutMs = options.timeoutMs;
    this.#probeMs = options.probeMs;
    this.#client = new Redis(options.url, {
      lazyConnect: true,
      enableAutoPipelining: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: Math.max(1_000, options.timeoutMs),
      retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
    });
    this.#client.on('error', (error: Error) => options.onError?.(error));
    this.#client.on('ready', () => this.#becameReady());
  }

  /** Starts to connect; a Redis that is away now is tried again in the background. */
  async open(): Promise<void> {
    await bounded(
      this.#client.connect().catch(() => undefined),
      this.#timeoutMs * 4,
    ).catch(() => undefined);
  }

  get up(): boolean {
    return this.#client.status === 'ready' && !this.#hung;
  }

  /** Calls back each time Redis answers again, the first time too: it may have lost everything meanwhile. */
  onReady(listener: () => void): void {
    this.#listeners.push(listener);
    if (this.up) listener();
  }

  /** @throws {RedisAway} at once when Redis is known to be away, or after the timeout. */
  async use<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.up) throw new RedisAway('Redis is not connected');
    try {
      return await bounded(work(this.#client), this.#timeoutMs);
    } catch (error) {
      if (error instanceof RedisAway) this.#becameHung();
      else if (this.#client.status === 'ready') throw error;
      throw new RedisAway('Redis did not answer', { cause: error });
    }
  }

  close(): void {
    clearInterval(this.#probe);
    this.#listeners.length = 0;
    this.#client.disconnect();
  }

  #becameReady(): void {
    this.#hung = false;
    clearInterval(this.#probe);
    this.#probe = undefined;
    for (const listener of this.#listeners) listener();
  }

  #becameHung(): void {
    this.#hung = true;
    this.#probe ??= setInterval(() => {
      if (this.#client.status !== 'ready') return;
      bounded(this.#client.ping(), this.#timeoutMs).then(
        () => this.#hung && this.#becameReady(),
        () => undefined,
      );
    }, this.#probeMs).unref();
  }
}

function bounded<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new RedisAway('Redis did not answer in time')), milliseconds);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
