import { conclude, type Comparison } from './conclusion.js';
import type { Witness } from './court.js';
import { directions, type SeenDirection } from './directions.js';
import { COMPARISON_LIMITS, type ComparisonLimits } from './limits.js';
import { SchemaShelf, type Schema } from './schema-node.js';
import { searchForWitness } from './search.js';
import { courtOfSchemas } from './search-schemas.js';

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
