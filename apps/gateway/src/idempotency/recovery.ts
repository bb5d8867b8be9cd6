import type { DigestStore, KnownDigest } from './digest-store.js';
import type { RedisLink } from '@signalbox/runtime';

const CHECKPOINTS = 'signalbox:digest-checkpoints';
const STALE_MS = 5 * 60_000;
const PAGE = 200;
const DAY_MS = 86_400_000;

/** What the engine holds, as far as the digests need it. */
export interface RecordedEvents {
  readonly families: readonly string[];
  lastSequence(family: string): Promise<number>;
  /** The events after a sequence, in order, and the sequence up to which was read. */
  page(family: string, after: number, limit: number): Promise<{ digests: KnownDigest[]; upTo: number }>;
}

export interface RecoveryOptions {
  readonly link: RedisLink;
  readonly store: DigestStore;
  readonly recorded: RecordedEvents;
  /** Names this gateway among several; its checkpoint is its own. */
  readonly instance: string;
  readonly bucketCount: number;
  /** Milliseconds between checkpoints; longer than any append or Redis timeout. */
  readonly intervalMs: number;
  readonly retentionDays: number;
  readonly log: {
    info(fields: Record<string, unknown>, message: string): void;
    warn(fields: Record<string, unknown>, message: string): void;
  };
}

type Sequences = Record<string, number>;
interface Checkpoint {
  at: number;
  sequences: Sequences;
}

/**
 * Keeps the digests complete. A checkpoint in Redis says up to which sequence of each stream every digest is there.
 * Each time Redis answers again, the streams are read from the checkpoint on: from the start when Redis lost
 * everything, from a few seconds ago after a blink, from the age of the snapshot when Redis came back with an old one.
 *
 * The checkpoint moves to what the streams held one interval ago: by then each append of this gateway has either been
 * remembered or has called {@link DigestRecovery.doubt}.
 */
export class DigestRecovery {
  readonly #o: RecoveryOptions;
  #complete = false;
  #doubtful = true;
  /** How often Redis has come back, each time perhaps empty. */
  #returns = 0;
  #running: Promise<void> | undefined;
  #previous: Sequences | undefined;
  #checkpoint: Sequences | undefined;
  #lastSwept = 0;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;
  readonly #closing = new AbortController();

  constructor(options: RecoveryOptions) {
    this.#o = options;
  }

  start(): void {
    this.#o.link.onReady(() => {
      this.#complete = false;
      this.#checkpoint = undefined;
      this.doubt();
      this.#returns += 1;
      // A round that is under way began before, and may have written into what is lost.
      void Promise.resolve(this.#running).then(() => this.tick());
    });
    this.#timer = setInterval(() => void this.tick(), this.#o.intervalMs).unref();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#timer);
    await Promise.all([this.#running, this.#sweeping]);
  }

  /** Whether Redis knows the digest of every event the engine holds. */
  get complete(): boolean {
    return this.#complete && this.#o.link.up;
  }

  /** An append or a digest has an unknown outcome: read the streams again from the checkpoint on. */
  doubt(): void {
    this.#doubtful = true;
  }

  /** One round; a second call while one runs waits for that one. */
  tick(): Promise<void> {
    this.#running ??= this.#round()
      .catch((error: unknown) => {
        this.#doubtful = true;
        this.#o.log.warn({ error: (error as Error).name }, 'digests: not complete yet, will try again');
      })
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #round(): Promise<void> {
    if (!this.#o.link.up || this.#closing.signal.aborted) return;
    const held = await this.#lastSequences();
    if (this.#doubtful) {
      this.#doubtful = false;
      const returns = this.#returns;
      await this.#rebuild(this.#checkpoint ?? (await this.#lowestCheckpoint()), held);
      if (returns !== this.#returns) return;
      await this.#commit(held);
      this.#complete = true;
    } else if (this.#previous) {
      await this.#commit(this.#previous);
    }
    this.#previous = held;
    this.#sweepDaily();
  }

  async #lastSequences(): Promise<Sequences> {
    const pairs = this.#o.recorded.families.map(
      async (family) => [family, await this.#o.recorded.lastSequence(family)] as const,
    );
    return Object.fromEntries(await Promise.all(pairs));
  }

  async #rebuild(from: Sequences, to: Sequences): Promise<void> {
    let rebuilt = 0;
    for (const family of this.#o.recorded.families) {
      let after = from[family] ?? 0;
      while (after < (to[family] ?? 0) && !this.#closing.signal.aborted) {
        const page = await this.#o.recorded.page(family, after, PAGE);
        await Promise.all(page.digests.map((known) => this.#o.store.remember(known)));
        rebuilt += page.digests.length;
        if (page.upTo <= after) break;
        after = page.upTo;
      }
    }
    if (rebuilt > 0) this.#o.log.info({ count: rebuilt }, 'digests: read again from the streams');
  }

  async #commit(sequences: Sequences): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const checkpoint: Checkpoint = { at: Date.now(), sequences };
    await this.#o.link.use((redis) => redis.hset(this.#key(), this.#o.instance, JSON.stringify(checkpoint)));
    this.#checkpoint = sequences;
  }

  /** Own checkpoint and those of gateways that have gone: the lowest of each family. Removes the ones taken over. */
  async #lowestCheckpoint(): Promise<Sequences> {
    const all = await this.#o.link.use((redis) => redis.hgetall(this.#key()));
    const taken = Object.entries(all)
      .map(([instance, text]) => ({ instance, ...(JSON.parse(text) as Checkpoint) }))
      .filter(({ instance, at }) => instance === this.#o.instance || Date.now() - at > STALE_MS);
    const others = Object.keys(all).length - taken.length;
    if (taken.length === 0)
      return others > 0 ? lowest(Object.values(all).map((text) => JSON.parse(text) as Checkpoint)) : {};
    return lowest(taken);
  }

  /** Beside the rounds: what is past retention takes room, it does no harm. */
  #sweepDaily(): void {
    if (Date.now() - this.#lastSwept < DAY_MS) return;
    this.#lastSwept = Date.now();
    const before = new Date(Date.now() - this.#o.retentionDays * DAY_MS);
    this.#sweeping = this.#o.store.sweep(before, this.#closing.signal).then(
      (removed) => {
        if (removed > 0) this.#o.log.info({ count: removed }, 'digests: removed what is past retention');
      },
      () => {
        // Redis went away: once more in the next round.
        this.#lastSwept = 0;
      },
    );
  }

  #key(): string {
    return `${CHECKPOINTS}:${this.#o.bucketCount.toString(36)}`;
  }
}

function lowest(checkpoints: readonly Checkpoint[]): Sequences {
  const result: Sequences = {};
  for (const { sequences } of checkpoints) {
    for (const [family, sequence] of Object.entries(sequences)) {
      result[family] = Math.min(result[family] ?? sequence, sequence);
    }
  }
  return result;
}
