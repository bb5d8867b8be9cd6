/** What live, journey and fault tests stand on: real servers, free ports, temporary folders, conditions. */
export { waitFor } from './condition.js';
export type { WaitOptions } from './condition.js';
export { temporaryFolder } from './folders.js';
export { startHouse } from './house.js';
export type { Member, TestHouse } from './house.js';
export { canaryHits, violations } from './invariants.js';
export type { CanaryPlaces, Identity, Observed } from './invariants.js';
export { ledgerDifferences } from './ledger-agreement.js';
export { startNats } from './nats.js';
export type { NatsOptions, NatsUser, TestNats } from './nats.js';
export { freePort, freePorts } from './ports.js';
export { readRecords } from './records.js';
export type { RecordedEvent, Records, RecordsAccess } from './records.js';
export { startRedis } from './redis.js';
export type { TestRedis } from './redis.js';
