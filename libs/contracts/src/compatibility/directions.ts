import { Conjunction } from './conjunction.js';
import { Inclusion } from './inclusion.js';
import type { ComparisonLimits } from './limits.js';
import { once, type Obstacle } from './obstacle.js';
import { SchemaNodes, type SchemaDocument } from './schema-node.js';

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
