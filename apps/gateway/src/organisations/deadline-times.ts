import { type ByUrgency, durationMs, type Finding, isDuration, pointer, URGENCIES } from '@signalbox/contracts';

/** What an organisation may set instead of the times of a type, or what is wrong with what it asks for. */
export type Asked = { readonly times: Partial<ByUrgency> } | { readonly findings: readonly Finding[] };

/**
 * Looks at the times that somebody asks for: shorter than the type's is always possible, longer only for the operator, so
 * that nobody can let what waits for him wait for ever.
 */
export function askedTimes(asked: Readonly<Record<string, unknown>>, times: ByUrgency, mayLengthen: boolean): Asked {
  const given = Object.entries(asked);
  if (given.length === 0) return { findings: [findingAt('/times', 'required', 'a duration for one urgency at least')] };
  const findings = given.flatMap(([urgency, value]) => findingsOf(urgency, value, times, mayLengthen));
  return findings.length > 0 ? { findings } : { times: Object.fromEntries(given) };
}

function findingsOf(urgency: string, value: unknown, times: ByUrgency, mayLengthen: boolean): Finding[] {
  const known = URGENCIES.find((one) => one === urgency);
  // A name that nobody knows may be anything and is not told.
  if (known === undefined) return [findingAt('/times', 'known-urgency', `only ${URGENCIES.join(', ')}`)];
  const path = pointer('/times', known);
  if (!isDuration(value)) return [findingAt(path, 'duration', 'an ISO 8601 duration such as PT4H or P2D')];
  const longest = times[known];
  if (mayLengthen || durationMs(value)! <= durationMs(longest)!) return [];
  const fix = 'Ask for a shorter time, or ask the operator of the exchange for a longer one.';
  return [{ ...findingAt(path, 'deadline-bound', `at most ${longest}, as the type says`), fix }];
}

function findingAt(path: string, rule: string, expected: string): Finding {
  return { path, rule, expected, fix: 'Correct this member, then send the request again.', doc: '/openapi.json' };
}
