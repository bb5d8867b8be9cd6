import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { JetStreamStatusError } from '@nats-io/jetstream/internal';
import { EngineUnavailable } from './errors.js';

const NO_MESSAGE = 10037;
const NOTHING_THERE = 404;

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

/** What is read at once: at most `batch` messages from the sequence `seq` on whose subject matches. */
export interface PageOptions {
  readonly seq: number;
  readonly batch: number;
  readonly next_by_subj: string;
}

/**
 * The next messages of a stream in order, none when nothing more lies there; without any state in the engine (direct get).
 * @throws EngineUnavailable
 */
export async function readPage(jsm: JetStreamManager, stream: string, options: PageOptions): Promise<StoredMsg[]> {
  const page: StoredMsg[] = [];
  const batch = await answered(() => jsm.direct.getBatch(stream, options));
  try {
    for await (const message of batch) page.push(message);
  } catch (error) {
    if (!(error instanceof JetStreamStatusError && error.code === NOTHING_THERE)) {
      throw new EngineUnavailable('The engine broke off a read', error);
    }
  }
  return page;
}
