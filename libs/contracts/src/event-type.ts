const TYPE = /^org\.signalbox\.([a-z]+)\.[a-z][a-z-]*\.v[1-9]\d*$/;

/** The family of a type, `org.signalbox.<family>.<event>.v<major>`; nothing for a type of another shape. */
export function familyOf(type: string): string | undefined {
  return TYPE.exec(type)?.[1];
}

/**
 * Whether a pattern of a grant or subscription covers a type. A pattern is a whole type, a beginning followed by `.*` (which
 * stands for one or more further parts), or `*` for every type.
 */
export function typeMatches(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)) && type.length >= pattern.length;
}
