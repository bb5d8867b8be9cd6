import type { RedisLink } from '@signalbox/runtime';

const PREFIX = 'signalbox:rate:';

export interface RateLimitOptions {
  /** Events that one organisation may offer in a second, averaged over a window; 0 switches the limit off. */
  readonly perSecond: number;
  readonly windowSeconds: number;
}

/**
 * Counts what each organisation offers, in Redis, for all gateways together. The count is asked for beside the
 * other work, so an organisation may pass its limit by what is under way at that moment; a Redis that is away
 * switches the limit off rather than the exchange.
 */
export class RateLimit {
  readonly #counts = new Map<string, { window: number; total: number; unsent: number; sending: boolean }>();

  constructor(
    private readonly link: RedisLink,
    private readonly o: RateLimitOptions,
  ) {}

  /** @returns undefined when there is room, else the seconds to wait. Never waits itself. */
  take(ods: string, events: number, now = Date.now()): number | undefined {
    if (this.o.perSecond === 0) return undefined;
    const window = Math.floor(now / 1000 / this.o.windowSeconds);
    let count = this.#counts.get(ods);
    if (!count || count.window !== window) {
      count = { window, total: 0, unsent: 0, sending: false };
      this.#counts.set(ods, count);
    }
    if (count.total + count.unsent >= this.o.perSecond * this.o.windowSeconds && this.link.up) {
      return Math.max(1, Math.ceil((window + 1) * this.o.windowSeconds - now / 1000));
    }
    count.unsent += events;
    if (!count.sending) void this.#send(ods, count);
    return undefined;
  }

  async #send(ods: string, count: { window: number; total: number; unsent: number; sending: boolean }): Promise<void> {
    count.sending = true;
    try {
      while (count.unsent > 0) {
        const events = count.unsent;
        const key = `${PREFIX}${ods}:${count.window}`;
        const total = await this.link.use(async (redis) => {
          const [sum] = await Promise.all([redis.incrby(key, events), redis.expire(key, this.o.windowSeconds * 2)]);
          return sum;
        });
        count.total = total;
        count.unsent -= events;
      }
    } catch {
      count.total += count.unsent; // this gateway's own share still counts when Redis comes back within the window
      count.unsent = 0;
    } finally {
      count.sending = false;
    }
  }
}
