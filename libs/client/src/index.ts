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
  AnyEvent,
  BatchItem,
  EventAttributes,
  EventDraft,
  Publishable,
  ReceivedEvent,
  TypedEvent,
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
  Health,
  Positions,
  Rotated,
  SeekResult,
} from './deliveries.js';
export type { Range, Replay, ReplayFrom, ReplayPlan, Replays, ReplayWish } from './replays.js';
export type { Action, Actions, Parked, ParkedGroup, ParkedPage, ParkedSelection, ParkedWish } from './parked.js';
export type { HandledResult, HandledWish, Proof } from './proof.js';
export type { Deadline, Deadlines, DeadlineTimes } from './deadlines.js';
export type { NewOutage, Outages } from './outages.js';
export type { Stuck, StuckGroup, StuckGroups, StuckItem, StuckMembers, StuckRemark } from './stuck.js';
export type { Administration, Application, Grant, Organisation } from './administration.js';
export type { Stages } from './stages.js';
export { clientId, fetchToken } from './token.js';
export type { Credentials, IssuedToken, KeyCredentials } from './token.js';
export type { Patience } from './transport.js';
export { EVENT_FAMILIES, EVENT_TYPES } from './types.generated.js';
export type { EventFamily, EventTypeName, EventTypes } from './types.generated.js';
export { verifyWebhook } from '@signalbox/contracts';
export type {
  Accepted as Acceptance,
  FilterTested,
  FilterTestResult,
  Gap,
  Outage,
  OutageReason,
  Outstanding,
  ParkedResult,
  Party,
  Person,
  Recipient,
  Recipients,
  Reconciliation,
  Role as PersonRole,
  Stage,
  StageImpact,
  StageResult,
  StageWish,
  Statement,
  StateSums,
  Strictness,
  StuckAct,
  StuckKey,
  StuckOutcome,
  Sums,
  TestOutcome,
  ToldGap,
  Verdict as Validation,
  WorkItem,
  WorkPage,
} from '@signalbox/contracts';
