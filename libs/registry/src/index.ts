/**
 * Who may publish or receive what, how they prove it, and what they asked for.
 */
export {
  ACTIONS,
  OPERATOR,
  type Action,
  type Application,
  type BulkAction,
  type Deadline,
  type Grant,
  type Organisation,
  type Outage,
  OUTAGE_REASONS,
  type OutageReason,
  type ParkedSelection,
  type Person,
  type Protocol,
  PROTOCOLS,
  type Replay,
  type Role,
  ROLES,
  type SigningKey,
  type Stage,
  type StageSetting,
  type Stretch,
  type Strictness,
  type Subscription,
} from './model.js';
export { Registry, type Actor } from './registry.js';
export type { ChangeListener, RegistryEngine } from './record-store.js';
export { KEY_ALGORITHMS, takePublicJwk, type KeyAlgorithm, type PublicJwk } from './public-keys.js';
export { ASSERTION_TYPE, clientId, type JtiStore } from './client-assertion.js';
export {
  ConsoleTokens,
  TokenAuthority,
  TokenVerifier,
  type Principal,
  type TokenAnswer,
  type TokenAuthorityOptions,
} from './tokens.js';
export { ensureOperator } from './operator.js';
export { ensureConsole } from './console-key.js';
export { isPersonId, personId, personIsActive, rolesOf } from './people.js';
export { activeSecrets } from './secrets.js';
export { checkEgressAllow, EGRESS_ALLOW_MAX, egressEntry, type EgressEntry } from './egress-allow.js';
export { eligibility, INELIGIBLE, type Eligibility, type IneligibleReason, type Wish } from './eligibility.js';
export { tenantsOf } from './tenants.js';
export {
  Announcing,
  isOperationsOnly,
  type Announcement,
  type AnnouncingParts,
  type OperationsEvent,
} from './operations.js';
export {
  floorFrom,
  isLaxer,
  patternsOf,
  stageAfter,
  strictnessAt,
  STRICTNESSES,
  type StageLookup,
  type StageSide,
  type StageWish,
} from './stages.js';
export { announceOutage, isUnderway, outageCovers, type OutageTelling, toldOfOutage } from './outages.js';
