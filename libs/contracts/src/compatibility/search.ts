import { apply, editsAt, followed, type Edit } from './edits.js';
import { GENERATED, type Court, type Start, type Witness } from './court.js';
import type { ComparisonLimits } from './limits.js';
import type { Obstacle } from './obstacle.js';
import { placesOf, type Place } from './places.js';
import { randomOf } from './random.js';

/** Findings that a witness shows. */
const SHOWN_FINDINGS = 3;

/**
 * Searches for an event that the narrow version takes and the wide one refuses: first where the structure differs, then
 * everywhere, then by two changes at once. Bounded by number and time; the same seed tries the same events.
 */
export function searchForWitness(
  court: Court,
  obstacles: readonly Obstacle[],
  limits: ComparisonLimits,
): Witness | undefined {
  const until = performance.now() + limits.searchMs;
  let tried = 0;
  const tries = (start: Start, edits: readonly Edit[]): Witness | 'taken' | 'unfit' => {
    tried++;
    const event = apply(start.event, edits);
    if (!court.takes(event)) return 'unfit';
    const refusedBy = court.refusals(event).slice(0, SHOWN_FINDINGS);
    if (refusedBy.length === 0) return 'taken';
    return {
      ...shown(start, edits, event),
      refusedBy: refusedBy.map(({ path, rule, expected }) => ({ path, rule, expected })),
      tried,
    };
  };
  const fitting: [Start, Edit][] = [];
  for (const [start, edit] of candidates(court, obstacles)) {
    if (tried >= limits.tries || performance.now() > until) return undefined;
    const outcome = tries(start, edit === undefined ? [] : [edit]);
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'taken' && edit !== undefined) fitting.push([start, edit]);
  }
  const random = randomOf(limits.seed);
  const most = Math.min(limits.tries, tried + Math.ceil(limits.tries / 5));
  while (fitting.length > 1 && tried < most && performance.now() <= until) {
    const [start, first] = fitting[random(fitting.length)]!;
    const same = fitting.filter(([other]) => other === start);
    const second = same[random(same.length)]![1];
    const outcome = tries(start, [first, second]);
    if (typeof outcome === 'object') return outcome;
  }
  return undefined;
}

function shown(start: Start, edits: readonly Edit[], event: unknown): Pick<Witness, 'example' | 'changes' | 'value'> {
  const { example } = start;
  return { example, changes: edits.map(followed), ...(example === GENERATED && { value: event }) };
}

/** Every example as it is; then changes where the structure differs, nearest first; then changes everywhere. */
function* candidates(court: Court, obstacles: readonly Obstacle[]): Generator<readonly [Start, Edit | undefined]> {
  for (const start of court.starts) yield [start, undefined];
  const attributes = obstacles.filter(({ kind }) => kind === 'requires');
  for (const start of court.starts) for (const { path } of attributes) yield [start, { path, change: 'removed' }];
  const places = court.starts.map((start) => [start, placesOf(start.event, court)] as const);
  const isMeant = ({ path }: Place) => obstacles.some((one) => leadsTo(one, path));
  for (const [start, all] of places)
    for (const place of all.filter(isMeant)) for (const edit of editsAt(place, obstacles)) yield [start, edit];
  for (const [start, all] of places)
    for (const place of all.filter((one) => !isMeant(one))) for (const edit of editsAt(place, [])) yield [start, edit];
}

/** Whether an obstacle is about a place, or about something right below it. */
function leadsTo({ path }: Obstacle, place: readonly string[]): boolean {
  if (place.length > path.length || place.length < path.length - 1) return false;
  return place.every((name, at) => path[at] === '*' || path[at] === name);
}
