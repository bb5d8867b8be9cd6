import type { Stretch } from '@signalbox/registry';

/** What of some stretches lies after a position. */
export function after(stretches: readonly Stretch[], position: number): Stretch[] {
  return stretches.filter(([, to]) => to > position).map(([from, to]): Stretch => [Math.max(from, position + 1), to]);
}

/** By family, what a replay has yet to deal with; families with nothing left are not in it. */
export function remaining(
  range: Readonly<Record<string, readonly Stretch[]>>,
  position: Readonly<Record<string, number>>,
): ReadonlyMap<string, readonly Stretch[]> {
  const left = Object.entries(range).map(([family, stretches]): [string, Stretch[]] => [
    family,
    after(stretches, position[family] ?? 0),
  ]);
  return new Map(left.filter(([, stretches]) => stretches.length > 0));
}
