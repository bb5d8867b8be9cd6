/** A number that may be told, or that it is too small to be. */
export type Told = { readonly count: number } | { readonly fewerthan: number };

/**
 * A number as it may be told: nothing is told, what is too small is not, since it could tell of single patients, and the rest
 * to the nearest multiple of the smallest. For it stands beside others of which it is a part, on this page or another
 * (periods one within the other, flows and their sums), and a difference would tell what lies between.
 *
 * @param smallest that is told
 */
export function told(count: number, smallest: number): Told {
  if (count > 0 && count < smallest) return { fewerthan: smallest };
  return { count: Math.round(count / smallest) * smallest };
}

/** A number for people. */
export function toldWords(number: Told): string {
  return 'count' in number ? number.count.toLocaleString('en-GB') : `fewer than ${String(number.fewerthan)}`;
}

/**
 * Whether the sum of some numbers may stand beside them, when the small ones among them are not told. With a single small one
 * the difference would be it; where the small ones can only be all one or all as large as they may be, the difference tells
 * them too.
 */
export function sumMayBeTold(counts: readonly number[], smallest: number): boolean {
  const small = counts.filter((count) => count > 0 && count < smallest);
  if (small.length === 0) return true;
  const rest = small.reduce((sum, count) => sum + count, 0);
  return small.length > 1 && rest > small.length && rest < small.length * (smallest - 1);
}
