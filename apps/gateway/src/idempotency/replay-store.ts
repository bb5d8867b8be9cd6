import type { JtiStore } from '@signalbox/registry';
import type { RedisLink } from '@signalbox/runtime';

const PREFIX = 'signalbox:jti:';

/** Remembers each client assertion until it has expired, so that none is taken twice (RFC 7523, section 3). */
export class ReplayStore implements JtiStore {
  constructor(private readonly link: RedisLink) {}

  /** @returns false when it was claimed before. @throws {RedisAway} */
  async claim(jti: string, ttlSeconds: number): Promise<boolean> {
    const key = PREFIX + jti;
    return (
      (await this.link.use((redis) => redis.set(key, '1', 'EX', Math.max(1, Math.ceil(ttlSeconds)), 'NX'))) === 'OK'
    );
  }
}
