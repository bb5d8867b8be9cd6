import type { NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineUnavailable } from './errors.js';

/** The connection went and came back while an answer was awaited; whether the call was carried out is not known. */
export class LinkLost extends EngineUnavailable {}

/** What is told about the connection as it goes and comes back. */
export interface LinkLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The state of the connection: whether it stands now, and word of when it is back. */
export class Link {
  #up = true;
  readonly #listeners = new Set<() => void>();

  constructor(connection: NatsConnection, log: LinkLog) {
    void this.#follow(connection, log);
  }

  get up(): boolean {
    return this.#up;
  }

  /** Calls `listener` each time a lost connection is back, until the answered function is called. */
  onBack(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when the connection stands, or after `milliseconds` without it. */
  async standing(milliseconds: number): Promise<boolean> {
    if (this.#up) return true;
    const timeout = new AbortController();
    const back = Promise.withResolvers<void>();
    const forget = this.onBack(back.resolve);
    await Promise.race([
      back.promise,
      delay(milliseconds, undefined, { signal: timeout.signal }).catch(() => undefined),
    ]);
    forget();
    timeout.abort();
    return this.#up;
  }

  /**
   * One question to the engine, put when the connection stands.
   * @throws EngineUnavailable when it does not stand within `milliseconds`
   * @throws LinkLost when the connection was lost in between: an answer never comes on another one
   */
  async ask<T>(question: () => Promise<T>, milliseconds: number): Promise<T> {
    if (!(await this.standing(milliseconds))) throw new EngineUnavailable('There is no connection to the engine');
    const lost = Promise.withResolvers<never>();
    const forget = this.onBack(() => lost.reject(new LinkLost('The connection to the engine was lost')));
    const answer = question();
    try {
      return await Promise.race([answer, lost.promise]);
    } finally {
      answer.catch(() => undefined);
      forget();
    }
  }

  async #follow(connection: NatsConnection, log: LinkLog): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') {
        this.#up = false;
        log.warn({ server: status.server }, 'the connection to the engine was lost; trying again');
      } else if (status.type === 'reconnect') {
        this.#up = true;
        for (const listener of this.#listeners) listener();
        log.info({ server: status.server }, 'the connection to the engine is back');
      } else if (status.type === 'error') {
        log.error({ error: status.error.name }, 'the engine reported an error');
      }
    }
    this.#up = false;
  }
}
