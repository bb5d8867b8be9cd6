import { isRecord, SignalboxError } from './problem.js';
import type { Request } from './transport.js';

/** The path of a subscription. */
export function pathOf(id: string): string {
  return `subscriptions/${encodeURIComponent(id)}`;
}

/** A request with a JSON body. */
export function json(
  method: Request['method'],
  path: string,
  body: unknown,
  o: { readonly idempotent: boolean } = { idempotent: true },
): Request {
  return {
    method,
    path,
    contentType: 'application/json',
    body: new TextEncoder().encode(JSON.stringify(body)),
    idempotent: o.idempotent,
  };
}

/** Those that are told, as a query string with its question mark; nothing where there are none. */
export function queryOf(members: Readonly<Record<string, string | number | readonly string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members)) {
    if (value !== undefined) query.set(name, typeof value === 'object' ? value.join(',') : String(value));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** The items of a list answer. @throws {@link SignalboxError} `not-understood` */
export function itemsOf(answer: unknown): unknown[] {
  const items = isRecord(answer) ? answer['items'] : undefined;
  if (Array.isArray(items)) return items;
  throw notUnderstood('a list');
}

/** An answer that is an object. @throws {@link SignalboxError} `not-understood` */
export function objectOf<T extends object>(answer: unknown, what: string): T {
  if (isRecord(answer)) return answer as unknown as T;
  throw notUnderstood(what);
}

/** The error for an answer of another shape than this client knows. */
export function notUnderstood(what: string): SignalboxError {
  return new SignalboxError({
    code: 'not-understood',
    title: 'The answer was not understood',
    detail: `The gateway answered something else than ${what}. Is the gateway address right?`,
    retryable: false,
  });
}
