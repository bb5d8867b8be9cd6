import { pathOf, type Note } from './compare-descriptions.js';
import type { SchemaObstacles } from './directions.js';
import type { Obstacle } from './obstacle.js';
import type { Witness } from './court.js';

/**
 * Which way a change breaks. `forward`: the older version does not take every event of the newer, so who still reads by it
 * is not protected. `backward`: the newer does not take every event of the older, so who still sends it is refused and what
 * is stored cannot be replayed by it.
 */
export type Direction = 'forward' | 'backward' | 'both' | 'none';

/** One difference between two versions. */
export interface Change {
  /** JSON Pointer into the event, where `*` is any item of an array or any other member; or a place in `type.json`. */
  readonly path: string;
  /** A keyword of JSON Schema, a part of `type.json`, or `not-understood`. */
  readonly kind: string;
  readonly direction: Direction;
  readonly breaking: boolean;
  readonly sentence: string;
  /** In how many places of the schema the same thing is met, when more than one. */
  readonly places?: number;
}

/** What comparing two versions gives. */
export interface Comparison {
  readonly older: string;
  readonly newer: string;
  /** Those that break come first. */
  readonly changes: readonly Change[];
  /** True where every event of the one is shown to be taken by the other, and no event was found that is not. */
  readonly verdict: { readonly forward: boolean; readonly backward: boolean };
  /** An event that shows what breaks, where one was found: made from our own examples or from the schema, never from traffic. */
  readonly witness: { readonly forward?: Witness; readonly backward?: Witness };
  /** Directions in which the structure showed nothing and an event was found all the same: a fault of this check. */
  readonly missed: readonly ('forward' | 'backward')[];
}

/** What is told of two versions by their names. */
export interface Labels {
  readonly older: string;
  readonly newer: string;
}

/** Puts together what stands against both directions. */
export function conclude(parts: {
  readonly names: Labels;
  readonly labels: Labels;
  readonly obstacles: SchemaObstacles;
  readonly notes: readonly Note[];
  readonly witness: Comparison['witness'];
}): Comparison {
  const { names, labels, obstacles, notes, witness } = parts;
  const missed = (['forward', 'backward'] as const).filter(
    (direction) => obstacles[direction].length === 0 && witness[direction] !== undefined,
  );
  return {
    ...names,
    changes: [
      ...changesOf(obstacles, labels),
      ...missed.map((direction) => missedChange(direction, witness[direction]!)),
      ...notes.map((note): Change => ({
        ...note,
        direction: 'none',
        breaking: false,
        sentence: told(note.sentence, labels),
      })),
    ],
    verdict: {
      forward: obstacles.forward.length === 0 && witness.forward === undefined,
      backward: obstacles.backward.length === 0 && witness.backward === undefined,
    },
    witness,
    missed,
  };
}

function missedChange(direction: 'forward' | 'backward', { refusedBy, changes }: Witness): Change {
  return {
    path: refusedBy[0]?.path ?? changes[0]?.path ?? '',
    kind: 'counter-example',
    direction,
    breaking: true,
    sentence:
      'An event was found that one version takes and the other refuses, although their structure did not show it. Please report this.',
  };
}

/** What stands in the way in both directions at one place is one change. */
function changesOf({ forward, backward }: SchemaObstacles, labels: Labels): Change[] {
  const merged = new Map<string, Change>();
  const add = (one: Obstacle, direction: 'forward' | 'backward') => {
    const path = pathOf(one.path);
    const key = `${path}\n${one.kind}\n${one.member ?? ''}`;
    const [narrow, wide] = direction === 'forward' ? [labels.newer, labels.older] : [labels.older, labels.newer];
    const sentence = capital(one.sentence.replaceAll('{narrow}', narrow).replaceAll('{wide}', wide).trim());
    const known = merged.get(key);
    merged.set(key, {
      path,
      kind: one.kind,
      direction: known && known.direction !== direction ? 'both' : direction,
      breaking: true,
      sentence: known === undefined || known.sentence === sentence ? sentence : `${known.sentence} ${sentence}`,
      ...(one.places > 1 && { places: one.places }),
    });
  };
  for (const one of forward) add(one, 'forward');
  for (const one of backward) add(one, 'backward');
  return [...merged.values()];
}

const told = (sentence: string, { older, newer }: Labels): string =>
  capital(sentence.replaceAll('{older}', older).replaceAll('{newer}', newer));

const capital = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);
