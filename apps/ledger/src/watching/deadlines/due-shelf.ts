import type { RedisLink } from '@signalbox/runtime';

const PREFIX = 'signalbox:deadlines:';
/** Members that are written together. */
const CHUNK = 1_000;

/** Something that is due at a moment. */
export interface DueMember {
  readonly member: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * The deadlines that are due next, in a sorted set of Redis with the deadline as score, so that nobody has to ask the
 * database again and again whether one has passed. It holds nothing of its own: it is filled from the ledger's tables at
 * start, from time to time, and when Redis answers again, since Redis may have lost it.
 */
export class DueShelf {
  readonly #key: string;

  /**
   * @param name of the ledger whose deadlines they are: two databases never share a set
   * @param onError told why Redis did not serve
   */
  constructor(
    private readonly link: Pick<RedisLink, 'use'>,
    name: string,
    private readonly onError: (error: unknown) => void = () => undefined,
  ) {
    this.#key = `${PREFIX}${name}`;
  }

  /** Puts these in the place of all that were there. @returns whether Redis took them all */
  async fill(members: readonly DueMember[], keptMs: number): Promise<boolean> {
    const filled = await this.#quietly((redis) => {
      const writing = redis.multi().del(this.#key);
      for (let from = 0; from < members.length; from += CHUNK) {
        const pairs = members.slice(from, from + CHUNK).flatMap(({ member, at }) => [at, member]);
        writing.zadd(this.#key, ...pairs);
      }
      // A ledger that is gone leaves nothing behind.
      return writing.pexpire(this.#key, keptMs).exec();
    });
    return filled?.every(([error]) => error === null) === true;
  }

  /** How many are due by then; `undefined` when Redis is away, and whoever asks has to look for himself. */
  dueBy(now: Date): Promise<number | undefined> {
    return this.#quietly((redis) => redis.zcount(this.#key, '-inf', now.getTime()));
  }

  /** Takes away what was due by then, after it was seen to. What stays is looked at once more than it has to be. */
  async drop(until: Date): Promise<void> {
    await this.#quietly((redis) => redis.zremrangebyscore(this.#key, '-inf', until.getTime()));
  }

  /**
   * A Redis that answers with an error (full, read-only, loading, another password) serves no better than one that is away:
   * whoever asks looks in the database, and no deadline is missed by it.
   */
  async #quietly<T>(work: Parameters<typeof this.link.use<T>>[0]): Promise<T | undefined> {
    try {
      return await this.link.use(work);
    } catch (error) {
      this.onError(error);
      return undefined;
    }
  }
}
