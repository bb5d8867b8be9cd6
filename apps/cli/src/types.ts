const PREFIX = 'org.signalbox.';

/** A type or pattern in full: the common beginning may be left out. */
export function withPrefix(type: string): string {
  return type === '*' || type.startsWith(PREFIX) ? type : `${PREFIX}${type}`;
}
