import type { Stretch } from '@signalbox/registry';

/** One event of a range, and whether it is to be sent. */
export interface Choice {
  readonly sequence: number;
  readonly wanted: boolean;
}

/**
 * The stretches that hold every wanted event and none of the others. What lies between two wanted events and came up for
 * nobody does not part them, so an outage is one stretch however many events it was.
 *
 * @param choices in order
 */
export function stretchesOf(choices: Iterable<Choice>): Stretch[] {
  const stretches: Stretch[] = [];
  let open: [number, number] | undefined;
  for (const { sequence, wanted } of choices) {
    if (!wanted) {
      open = undefined;
    } else if (open === undefined) {
      open = [sequence, sequence];
      stretches.push(open);
    } else {
      open[1] = sequence;
    }
  }
  return stretches;
}

/** The part of a stretch that lies between two sequences; `undefined` when there is none. */
export function clipped([from, to]: Stretch, first: number, last: number): Stretch | undefined {
  const part: Stretch = [Math.max(from, first), Math.min(to, last)];
  return part[0] <= part[1] ? part : undefined;
}

/** How many sequences some stretches span. */
export function width(stretches: readonly Stretch[]): number {
  return stretches.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}
