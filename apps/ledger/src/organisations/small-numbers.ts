/** A number that may be told, or that it is too small to be. */
export type Told = { readonly count: number } | { readonly fewerthan: number };

/**
 * A number as it may be told: nothing and enough are told, what lies between could tell of single patients.
 *
 * @param smallest that is told
 */
export function told(count: number, smallest: number): Told {
  return count > 0 && count < smallest ? { fewerthan: smallest } : { count };
}

/**
 * The same of a number that stands for several stretches of time, one within the other: to the nearest multiple of the
 * smallest, since the difference of two stretches would tell what lies between them.
 */
export function toldRoundly(count: number, smallest: number): Told {
  return told(count < smallest ? count : Math.round(count / smallest) * smallest, smallest);
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
