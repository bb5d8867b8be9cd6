export {
  isTenantName,
  isUserKey,
  renderAccounts,
  TENANT_API_PREFIX,
  TENANT_LIMITS,
  type RenderedAccounts,
  type Tenant,
  type TenantLimits,
} from './accounts.js';
export { reloadServer, type ReloadOptions } from './accounts-reload.js';
export {
  MOST_READERS,
  type EngineCondition,
  type StreamCondition,
  type StreamCopy,
  type StreamReader,
} from './condition.js';
export { DeliveryQueue, type DeliveryBacklog, type DeliveryItem, type DeliveryQueueOptions } from './delivery-queue.js';
export { type EndpointHealth } from './endpoint-health.js';
export { type Cluster, type ClusterMember } from './monitors.js';
export { Engine, type EngineOptions, type SpanChannel } from './engine.js';
export {
  EngineTransport,
  type EngineReply,
  type EngineRequest,
  type EngineTransportOptions,
} from './engine-transport.js';
export { EngineFull, EngineRefusal, EngineUnavailable, RevisionConflict } from './errors.js';
export {
  decodeStored,
  EventLog,
  type AppendOptions,
  type Kept,
  type ReadOptions,
  type ReadResult,
  type StoredEvent,
} from './event-log.js';
export { type EventHeading, type HeadingOptions } from './headings.js';
export { type GroupCommitOptions, type Position } from './group-commit.js';
export { Inboxes, type Acknowledged, type Deposit, type DepositRecord } from './inbox-deposits.js';
export { type InboxLimits, type InboxPlace } from './inbox-streams.js';
export { Journal, type JournalBatch, type JournalItem, type JournalOptions } from './journal.js';
export { type Bucket, type KeyValue, type KeyValueEntry, type KeyValueWatch } from './key-value.js';
export { type LinkLog as EngineLog } from './link.js';
export { NumberLog, type NumberedEvent } from './number-log.js';
export { ParkedLog } from './parked-log.js';
export {
  derivedRecordId,
  newRecordId,
  RecordLog,
  type DeliveryState,
  type ParkedDelivery,
  type Rejection,
  type Step,
  type StepKind,
} from './records.js';
export { type QueueStanding, type StreamCounts } from './standing.js';
export { waitingKey, type WaitingCause, type WaitingDelivery } from './waiting.js';
export { FAMILIES, NUMBERS_KEPT, streamOf, type TopologyOptions } from './topology.js';
export { OutboxForwarder, type OutboxOptions } from './outbox-forwarder.js';
