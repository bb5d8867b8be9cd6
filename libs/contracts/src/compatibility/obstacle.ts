/** Why it cannot be shown that everything that is valid under `narrow` is valid under `wide`. */
export interface Obstacle {
  /** Names of members from the place of the comparison on; `*` is any item of an array, or any other member. */
  readonly path: readonly string[];
  /** The keyword of JSON Schema it is about, or what else: `member`, `not-understood`, `too-large`. */
  readonly kind: string;
  /** With `{narrow}` and `{wide}` for the two versions. */
  readonly sentence: string;
  /** The member, where it is about one. */
  readonly member?: string;
  /** Values that only `narrow` takes, where they are known. */
  readonly values?: readonly unknown[];
  /** Which schema of `wide` says it: definitions are met at many places. */
  readonly origin?: number;
  /** In how many places the same thing is met. */
  readonly places: number;
}

export function obstacle(kind: string, sentence: string, member?: string, values?: readonly unknown[]): Obstacle {
  return { path: [], kind, sentence, places: 1, ...(member !== undefined && { member }), ...(values && { values }) };
}

/** What was found one level deeper, seen from here. */
export function below(found: readonly Obstacle[], ...names: readonly string[]): readonly Obstacle[] {
  return found.map((one) => ({ ...one, path: [...names, ...one.path] }));
}

/** The same thing is told once, at its nearest place, with the number of places. */
export function once(found: readonly Obstacle[]): readonly Obstacle[] {
  if (found.length < 2) return found;
  const seen = new Map<string, Obstacle>();
  for (const one of found) {
    const key = `${String(one.origin)}\n${one.kind}\n${one.member ?? ''}\n${one.sentence}`;
    const known = seen.get(key);
    const nearest = known && known.path.length <= one.path.length ? known : one;
    seen.set(key, { ...nearest, places: Math.min(MANY, (known?.places ?? 0) + one.places) });
  }
  return [...seen.values()];
}

/** Places are not counted beyond this. */
const MANY = 100;
