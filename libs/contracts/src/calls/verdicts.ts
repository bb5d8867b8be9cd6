import type { Finding } from '../findings.js';
import type { ProblemCode } from '../problems.js';

/** The answer to an accepted event: it is on disk. */
export interface Accepted {
  readonly id: string;
  readonly source: string;
  readonly journey: string;
  readonly state: 'accepted';
  /** True if it had been accepted before: nothing was recorded a second time. */
  readonly duplicate: boolean;
  /** What a policy of `warn` or `observe` let pass. */
  readonly findings?: readonly Finding[];
}

/** A judgement of envelope and content; nothing was stored. */
export interface Verdict {
  readonly valid: boolean;
  readonly type?: string;
  readonly code?: ProblemCode;
  readonly findings: readonly Finding[];
}
