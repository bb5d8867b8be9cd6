import { Conjunction } from './conjunction.js';
import { conclude, type Comparison } from './conclusion.js';
import { Inclusion } from './inclusion.js';
import { COMPARISON_LIMITS, type ComparisonLimits } from './limits.js';
import { once, type Obstacle } from './obstacle.js';
import { SchemaNodes, SchemaShelf, type Schema, type SchemaDocument } from './schema-node.js';
import { searchForWitness, type Witness } from './search.js';
import { courtOfSchemas } from './search-schemas.js';

/** What stands between two versions, seen both ways. Both empty: each takes exactly what the other takes. */
export interface SchemaObstacles {
  /** Why something that the newer takes may be refused by the older. */
  readonly forward: readonly Obstacle[];
  /** Why something that the older took may be refused by the newer. */
  readonly backward: readonly Obstacle[];
}

/** One direction: what is valid under `narrow` and why `wide` may refuse it. */
export interface SeenDirection {
  readonly narrow: Conjunction;
  readonly wide: Conjunction;
  readonly obstacles: readonly Obstacle[];
}

/** Both directions by structure alone. What is not understood is an obstacle. Never throws. */
export function directions(
  older: SchemaDocument,
  newer: SchemaDocument,
  limits: ComparisonLimits,
): { readonly forward: SeenDirection; readonly backward: SeenDirection } {
  const nodes = new SchemaNodes();
  const [before, after] = [nodes.of(older.root, older), nodes.of(newer.root, newer)];
  const direction = (from: typeof before, to: typeof before): SeenDirection => {
    const [narrow, wide] = [new Conjunction(nodes, [from]), new Conjunction(nodes, [to])];
    return { narrow, wide, obstacles: once(new Inclusion(nodes, limits).prove(narrow, to)) };
  };
  return { forward: direction(after, before), backward: direction(before, after) };
}

/**
 * Compares two JSON Schemas (2020-12) that stand by themselves: by structure, then by a search for a value that the one
 * takes and the other refuses. What is not understood counts as breaking.
 *
 * @throws Error of Ajv for what is no JSON Schema
 */
export function compareSchemas(older: Schema, newer: Schema, limits: ComparisonLimits = COMPARISON_LIMITS): Comparison {
  const shelf = new SchemaShelf();
  const seen = directions(shelf.document(older), shelf.document(newer), limits);
  const [forward, backward] = [seen.forward.obstacles, seen.backward.obstacles];
  const search = (from: Schema, to: Schema, one: SeenDirection): Witness | undefined =>
    searchForWitness(courtOfSchemas(from, to, one), one.obstacles, limits);
  const [first, second] = [search(newer, older, seen.forward), search(older, newer, seen.backward)];
  return conclude({
    names: { older: 'older', newer: 'newer' },
    labels: { older: 'the older one', newer: 'the newer one' },
    obstacles: { forward, backward },
    notes: [],
    witness: { ...(first && { forward: first }), ...(second && { backward: second }) },
  });
}
