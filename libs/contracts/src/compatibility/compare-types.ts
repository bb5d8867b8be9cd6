import type { EventType } from '../catalogue-type.js';
import { descriptionObstacles, lostIdentifiers, notesOf } from './compare-descriptions.js';
import { conclude, type Comparison, type Labels } from './conclusion.js';
import type { Witness } from './court.js';
import { directions } from './directions.js';
import { COMPARISON_LIMITS, type ComparisonLimits } from './limits.js';
import type { Obstacle } from './obstacle.js';
import { SchemaShelf, type Schema, type SchemaDocument } from './schema-node.js';
import { searchForWitness } from './search.js';
import { courtOfTypes } from './search-types.js';
import type { TypeVersion } from './type-version.js';

/**
 * Compares two versions of a type: their schemas by structure, what `type.json` says, and then by a search for an event
 * that the one takes and the other refuses. What is not understood counts as breaking. Never throws.
 */
export function compareTypes(
  older: TypeVersion,
  newer: TypeVersion,
  limits: ComparisonLimits = COMPARISON_LIMITS,
): Comparison {
  const shelf = new SchemaShelf();
  const seen = directions(documentOf(shelf, older), documentOf(shelf, newer), limits);
  const inData = (found: readonly Obstacle[]) => found.map((one) => ({ ...one, path: ['data', ...one.path] }));
  const forward = [
    ...descriptionObstacles(newer.type, older.type),
    ...lostIdentifiers(newer.type, older.type),
    ...inData(seen.forward.obstacles),
  ];
  const backward = [...descriptionObstacles(older.type, newer.type), ...inData(seen.backward.obstacles)];
  return conclude({
    names: { older: older.type.type, newer: newer.type.type },
    labels: labelsOf(older.type, newer.type),
    obstacles: { forward, backward },
    notes: notesOf(older.type, newer.type),
    witness: witnesses({
      forward: searchForWitness(courtOfTypes(newer, older, seen.forward), forward, limits),
      backward: searchForWitness(courtOfTypes(older, newer, seen.backward), backward, limits),
    }),
  });
}

/** Directions without a witness are left out. */
export function witnesses(found: {
  readonly forward: Witness | undefined;
  readonly backward: Witness | undefined;
}): Comparison['witness'] {
  return { ...(found.forward && { forward: found.forward }), ...(found.backward && { backward: found.backward }) };
}

/** The schema of a type's content, and the shared schema that it refers to. */
function documentOf(shelf: SchemaShelf, { type, catalogue }: TypeVersion): SchemaDocument {
  const base = `schemas://catalogue/${type.family}/${type.event}/v${String(type.version)}/data.schema.json`;
  const load =
    (from: string) =>
    (reference: string): SchemaDocument | undefined => {
      const path = new URL(reference, from).pathname.slice(1);
      const file = catalogue.schemaFile(path);
      return file && shelf.document(JSON.parse(file.bytes.toString()) as Schema, load(`schemas://catalogue/${path}`));
    };
  return shelf.document(type.schema as Schema, load(base));
}

function labelsOf(older: EventType, newer: EventType): Labels {
  if (older.version !== newer.version)
    return { older: `version ${String(older.version)}`, newer: `version ${String(newer.version)}` };
  return { older: 'the older one', newer: 'the newer one' };
}
