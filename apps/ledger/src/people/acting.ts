import { type Finding, PROBLEMS, type ProblemCode, Refusal } from '@signalbox/contracts';
import type { Actor, ConsoleTokens } from '@signalbox/registry';

/** Who acts, as {@link Known} tells it. */
type Actors = Pick<Actor, 'ods' | 'application'>;

/** What {@link Acting} is made of. */
export interface ActingParts {
  /** Address of the gateway. */
  readonly gateway: URL;
  readonly timeoutMs: number;
  /** Absent where the console was given no key: then nobody can act. */
  readonly tokens: Pick<ConsoleTokens, 'of'> | undefined;
}

/**
 * Carries out what people do on pages by the gateway's own calls, in their own name: what an application of their
 * organisation could not do, nobody can do on a page. Every call has a token of its own, valid for a minute, which never
 * leaves the house.
 */
export class Acting {
  constructor(private readonly parts: ActingParts) {}

  /**
   * @param path of the gateway's call with its query, escaped
   * @returns its answer; `undefined` where it has none
   * @throws Refusal as the gateway answered it; SB-4040 for an id that no call can name; SB-5035 when it did not answer
   */
  async call<T>(
    known: Actors,
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<T> {
    const token = await this.parts.tokens?.of(known);
    if (token === undefined) throw new Refusal('SB-5035', 'The gateway does not know the key of this console');
    const answer = await this.#ask(path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (answer.status >= 200 && answer.status < 300) return answer.json as T;
    throw refusalFrom(answer);
  }

  async #ask(path: string, init: RequestInit): Promise<GatewayAnswer> {
    const url = addressOf(this.parts.gateway, path);
    try {
      const answer = await fetch(url, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(this.parts.timeoutMs),
      });
      const text = await answer.text();
      const wait = Number(answer.headers.get('retry-after') ?? Number.NaN);
      return {
        status: answer.status,
        json: text === '' ? undefined : (JSON.parse(text) as unknown),
        ...(Number.isFinite(wait) && { retryAfter: wait }),
      };
    } catch (error) {
      throw new Refusal('SB-5035', undefined, { retryAfter: 2, cause: error });
    }
  }
}

interface GatewayAnswer {
  readonly status: number;
  readonly json: unknown;
  readonly retryAfter?: number;
}

/** A path leads to the gateway, whatever stands in it. */
function addressOf(gateway: URL, path: string): URL {
  const base = gateway.href.replace(/\/+$/, '');
  const url = new URL(`${base}${path}`);
  // A URL takes these for steps through folders, escaped or not: an id of this form must not lead to another call.
  if (/\/(?:\.|%2e){1,2}(?:[/?]|$)/i.test(path)) throw new Refusal('SB-4040');
  if (!path.startsWith('/') || !`${url.origin}${url.pathname}`.startsWith(`${base}/`)) {
    throw new TypeError('a call of the gateway is a path below its address');
  }
  return url;
}

/** The gateway's refusal as if it were made here: same code, detail and findings. */
export function refusalFrom({ status, json, retryAfter }: GatewayAnswer): Refusal {
  const problem = (typeof json === 'object' && json !== null ? json : {}) as {
    readonly code?: unknown;
    readonly detail?: unknown;
    readonly findings?: readonly Finding[];
  };
  const { code, detail, findings } = problem;
  if (typeof code !== 'string' || !(code in PROBLEMS)) {
    return new Refusal('SB-5035', `The gateway answered ${String(status)}`);
  }
  const known = code as ProblemCode;
  // The code's advice is added again when this refusal is told.
  const said = typeof detail === 'string' ? detail.replace(PROBLEMS[known].advice, '').trim() : undefined;
  return new Refusal(known, said, {
    ...(Array.isArray(findings) && { findings }),
    ...(retryAfter !== undefined && { retryAfter }),
  });
}
