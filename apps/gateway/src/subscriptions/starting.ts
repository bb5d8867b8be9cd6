import { typeMatches } from '@signalbox/contracts';
import type { EventLog } from '@signalbox/messaging';

/** Whether a subscription to these patterns can concern events of the family. */
export function coversFamily(patterns: readonly string[], family: string): boolean {
  const probe = `org.signalbox.${family}.`;
  return patterns.some((pattern) => pattern.startsWith(probe) || typeMatches(pattern, `${probe}any.v1`));
}

/**
 * By family, the first sequence that a subscription is to be given: what comes from now on, or everything that was
 * recorded at or after a time and is still kept. Fixed when it is made, so that nothing falls between.
 */
export async function startingAt(
  events: EventLog,
  families: readonly string[],
  start: 'now' | Date,
): Promise<Record<string, number>> {
  const firsts = families.map(async (family) => {
    const before = start === 'now' ? await events.lastSequence(family) : await events.sequenceBefore(family, start);
    return [family, before + 1] as const;
  });
  return Object.fromEntries(await Promise.all(firsts));
}
