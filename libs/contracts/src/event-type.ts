const TYPE = /^org\.signalbox\.([a-z]+)\.[a-z][a-z-]*\.v[1-9]\d*$/;

/** The family of a type, `org.signalbox.<family>.<event>.v<major>`; nothing for a type of another shape. */
export function familyOf(type: string): string | undefined {
  return TYPE.exec(type)?.[1];
}

/** What every type begins with by which the exchange tells an organisation about its own side: alerts, outages, changes of stage. */
const OPERATIONS = 'org.signalbox.operations.';

/**
 * Whether a type (or a pattern of types) is of the family `operations`: published by the exchange itself and by nobody
 * else, for the one organisation that `targetorg` names. No clinical flow: boards and scorecards of those leave it out.
 */
export function isOperations(type: string): boolean {
  return type.startsWith(OPERATIONS);
}

/**
 * Whether a pattern of a grant or subscription covers a type. A pattern is a whole type, a beginning followed by `.*` (which
 * stands for one or more further parts), or `*` for every type. What the exchange tells about itself is asked for by name:
 * no pattern wider than `org.signalbox.operations.*` covers it.
 */
export function typeMatches(pattern: string, type: string): boolean {
  if (pattern === type) return true;
  if (isOperations(type) && !isOperations(pattern)) return false;
  if (pattern === '*') return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)) && type.length >= pattern.length;
}
