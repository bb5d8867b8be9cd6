/** What somebody may do in the console, within the organisation that they are signed in for. */
export type Role =
  /** Looks. */
  | 'viewer'
  /** Acts on deliveries and subscriptions: retries, parks, hands over, replays, nudges. */
  | 'operator'
  /** Sees values when there is a reason, and who saw them. */
  | 'information-governance'
  /** Says who may do what, and how strictly events are judged. */
  | 'administrator';

export const ROLES: readonly Role[] = ['viewer', 'operator', 'information-governance', 'administrator'];
