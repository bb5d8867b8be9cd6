import type { StuckAct } from './acts.js';

/** What an act on the parked deliveries of one subscription did, or would do. */
export interface ParkedResult {
  readonly dryrun: boolean;
  readonly act: StuckAct;
  readonly deliveries: number;
  /** Of them, how many the receiver may have all the same: an attempt ended without an answer. */
  readonly duplicates: number;
  /** More are parked than one act may be about: repeat it for the rest. */
  readonly more: boolean;
  /** Whether a second person has to agree. */
  readonly secondperson: boolean;
  /** Id of the act that waits for one. */
  readonly action?: string;
  /** On how many it was carried out, and how many had moved on meanwhile. */
  readonly changed?: number;
  readonly gone?: number;
}
