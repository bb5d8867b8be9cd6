import { EngineUnavailable } from './errors.js';

const NO_MESSAGE = 10037;

/** Header pairs of a message, in a form that no other room needs NATS for. */
export function headerPairs(headers: Iterable<[string, string[]]> | undefined): [string, string][] {
  if (headers === undefined) return [];
  return [...headers].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
}

/**
 * What the engine answers; `null` for a message that is not there. A call of the client may throw at once (a connection
 * that drains) or later: either way the engine is unavailable.
 * @throws EngineUnavailable
 */
export async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === NO_MESSAGE) return null as T;
    throw new EngineUnavailable('The engine did not answer a read', error);
  }
}
