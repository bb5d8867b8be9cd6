import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { setTimeout as delay } from 'node:timers/promises';
import { EngineRefusal } from './errors.js';
import { askPatiently } from './patient-requests.js';

/** Where the engine is and who asks. */
export interface Access {
  readonly servers: string;
  readonly user: string;
  readonly password: string;
  readonly name: string;
}

const MINIMUM = [2, 12, 0] as const;
/** Security fixes; R3 with fsync is affordable from here on. */
const MINIMUM_PRODUCTION = [2, 14, 6] as const;

/**
 * A server that reads its accounts again leaves some connections that are just being made without an answer (2 of some
 * 4,000 while it did nothing else); the client's own limit is 20 s.
 */
const DIAL_MS = 3_000;
const DIAL_AGAIN_MS = 200;

/**
 * @param deadline milliseconds since 1970 until which it is tried
 * @throws EngineRefusal with one clear line when there is no connection by then
 */
export async function connectPatiently(options: Access, deadline: number): Promise<NatsConnection> {
  for (;;) {
    try {
      const connection = await connect({
        servers: options.servers.split(',').map((server) => server.trim()),
        user: options.user,
        pass: options.password,
        name: options.name,
        inboxPrefix: `_INBOX_${options.user}`,
        timeout: DIAL_MS,
        // A dead link is noticed after about ten seconds, not after minutes.
        pingInterval: 5_000,
        maxPingOut: 2,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
      });
      return askPatiently(connection);
    } catch (error) {
      if (Date.now() > deadline) {
        throw new EngineRefusal(
          `No connection to NATS at ${options.servers} as user ${options.user}: ${(error as Error).message}. ` +
            'Check that it runs, the address and the password.',
          { cause: error },
        );
      }
      await delay(DIAL_AGAIN_MS);
    }
  }
}

/**
 * The calls of JetStream, once they are answered: a server may be up before they are, or just read its accounts again.
 * @throws EngineRefusal with one clear line when they are not by the deadline
 */
export async function managerPatiently(
  connection: NatsConnection,
  options: Access,
  deadline: number,
): Promise<JetStreamManager> {
  for (;;) {
    try {
      return await jetstreamManager(connection);
    } catch (error) {
      if (Date.now() > deadline) {
        throw new EngineRefusal(
          `NATS at ${options.servers} has no JetStream for user ${options.user}: ${(error as Error).message}. ` +
            'Check the account of that user and the jetstream block of its configuration.',
          { cause: error },
        );
      }
      await delay(DIAL_AGAIN_MS);
    }
  }
}

/** @throws EngineRefusal for a server that is too old for what is asked of it */
export function refuseOldServer(version: string, profile: 'development' | 'production'): void {
  const minimum = profile === 'production' ? MINIMUM_PRODUCTION : MINIMUM;
  const parts = version.split('-')[0]!.split('.').map(Number);
  for (const [index, least] of minimum.entries()) {
    const part = parts[index] ?? 0;
    if (part > least) return;
    if (part < least) {
      throw new EngineRefusal(
        `nats-server ${version} is too old: this needs ${minimum.join('.')} or newer in the ${profile} profile, ` +
          'because older ones ignore settings in silence (a consumer loses its filters).',
      );
    }
  }
}

/**
 * Closes a connection after what is under way on it. One that is lost, or hangs, has nothing to finish: the client would
 * refuse to drain it and go on dialling, and its timers would keep the process alive.
 */
export async function closeInOrder(connection: NatsConnection, isUp: boolean, withinMs: number): Promise<void> {
  if (isUp && !connection.isClosed()) {
    const late = new AbortController();
    const drained = connection.drain().catch(() => undefined);
    await Promise.race([drained, delay(withinMs, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
  }
  await connection.close();
}
