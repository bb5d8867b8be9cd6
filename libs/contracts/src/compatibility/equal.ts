/**
 * Whether two JSON values are equal as the validators see it: whatever the order of members is; 1 and 1.0 are the same
 * number, and so are 0 and -0.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const own = Object.entries(a);
  if (own.length !== Object.keys(b).length) return false;
  return own.every(([name, value]) => Object.hasOwn(b, name) && isEqual(value, (b as Record<string, unknown>)[name]));
}
