import type { Finding, Heading, ProblemCode } from '@signalbox/contracts';

/** One recorded fact about an event or a delivery. Times are RFC 3339. */
export interface FollowedStep {
  readonly kind: string;
  readonly time: string;
  readonly org?: string;
  readonly attempt?: number;
  readonly state?: string;
  /** A stable code, such as `endpoint-refused`. */
  readonly reason?: string;
  readonly detail?: string;
  readonly status?: number;
  readonly latencyms?: number;
  readonly nextattempt?: string;
  /** Excerpt of what the receiver said; never payload. */
  readonly answer?: string;
  readonly replay?: string;
  readonly corrects?: string;
  readonly late?: string;
  /** `<ODS>:<application>` of who did it, and what they noted. */
  readonly by?: string;
  readonly note?: string;
}

/** What became of an event for one receiving organisation. */
export interface FollowedDelivery {
  readonly org: string;
  /** `pull` for what is fetched, else the protocol; told to the receiver only. */
  readonly channel?: string;
  /** One of the closed list: waiting, delivering, delivered, acknowledged, filtered, suppressed, paused, parked, expired, handled-outside. */
  readonly state: string;
  readonly since: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly nextattempt?: string;
  /** Told to the receiver only. */
  readonly subscription?: string;
}

/** One time that an event was refused. */
export interface FollowedRefusal {
  readonly time: string;
  readonly code: ProblemCode;
  readonly findings: readonly Finding[];
}

/** An accepted event as the caller may see it: attributes and what became of it, never its content. */
export interface AcceptedEvent {
  readonly state: 'accepted';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly title: string;
  readonly journey: string;
  readonly sourceorg: string;
  readonly targetorg?: string;
  /** When it became durable. */
  readonly recorded: string;
  readonly supersedes?: string;
  readonly supersededby: readonly string[];
  readonly duplicateof?: string;
  readonly findings: readonly Finding[];
  readonly deliveries: readonly FollowedDelivery[];
  readonly steps: readonly FollowedStep[];
}

/** An event that was never accepted, as its publisher may see it. */
export interface RefusedEvent {
  readonly state: 'refused';
  readonly id: string;
  readonly source?: string;
  readonly type?: string;
}

/** What is known of an event, with the refusals that went before. */
export type FollowedEvent = (AcceptedEvent | RefusedEvent) & { readonly refusals: readonly FollowedRefusal[] };

/** Where a journey is, who has it, and what it waits for; the caller's own side of it. */
export interface FollowedJourney {
  readonly journey: string;
  readonly heading: Heading;
  readonly organisations: readonly string[];
  readonly events: readonly AcceptedEvent[];
}
