/** Whether two system URIs name the same system. Case does not count: official examples write one system in several ways. */
export function sameSystem(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.toLowerCase() === b.toLowerCase();
}
