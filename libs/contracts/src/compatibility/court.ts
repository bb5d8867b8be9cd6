import type { Finding } from '../findings.js';
import type { Conjunction } from './conjunction.js';

/** One thing that was done to an example. */
export interface WitnessChange {
  /** JSON Pointer into the event. */
  readonly path: string;
  readonly change: 'removed' | 'added' | 'set';
  /** What was put there. */
  readonly value?: unknown;
}

/** An event that one version takes and the other refuses. */
export interface Witness {
  /** The accepted example that it was made from, or `generated`. */
  readonly example: string;
  /** What was done to it; nothing, where the example itself shows it. */
  readonly changes: readonly WitnessChange[];
  /** The whole value, where it was generated. */
  readonly value?: unknown;
  /** The first findings of the version that refuses it. */
  readonly refusedBy: readonly Pick<Finding, 'path' | 'rule' | 'expected'>[];
  /** How many events were tried before. */
  readonly tried: number;
}

/** Something to start from: valid under the narrow version as far as is known. */
export interface Start {
  readonly example: string;
  readonly event: unknown;
}

/** Who judges, and what they know of the schemas. */
export interface Court {
  readonly starts: readonly Start[];
  /** Names that lead to what the schemas describe. */
  readonly root: readonly string[];
  readonly narrow: Conjunction;
  readonly wide: Conjunction;
  readonly takes: (event: unknown) => boolean;
  /** Why the wide version refuses; empty when it does not. */
  readonly refusals: (event: unknown) => readonly Pick<Finding, 'path' | 'rule' | 'expected'>[];
}

/** What a start is called that no example gave. */
export const GENERATED = 'generated';
