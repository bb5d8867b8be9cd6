import type { Conjunction } from './conjunction.js';
import type { Obstacle } from './obstacle.js';
import type { SchemaNode, SchemaNodes } from './schema-node.js';

export type Words = Readonly<Record<string, unknown>>;

/** What the checks of single keywords ask the whole for. */
export interface Prover {
  readonly all: SchemaNodes;
  /** Why it cannot be shown that everything that is valid under `narrow` is valid under `wide`; empty when it can. */
  prove(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[];
  /** The same of what stands inside the value that is looked at: a member, an item. */
  inside(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[];
  /** Whether it can be shown that nothing is valid under both. */
  areDisjoint(narrow: Conjunction, wide: SchemaNode): boolean;
  /** Whether `narrow` has alternatives that will be looked at one by one, so that nothing is to be tried before. */
  hasAlternatives(narrow: Conjunction): boolean;
}

/** A check of some keywords of `wide`. */
export type Check = (prover: Prover, narrow: Conjunction, wide: SchemaNode, words: Words) => readonly Obstacle[];
