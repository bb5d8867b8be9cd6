import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

import type { EgressPolicy } from './policy.js';

/** How connections are kept for later requests. */
export interface PoolOptions {
  /** Idle connections kept for each origin. */
  readonly idleConnections: number;
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs: number;
}

/** Where one organisation may be sent to, and the connections that were opened under exactly that rule. */
export interface Way {
  readonly policy: EgressPolicy;
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

/** Lists in use at once; the least recently used one gives up its connections. */
const WAYS_MAX = 1_024;

/**
 * One way out for each list of places. Addresses are checked when a connection is opened, so a connection must never serve
 * a request under another list: what one organisation may reach would be open to all, and a list that was cut short would
 * go on as long as its connections live.
 */
export class Ways {
  readonly #ways = new Map<string, Way>();

  constructor(
    private readonly base: EgressPolicy,
    private readonly pool: PoolOptions,
  ) {}

  /** @param allow - the organisation's own list; empty for what anyone may reach */
  of(allow: readonly string[]): Way {
    const name = JSON.stringify(allow);
    const known = this.#ways.get(name);
    const way = known ?? this.#open(allow);
    if (known !== undefined) this.#ways.delete(name);
    this.#ways.set(name, way);
    if (this.#ways.size > WAYS_MAX) this.#forgetOldest();
    return way;
  }

  /** Closes idle connections; those in use end with their requests. */
  close(): void {
    for (const way of this.#ways.values()) end(way);
    this.#ways.clear();
  }

  #open(allow: readonly string[]): Way {
    const pool = {
      keepAlive: true,
      scheduling: 'lifo' as const,
      maxFreeSockets: this.pool.idleConnections,
      timeout: this.pool.idleMs,
    };
    return {
      policy: allow.length === 0 ? this.base : this.base.opening(allow),
      http: new HttpAgent(pool),
      https: new HttpsAgent({ ...pool, minVersion: 'TLSv1.2' }),
    };
  }

  #forgetOldest(): void {
    for (const [name, way] of this.#ways) {
      end(way);
      this.#ways.delete(name);
      return;
    }
  }
}

function end({ http, https }: Way): void {
  http.destroy();
  https.destroy();
}
