import { setTimeout as delay } from 'node:timers/promises';

/** Waits so many milliseconds; false as soon as the signal cuts it short, or has done so already. */
export async function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
