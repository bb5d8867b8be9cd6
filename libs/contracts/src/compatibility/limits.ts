/** What a comparison may cost. */
export interface ComparisonLimits {
  /** Pairs of schemas that are looked at in each direction; beyond it a change counts as breaking. */
  readonly pairs: number;
  /** Ways in which one pair may be taken apart into cases. */
  readonly cases: number;
  /** Events that the search for a counter-example tries in each direction. */
  readonly tries: number;
  /** Milliseconds of the search in each direction. */
  readonly searchMs: number;
  /** Where the search begins: the same seed finds the same counter-example. */
  readonly seed: number;
}

/** Enough for the FHIR schema as a whole, and short enough for a test of every type. */
export const COMPARISON_LIMITS: ComparisonLimits = {
  pairs: 50_000,
  cases: 4,
  tries: 1_500,
  searchMs: 2_000,
  seed: 1,
};
