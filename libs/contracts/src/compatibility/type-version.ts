import type { Catalogue } from '../catalogue.js';
import type { EventType } from '../catalogue-type.js';

/** A version of a type, in the catalogue that holds it. */
export interface TypeVersion {
  readonly type: EventType;
  readonly catalogue: Catalogue;
}
