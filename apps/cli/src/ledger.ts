import type { Context, Identity } from './context.js';
import { CommandFailure, EXIT_CODES, messageOf } from './exit-codes.js';

/**
 * Asks the ledger itself, for what the gateway has no call.
 *
 * @param path without a slash before it
 * @param what completes “The ledger does not tell …”
 * @throws CommandFailure where it does not answer as it should
 */
export async function askLedger<T>(context: Context, identity: Identity, path: string, what: string): Promise<T> {
  const client = await context.client(identity);
  const url = new URL(path, `${context.settings.ledger.replace(/\/$/, '')}/`);
  const answer = await fetch(url, {
    headers: { accept: 'application/json', authorization: `Bearer ${await client.token()}` },
    signal: context.signal,
  }).catch((error: unknown) => {
    throw new CommandFailure(
      EXIT_CODES.unavailable,
      `The ledger cannot be reached: ${messageOf(error)}`,
      'signalbox doctor',
    );
  });
  if (answer.ok) return (await answer.json()) as T;
  const code = answer.status === 401 || answer.status === 403 ? EXIT_CODES.notSignedIn : EXIT_CODES.failed;
  throw new CommandFailure(
    code,
    `The ledger does not tell ${what} (status ${String(answer.status)}).`,
    'signalbox doctor',
  );
}
