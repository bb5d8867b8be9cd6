import type { Subscription } from './model.js';

/**
 * The secrets that sign now, the newest first: all of them while a rotation goes on, then only the newest.
 * @param now - milliseconds since the epoch
 */
export function activeSecrets(
  { sinksecrets, oldsecretsuntil }: Pick<Subscription, 'sinksecrets' | 'oldsecretsuntil'>,
  now: number,
): readonly string[] {
  const over = oldsecretsuntil !== undefined && Date.parse(oldsecretsuntil) <= now;
  return over ? sinksecrets.slice(0, 1) : sinksecrets;
}
