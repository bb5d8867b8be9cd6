/** What somebody may do, within the organisation that they are signed in for. */
export type Role =
  /** Looks. */
  | 'viewer'
  /** Acts on deliveries and subscriptions: retries, parks, hands over, replays, nudges. */
  | 'operator'
  /** Sees values when there is a reason, and who saw them. */
  | 'information-governance'
  /** Says who may do what, and how strictly events are judged. */
  | 'administrator';

/** Every {@link Role}, from the one that may least. */
export const ROLES: readonly Role[] = ['viewer', 'operator', 'information-governance', 'administrator'];

/** Somebody who signs in to the console for an organisation, as its provider of identities knows them. */
export interface Person {
  readonly ods: string;
  /** `person-` and 16 hex digits, made of issuer and subject. */
  readonly id: string;
  /** `iss` and `sub` of the provider's ID tokens. */
  readonly issuer: string;
  readonly subject: string;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly active: boolean;
  /** RFC 3339; without it they belong to the organisation until they are removed. */
  readonly expires?: string;
  /** `<ODS>:<application>` of who last decided about them, and when (RFC 3339). */
  readonly by?: string;
  readonly updated?: string;
}
