import { RedisAway, type RedisLink } from '@signalbox/runtime';

const KEY = 'signalbox:sessions:ended';
/** No session is longer. */
const LONGEST_MS = 86_400_000;

/**
 * Sessions that somebody has ended: their cookies, wherever a copy of them is, count no longer. They are held in memory, and
 * in Redis as long as their cookies could be used, so that a restart lets none of them live again.
 */
export class EndedSessions {
  /** Id of a session, and when it would have ended by itself, in milliseconds since 1970. */
  readonly #ends = new Map<string, number>();

  /** @param link absent where nothing has to outlive the process */
  constructor(private readonly link?: Pick<RedisLink, 'onReady' | 'use'>) {
    link?.onReady(() => void this.#meet());
  }

  has(id: string): boolean {
    return this.#ends.has(id);
  }

  /** It counts at once; resolves when Redis knows it too, or is away. */
  async add({ id, expires }: { readonly id: string; readonly expires: number }, now = Date.now()): Promise<void> {
    for (const [other, end] of this.#ends) if (end <= now) this.#ends.delete(other);
    this.#ends.set(id, expires);
    await this.#write([[id, expires]]);
  }

  /** Redis answers (again): it may know of some from before a restart, and may have lost others. */
  async #meet(now = Date.now()): Promise<void> {
    const known = await this.#quietly((link) =>
      link.use((redis) => redis.zrangebyscore(KEY, now, '+inf', 'WITHSCORES')),
    );
    for (let at = 0; at < (known?.length ?? 0); at += 2) this.#ends.set(known![at]!, Number(known![at + 1]));
    await this.#write([...this.#ends]);
  }

  async #write(ended: readonly (readonly [string, number])[], now = Date.now()): Promise<void> {
    if (ended.length === 0) return;
    const pairs = ended.flatMap(([id, end]) => [end, id]);
    await this.#quietly((link) =>
      link.use((redis) =>
        redis
          .multi()
          .zadd(KEY, ...pairs)
          .zremrangebyscore(KEY, '-inf', now)
          .pexpire(KEY, LONGEST_MS)
          .exec(),
      ),
    );
  }

  async #quietly<T>(work: (link: Pick<RedisLink, 'use'>) => Promise<T>): Promise<T | undefined> {
    if (this.link === undefined) return undefined;
    try {
      return await work(this.link);
    } catch (error) {
      // Memory knows it; Redis is told when it answers again.
      if (error instanceof RedisAway) return undefined;
      throw error;
    }
  }
}
