import type { DeliveryState } from './delivery-states.js';

/** Somebody an event was meant for, with the clock of its acknowledgement. Times are RFC 3339 in UTC. */
export interface Recipient {
  readonly org: string;
  readonly name?: string;
  readonly state: DeliveryState;
  readonly since: string;
  readonly delivered?: string;
  readonly acknowledged?: string;
  /** By when it should be acknowledged; absent until it is delivered, and for types that ask for no acknowledgement. */
  readonly acknowledgementdue?: string;
  /** It should have been acknowledged and is not. */
  readonly overdue: boolean;
  readonly reason?: string;
  readonly corrects?: string;
  readonly late?: string;
  /** How people reach the organisation; only where somebody has to. */
  readonly contact?: string;
}

/** Somebody who has what an event replaces, and not the event. */
export interface Outstanding {
  readonly org: string;
  readonly name?: string;
  /** Id of the newest of the replaced events that it received. */
  readonly received: string;
  readonly state: DeliveryState;
  readonly since?: string;
  readonly reason?: string;
  /** One sentence on what is to be done; present when it is the publisher's to do. */
  readonly work?: string;
  /** By which the publisher names it, where it is the publisher's to do. */
  readonly subscription?: string;
  readonly contact?: string;
}

/** Who received an event, for its publisher. */
export interface Recipients {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly journey: string;
  readonly recorded: string;
  readonly supersedes?: string;
  readonly recipients: readonly Recipient[];
  /** Of a correction or withdrawal: who else has to get it. Empty: everybody has it who has what it replaces. */
  readonly outstanding?: readonly Outstanding[];
}
