export { createClient, readPublic } from './client.js';
export type { Client, ClientOptions } from './client.js';
export type {
  AcceptedEvent,
  FollowedDelivery,
  FollowedEvent,
  FollowedJourney,
  FollowedRefusal,
  FollowedStep,
  RefusedEvent,
} from './following.js';
export { errorOfItem, isType, newEvent, wasAccepted } from './events.js';
export type {
  Acceptance,
  AnyEvent,
  BatchItem,
  EventAttributes,
  EventDraft,
  Publishable,
  ReceivedEvent,
  TypedEvent,
  Validation,
} from './events.js';
export type { FhirBundle, FhirResource } from './fhir.js';
export { newKeyPair } from './keys.js';
export type { KeyAlgorithm } from './keys.js';
export { SignalboxError } from './problem.js';
export type { ClientCode, ErrorKind } from './problem.js';
export type { BatchCallOptions, BatchLimits, CallOptions } from './publish.js';
export { headersOfMarks } from './marks.js';
export type { Marks } from './marks.js';
export { receiveWebhook, receiveWebhooks } from './received.js';
export { webhookListener, webhookReceiver } from './webhook.js';
export type { WebhookAnswer, WebhookOptions, WebhookReceiver, WebhookRequest } from './webhook.js';
export type { EventHandler, SubscribeOptions } from './subscribe.js';
export type {
  ChannelSwitch,
  NewSubscription,
  Protocol,
  PullOptions,
  Subscription,
  Subscriptions,
} from './subscriptions.js';
export type { Pulled } from './pulled.js';
export type { Streamed, StreamOptions } from './streaming.js';
export type {
  Delivery,
  DeliveryHistory,
  DeliveryPage,
  DeliveryQuery,
  FilterTest,
  FilterTested,
  FilterTestResult,
  Health,
  Positions,
  Rotated,
  SeekResult,
  TestOutcome,
} from './deliveries.js';
export type { Range, Replay, ReplayFrom, ReplayPlan, Replays, ReplayWish } from './replays.js';
export type {
  Action,
  Actions,
  Parked,
  ParkedGroup,
  ParkedPage,
  ParkedResult,
  ParkedSelection,
  ParkedWish,
} from './parked.js';
export type {
  Gap,
  HandledResult,
  HandledWish,
  Outstanding,
  Party,
  Proof,
  Recipient,
  Recipients,
  Reconciliation,
  Statement,
  StateSums,
  Sums,
  ToldGap,
  WorkItem,
  WorkPage,
} from './proof.js';
export type { Deadline, Deadlines, DeadlineTimes } from './deadlines.js';
export type { NewOutage, Outage, OutageReason, Outages } from './outages.js';
export type {
  Stuck,
  StuckAct,
  StuckGroup,
  StuckGroups,
  StuckItem,
  StuckKey,
  StuckMembers,
  StuckOutcome,
  StuckRemark,
} from './stuck.js';
export type { Administration, Application, Grant, Organisation, Person, PersonRole } from './administration.js';
export type { Stage, StageImpact, StageResult, Stages, StageWish, Strictness } from './stages.js';
export { clientId, fetchToken } from './token.js';
export type { Credentials, IssuedToken, KeyCredentials } from './token.js';
export type { Patience } from './transport.js';
export { EVENT_FAMILIES, EVENT_TYPES } from './types.generated.js';
export type { EventFamily, EventTypeName, EventTypes } from './types.generated.js';
export { verifyWebhook } from '@signalbox/contracts';
