import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

import { EgressFailure, failureOf } from './failure.js';
import { type Destination, type EgressPolicy, EgressRefused } from './policy.js';

/** Bounds of the one egress client; every one is a setting of the relay. */
export interface EgressOptions {
  readonly policy: EgressPolicy;
  /** Milliseconds from the call to the answer's headers: name, connection, TLS, sending and waiting together. */
  readonly timeoutMs: number;
  /** Idle connections kept for each origin. */
  readonly idleConnections: number;
  /** Milliseconds after which an idle connection is closed. */
  readonly idleMs: number;
  /** Bytes of an answer's body that are read (and thrown away) so that the connection can serve again. */
  readonly answerBytes: number;
  /** Names to addresses; the system's resolver unless a test says otherwise. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

export interface EgressRequest {
  readonly method: 'POST' | 'OPTIONS';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Aborting rejects with the signal's reason: nothing is then known about what the other side did. */
  readonly signal: AbortSignal;
}

/** All that is kept of an answer: its body is never looked at. */
export interface EgressAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly latencyMs: number;
}

/**
 * The only way out of the exchange. Every address that a name resolves to is checked, and the connection goes to exactly
 * those addresses (with the name as Host and SNI), so that a name cannot change between check and use. Redirects are
 * answers like any other; they are never followed.
 */
export class EgressClient {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(private readonly options: EgressOptions) {
    const pool = {
      keepAlive: true,
      scheduling: 'lifo' as const,
      maxFreeSockets: options.idleConnections,
      timeout: options.idleMs,
    };
    this.#http = new HttpAgent(pool);
    this.#https = new HttpsAgent({ ...pool, minVersion: 'TLSv1.2' });
  }

  /**
   * Sends one request and resolves with the answer's status and headers.
   * @throws EgressRefused when the destination may not be sent to
   * @throws EgressFailure when no answer came
   * @throws the signal's reason when the caller aborted
   */
  async send(request: EgressRequest): Promise<EgressAnswer> {
    request.signal.throwIfAborted();
    const destination = this.options.policy.check(request.url);
    const started = performance.now();
    try {
      return await this.#attempt(destination, request, started);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      // The other side closed an idle connection while we began to use it: a new one tells the truth.
      return await this.#attempt(destination, request, started);
    }
  }

  /** Closes idle connections; those in use end with their requests. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #attempt(destination: Destination, request: EgressRequest, started: number): Promise<EgressAnswer> {
    return new Promise((resolve, reject) => {
      const call = this.#open(destination, request);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        request.signal.removeEventListener('abort', aborted);
        settle();
      };
      const fail = (error: unknown): void => {
        finish(() => {
          reject(error instanceof Error ? error : new Error(String(error)));
        });
        call.destroy();
      };
      const aborted = (): void => {
        fail(request.signal.reason);
      };
      const latency = (): number => Math.round(performance.now() - started);
      const timer = setTimeout(
        () => {
          fail(new EgressFailure('timeout', latency()));
        },
        Math.max(0, this.options.timeoutMs - latency()),
      );
      request.signal.addEventListener('abort', aborted, { once: true });
      call.on('error', (error) => {
        fail(isStale(call, error) ? new StaleConnection() : failureOf(error, latency()));
      });
      call.on('response', (answer) => {
        finish(() => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, latencyMs: latency() });
        });
        this.#drain(call, answer);
      });
      call.end(request.body);
    });
  }

  #open(destination: Destination, request: EgressRequest): ClientRequest {
    const options = {
      method: request.method,
      headers: { ...request.headers, 'content-length': String(request.body?.byteLength ?? 0) },
      lookup: this.#pinned(destination),
    };
    return destination.plain
      ? httpRequest(destination.url, { ...options, agent: this.#http })
      : httpsRequest(destination.url, { ...options, agent: this.#https });
  }

  /** A resolver for one connection: what it answers has been checked, whole, and is what the socket connects to. */
  #pinned(destination: Destination): LookupFunction {
    const resolve = this.options.resolve ?? resolveAll;
    return (host, options, callback) => {
      resolve(host)
        .then((found) => {
          this.options.policy.checkAddresses(
            destination,
            found.map(({ address }) => address),
          );
          const [first] = found;
          if (options.all === true) callback(null, [...found]);
          else callback(null, first?.address ?? '', first?.family);
        })
        .catch((error: unknown) => {
          callback(error instanceof Error ? error : new Error(String(error)), '', 0);
        });
    };
  }

  /** Reads a small answer to its end so that the connection is free again; a large or slow one costs its connection. */
  #drain(call: ClientRequest, answer: IncomingMessage): void {
    let bytes = 0;
    const timer = setTimeout(() => answer.destroy(), this.options.idleMs);
    timer.unref();
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes > this.options.answerBytes) answer.destroy();
    });
    answer.on('error', () => undefined);
    answer.on('close', () => {
      clearTimeout(timer);
      if (!answer.complete) call.destroy();
    });
  }
}

class StaleConnection extends Error {}

const isStale = (call: ClientRequest, error: Error): boolean =>
  call.reusedSocket && ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');

async function resolveAll(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error) reject(error);
      else resolve(addresses);
    });
  });
}

export { EgressFailure, EgressRefused };
