/**
 * What scorecards count. A measure is a word, or a word and a name behind a colon. All are of what was accepted (or offered)
 * in an hour or on a day; what became of it later is added to the hour in which it was accepted.
 */
export type Measure =
  /** Accepted for the first time; of these without and with findings; and after a newer version of the same thing. */
  | 'accepted'
  | 'clean'
  | 'found'
  | 'late'
  /** Accepted events that broke a rule. */
  | `found-rule:${string}`
  /** Refused, by what its code says; and refused events that broke a rule. */
  | `refused:${string}`
  | `refused-rule:${string}`
  /** The same event offered again; other content under the same id. */
  | 'duplicate'
  | 'conflict'
  /** Deliveries that arrived, and of these acknowledged. */
  | 'delivered'
  | 'acknowledged'
  /** Dated by its publisher later than it was accepted: a clock is ahead. */
  | 'ahead'
  /** How long it took, by the number of a bucket. */
  | `${Delay}:${number}`;

/** Time of the event → accepted; accepted → delivered; delivered → acknowledged. */
export type Delay = 'to-accept' | 'to-deliver' | 'to-acknowledge';

/** The shortest time that is told apart, and by how much each bucket is wider than the one before. */
const SHORTEST_MS = 10;
const FACTOR = Math.SQRT2;
const BUCKETS = 60;

/** The bucket of a duration in milliseconds: each is wider by the square root of two than the one before. */
export function bucketOf(ms: number): number {
  if (ms <= SHORTEST_MS) return 0;
  return Math.min(BUCKETS, Math.ceil(Math.log(ms / SHORTEST_MS) / Math.log(FACTOR)));
}

/**
 * About the duration in milliseconds that a share of all stays below: the middle of its bucket, so within a fifth of the
 * truth. `undefined` when there are none.
 *
 * @param buckets number of a bucket → how many
 * @param share 0.5 for the median
 */
export function quantileOf(buckets: ReadonlyMap<number, number>, share: number): number | undefined {
  const total = [...buckets.values()].reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let left = share * total;
  for (const [bucket, count] of [...buckets].toSorted(([one], [other]) => one - other)) {
    left -= count;
    if (left <= 1e-9) return middleOf(bucket);
  }
  return undefined;
}

function middleOf(bucket: number): number {
  return Math.round(SHORTEST_MS * FACTOR ** (bucket === 0 ? 0 : bucket - 0.5));
}
