export type { AttributeValue, CloudEvent, EventData } from './event.js';
export { finding, pointer, type Finding } from './findings.js';
export { STUCK, type StuckEntry, type StuckOwner, type StuckReason } from './stuck.js';
export { PROBLEMS, Refusal, refusalOf, type ProblemCode, type ProblemDetails } from './problems.js';

export { DEFAULT_LIMITS, type DecodeLimits } from './codec/limits.js';
export { BATCH_MEDIA_TYPE, STRUCTURED_MEDIA_TYPE, type HttpMode } from './codec/content-mode.js';
export { decodeBatch, decodeHttp, encodeBinaryHttp, httpMode, type IncomingHeaders } from './codec/http.js';
export { encodeBatch, type BatchItem } from './codec/batch.js';
export { decodeStructured, encodeStructured } from './codec/structured.js';
export { decodeNats, decodeRecorded, encodeNats } from './codec/nats.js';
export { decodeHeaderValue, encodeHeaderValue } from './codec/percent.js';
export { jsonContent } from './content.js';
export { scanEnvelope, ScanFault, type Envelope, type Member, type ScanLimits } from './json/scan.js';

export { eventDigest, eventIdentity, identityOf, journeyOf } from './identity.js';
export { familyOf, isOperations, typeMatches } from './event-type.js';
export { holdsNhsNumber, holdsTenDigits, isNhsNumber, NHS_NUMBER_SYSTEMS } from './nhs-number.js';
export { isOdsCode, ODS_CODE_SYSTEM } from './ods-code.js';
export { sameSystem } from './code-system.js';

export { checkFilters, DEFAULT_FILTER_LIMITS, matches, type Filter, type FilterLimits } from './filters.js';
export {
  newSecret,
  newSigningKey,
  publicKeyOf,
  signWebhook,
  verifyWebhook,
  WebhookFault,
  type VerifyOptions,
  type WebhookFaultReason,
  type WebhookHeaders,
  type WebhookToSign,
} from './webhooks.js';

export { Catalogue, defaultSchemasFolder, type SchemaFile } from './catalogue.js';
export { CatalogueError } from './catalogue-folder.js';
export type {
  AcceptedExample,
  ContentPointer,
  ContentState,
  EventType,
  MessageDefinition,
  RejectedExample,
  TypeDescription,
} from './catalogue-type.js';
export {
  type Answer,
  type ByUrgency,
  clockMs,
  durationMs,
  isDuration,
  timesOf,
  type TypeDeadlines,
  type Within,
} from './deadlines.js';
export { answerTo, type Answering, type Awaited, awaitedAfter, awaitedBy, type Awaiting } from './awaited.js';
export { CLOCKS, type Clock, type ClockName, isClock, isStepClock, type StepClock } from './clocks.js';
export { judge, MAX_FINDINGS, type Judgement } from './judge.js';
export { businessFacts, type BusinessFacts, type BusinessIdentifier } from './judge-facts.js';
export { meaningOf } from './rules/message-definition.js';
export { isUrgent, orderingKey, URGENCIES, type Urgency } from './precedence.js';
export { isRemark, refuseUnsaid, type Remark, REMARK_FORM, STUCK_ACTS, type StuckAct } from './calls/acts.js';
export { DELIVERY_STATES, type DeliveryState, type StateSums } from './calls/delivery-states.js';
export type { Heading } from './calls/headings.js';
export { type Outage, OUTAGE_REASONS, type OutageReason } from './calls/outages.js';
export type { ParkedResult } from './calls/parked.js';
export { type Person, type Role, ROLES } from './calls/people.js';
export {
  type Stage,
  type StageImpact,
  type StageResult,
  type StageSetting,
  type StageWish,
  STRICTNESSES,
  type Strictness,
} from './calls/stages.js';
export type { Outstanding, Recipient, Recipients } from './calls/recipients.js';
export type {
  Gap,
  GapKind,
  PublisherSum,
  Reconciliation,
  StreamSum,
  SubscriptionSum,
  ToldGap,
} from './calls/reconciliation.js';
export type { SentType, Statement, Sums } from './calls/statements.js';
export type { FilterTested, FilterTestResult, TestOutcome } from './calls/trials.js';
export type { Accepted, Verdict } from './calls/verdicts.js';
export type { Party, WorkItem, WorkPage } from './calls/work-items.js';
export type { OpenEvent, StuckGroup, StuckKey, StuckKind, StuckOutcome } from './calls/stuck-groups.js';
export { RULES, type RuleName } from './rules/table.js';
export { type Software, softwareOf } from './software.js';

export {
  backportExtension,
  notificationBundle,
  statusBundle,
  type NotificationContent,
  type NotificationType,
  type NotifiedEvent,
  type StatusFacts,
  type SubscriptionStatus,
} from './fhir/notification.js';
export { topicOfTypes, typesOfTopic } from './fhir/topic.js';

export { compareSchemas } from './compatibility/compare-schemas.js';
export { compareTypes } from './compatibility/compare-types.js';
export type { TypeVersion } from './compatibility/type-version.js';
export type { Change, Comparison, Direction } from './compatibility/conclusion.js';
export { lintType, type LintFinding } from './compatibility/lint.js';
export { COMPARISON_LIMITS, type ComparisonLimits } from './compatibility/limits.js';
export type { Witness, WitnessChange } from './compatibility/court.js';
export { brokenPromises, contractDigest, type PublishedContracts } from './compatibility/published.js';
