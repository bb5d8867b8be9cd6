import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds until it gives up; 30,000 if not told: what is waited for comes in a fraction of that, but not on every machine. */
  within?: number;
  /** Milliseconds between two looks; 20 if not told. */
  every?: number;
}

/**
 * Looks until `look` answers something other than undefined, null or false, and returns that answer.
 * An error thrown by the last look is the cause of the failure, so a test says what it was waiting for and why not.
 *
 * @param what the condition in words, for the failure message
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | null | false> | T | undefined | null | false,
  options: WaitOptions = {},
): Promise<T> {
  const { within = 30_000, every = 20 } = options;
  const deadline = Date.now() + within;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await look();
      if (answer !== undefined && answer !== null && answer !== false) return answer;
    } catch (error) {
      cause = error;
    }
    if (Date.now() >= deadline) throw new Error(`Waited ${within} ms in vain for: ${what}`, { cause });
    await pause(every);
  }
}

/**
 * The value that `look` gives when it has given the same one for `looks` times in a row.
 *
 * @param what the condition in words, for the failure message
 */
export async function standsStill(
  what: string,
  look: () => Promise<number> | number,
  { looks = 15, ...options }: WaitOptions & { looks?: number } = {},
): Promise<number> {
  const seen: number[] = [];
  const { value } = await waitFor(
    what,
    async () => {
      seen.push(await look());
      const last = seen.slice(-looks);
      return last.length === looks && last.every((one) => one === last[0]) && { value: last[0]! };
    },
    options,
  );
  return value;
}
