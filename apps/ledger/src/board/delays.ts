/**
 * Ends of the classes that delays are counted in, in milliseconds; the last class has no end. The database counts by the
 * same ends (`migrations/0006-flows.sql`).
 */
export const CLASS_ENDS: readonly number[] = [
  100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 900_000, 3_600_000, 14_400_000,
  86_400_000, 259_200_000,
];

/** Columns of the classes in the table `flows`, in their order. */
export const CLASS_COLUMNS: readonly string[] = [...CLASS_ENDS.map((_end, index) => `d${String(index)}`), 'd16'];

/**
 * The delay that a share of the deliveries stayed within, in milliseconds: exact at the ends of the classes, even within
 * them. `undefined` when there were none.
 *
 * @param counts deliveries in each class
 * @param share 0.5 for the median
 */
export function percentile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total <= 0) return undefined;
  const rank = share * total;
  let before = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const from = index === 0 ? 0 : CLASS_ENDS[index - 1]!;
      const to = CLASS_ENDS[index];
      // Of those beyond the last end nothing more is known than that they took longer.
      return to === undefined ? from : Math.round(from + ((rank - before) / count) * (to - from));
    }
    before += count;
  }
  return CLASS_ENDS.at(-1);
}

/** Class by class. */
export function added(one: readonly number[], other: readonly number[]): number[] {
  return one.map((count, index) => count + (other[index] ?? 0));
}
