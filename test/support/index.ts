/** What live, journey and fault tests stand on: real servers, free ports, temporary folders, conditions. */
export { waitFor } from './condition.js';
export type { WaitOptions } from './condition.js';
export { temporaryFolder } from './folders.js';
export { startNats } from './nats.js';
export type { NatsOptions, NatsUser, TestNats } from './nats.js';
export { freePort, freePorts } from './ports.js';
export { startRedis } from './redis.js';
export type { TestRedis } from './redis.js';
