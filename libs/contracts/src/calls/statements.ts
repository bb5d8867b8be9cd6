import type { StateSums } from './delivery-states.js';
import type { Gap } from './reconciliation.js';

/** Deliveries by state, all together and by type. */
export interface Sums {
  readonly deliveries: number;
  readonly states: StateSums;
  readonly types: readonly { readonly type: string; readonly deliveries: number; readonly states: StateSums }[];
}

/** What an organisation sent of one type. */
export interface SentType {
  readonly type: string;
  readonly accepted: number;
  readonly refused: number;
  readonly repeated: number;
}

/** What one organisation sent and received on a day. */
export interface Statement {
  /** `yyyy-mm-dd`. */
  readonly date: string;
  /** IANA name of the zone in which the day is counted; `from` and `to` are its bounds, RFC 3339. */
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  /** When it was made. States are those of this moment, of events of that day. */
  readonly asof: string;
  /** Whether the day is over. */
  readonly complete: boolean;
  readonly organisation: { readonly ods: string; readonly name?: string };
  readonly sentences: readonly string[];
  readonly published: {
    /** The sum of the three after it. */
    readonly sent: number;
    readonly accepted: number;
    readonly refused: number;
    readonly repeated: number;
    readonly refusals: readonly { readonly code: string; readonly count: number }[];
    readonly types: readonly SentType[];
    /** Of its own events that day, for everybody that they are meant for. */
    readonly deliveries: Sums;
  };
  /** Of everybody's events that day, for its own subscriptions; what is addressed to others is not counted. */
  readonly received: Sums;
  /** What does not sum on its side, at any time. */
  readonly gaps: readonly Gap[];
}
