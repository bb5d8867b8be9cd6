import { Refusal } from '@signalbox/contracts';

/** Where the ledger is and how long it may take. */
export interface LedgerAddress {
  readonly url: string;
  readonly timeoutMs: number;
  /** For an act on many, which comes back to the gateway before it is answered. */
  readonly actTimeoutMs: number;
}

/** What the ledger answered. */
export interface LedgerAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Asks the ledger with the caller's own token, so that the ledger alone decides what is theirs to see. */
export class LedgerClient {
  readonly #base: string;

  constructor(private readonly address: LedgerAddress) {
    this.#base = address.url.replace(/\/+$/, '');
  }

  /**
   * @param path path and query, escaped.
   * @throws {Refusal} SB-5032 when it does not answer, or not in time.
   */
  get(path: string, authorization: string, accept = 'application/json'): Promise<LedgerAnswer> {
    return this.#ask(path, { headers: { accept, authorization } }, this.address.timeoutMs);
  }

  /** A question that is too long for a URL, or must not stand in one. @throws as {@link get} */
  post(path: string, authorization: string, body: Uint8Array): Promise<LedgerAnswer> {
    return this.#post(path, authorization, body, this.address.timeoutMs);
  }

  /** Something that it carries out. @throws as {@link get} */
  act(path: string, authorization: string, body: Uint8Array): Promise<LedgerAnswer> {
    return this.#post(path, authorization, body, this.address.actTimeoutMs);
  }

  #post(path: string, authorization: string, body: Uint8Array, timeoutMs: number): Promise<LedgerAnswer> {
    const headers = { accept: 'application/json', 'content-type': 'application/json', authorization };
    return this.#ask(path, { method: 'POST', headers, body: Buffer.from(body) }, timeoutMs);
  }

  async #ask(path: string, init: RequestInit, timeoutMs: number): Promise<LedgerAnswer> {
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const answer = await fetch(this.#base + path, { ...init, redirect: 'manual', signal });
      const body = Buffer.from(await answer.arrayBuffer());
      if (answer.status < 200 || answer.status >= 500) throw new Error(`the ledger answered ${String(answer.status)}`);
      return { status: answer.status, headers: answer.headers, body };
    } catch (error) {
      throw new Refusal('SB-5032', undefined, { retryAfter: 2, cause: error });
    }
  }

  /** What the caller may know of one event; undefined when that is nothing. @throws {Refusal} SB-5032 */
  async event(
    source: string,
    id: string,
    authorization: string,
  ): Promise<{ type: string; journey: string; sourceorg: string } | undefined> {
    const path = `/events/${encodeURIComponent(id)}?source=${encodeURIComponent(source)}`;
    const { status, body } = await this.get(path, authorization);
    if (status !== 200) return undefined;
    const event = JSON.parse(body.toString('utf8')) as Record<string, unknown>;
    const { type, journey, sourceorg } = event;
    if (typeof type !== 'string' || typeof journey !== 'string' || typeof sourceorg !== 'string') return undefined;
    return { type, journey, sourceorg };
  }
}
