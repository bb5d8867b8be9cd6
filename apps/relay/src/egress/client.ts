import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

import { EgressFailure, failureOf } from './failure.js';
import { type Destination, type EgressPolicy, EgressRefused } from './policy.js';
import { type PoolOptions, type Way, Ways } from './ways.js';

/** Bounds of the one egress client; every one is a setting of the relay. */
export interface EgressOptions extends PoolOptions {
  readonly policy: EgressPolicy;
  /** The operator's list for the organisation whose subscription it is; without it none has any. */
  readonly allowed?: (subscription: string) => readonly string[];
  /** Milliseconds from the call to the answer's headers: name, connection, TLS, sending and waiting together. */
  readonly timeoutMs: number;
  /** Bytes of an answer's body that are read (and thrown away) so that the connection can serve again. */
  readonly answerBytes: number;
  /** Milliseconds that the body of an answer which is no success is waited for, after its headers. */
  readonly bodyMs: number;
  /** Names to addresses; the system's resolver unless a test says otherwise. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

export interface EgressRequest {
  /** Id of the subscription whose endpoint it is: what its organisation may be reached at counts. */
  readonly subscription: string;
  readonly method: 'POST' | 'OPTIONS';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Aborting rejects with the signal's reason: nothing is then known about what the other side did. */
  readonly signal: AbortSignal;
}

/** What is kept of an answer. */
export interface EgressAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Milliseconds from the call to the headers. */
  readonly latencyMs: number;
  /** First bytes of what was said with a status that is no success; the body of a success is never looked at. */
  readonly said?: Buffer;
}

/** Bytes that are kept of what was said: more than an excerpt of it needs. */
const SAID_BYTES = 2_048;

/**
 * The only way out of the exchange. Every address that a name resolves to is checked, and the connection goes to exactly
 * those addresses (with the name as Host and SNI), so that a name cannot change between check and use. Redirects are
 * answers like any other; they are never followed.
 */
export class EgressClient {
  readonly #ways: Ways;

  constructor(private readonly options: EgressOptions) {
    this.#ways = new Ways(options.policy, options);
  }

  /**
   * Sends one request and resolves with the answer's status and headers, and the beginning of what was said with an error.
   * @throws EgressRefused when the destination may not be sent to
   * @throws EgressFailure when no answer came
   * @throws the signal's reason when the caller aborted
   */
  async send(request: EgressRequest): Promise<EgressAnswer> {
    request.signal.throwIfAborted();
    const way = this.#ways.of(this.options.allowed?.(request.subscription) ?? []);
    const target = { way, destination: way.policy.check(request.url) };
    const started = performance.now();
    try {
      return await this.#attempt(target, request, started);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      // The other side closed an idle connection while we began to use it. Once more, and what comes then is its answer: an
      // endpoint that breaks off every connection that was used before is one that does not answer.
      return await this.#attempt(target, request, started, true);
    }
  }

  /** Closes idle connections; those in use end with their requests. */
  close(): void {
    this.#ways.close();
  }

  async #attempt(target: Target, request: EgressRequest, started: number, again = false): Promise<EgressAnswer> {
    return new Promise((resolve, reject) => {
      const call = this.#open(target, request);
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
        fail(!again && isStale(call, error) ? new StaleConnection() : failureOf(error, latency()));
      });
      call.on('response', (answer) => {
        const told = { status: answer.statusCode ?? 0, headers: answer.headers, latencyMs: latency() };
        finish(() => {
          if (request.method === 'OPTIONS' || isSuccess(told.status)) resolve(told);
          else void said(answer, this.options.bodyMs).then((body) => resolve({ ...told, said: body }));
        });
        this.#drain(call, answer);
      });
      call.end(request.body);
    });
  }

  #open({ way, destination }: Target, request: EgressRequest): ClientRequest {
    const options = {
      method: request.method,
      headers: { ...request.headers, 'content-length': String(request.body?.byteLength ?? 0) },
      lookup: this.#pinned(way.policy, destination),
    };
    return destination.plain
      ? httpRequest(destination.url, { ...options, agent: way.http })
      : httpsRequest(destination.url, { ...options, agent: way.https });
  }

  /** A resolver for one connection: what it answers has been checked, whole, and is what the socket connects to. */
  #pinned(policy: EgressPolicy, destination: Destination): LookupFunction {
    const resolve = this.options.resolve ?? resolveAll;
    return (host, options, callback) => {
      resolve(host)
        .then((found) => {
          policy.checkAddresses(
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

/** A destination, and the way that it was checked for. */
interface Target {
  readonly way: Way;
  readonly destination: Destination;
}

class StaleConnection extends Error {}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** The beginning of an answer's body, as far as it came in time. */
async function said(answer: IncomingMessage, withinMs: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const enough = (): void => {
      clearTimeout(timer);
      answer.off('data', take).off('close', enough);
      resolve(Buffer.concat(chunks).subarray(0, SAID_BYTES));
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes >= SAID_BYTES) enough();
    };
    const timer = setTimeout(enough, withinMs);
    answer.on('data', take).on('close', enough);
  });
}

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
