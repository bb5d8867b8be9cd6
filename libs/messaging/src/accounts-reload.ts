import { connect } from '@nats-io/transport-node';
import { EngineRefusal, EngineUnavailable } from './errors.js';

export interface ReloadOptions {
  /** `nats://host:port` of the one server whose configuration was written: each server has its own. */
  readonly server: string;
  /** A user of the system account. */
  readonly user: string;
  readonly password: string;
  /** Milliseconds for connecting and for each answer. */
  readonly timeoutMs?: number;
}

/**
 * A server that learns of an account by a reload (seen on 2.15.1) has its imports answer "no responders" until the next
 * reload; at start it has not. So it is told twice, which takes a few milliseconds and moves no connection.
 */
const TIMES = 2;

/**
 * Has a server read its configuration again, without a restart.
 * @throws EngineRefusal with the server's own words when it does not take it; it then goes on with what it had
 * @throws EngineUnavailable when it does not answer
 */
export async function reloadServer({ server, user, password, timeoutMs = 5_000 }: ReloadOptions): Promise<void> {
  const connection = await connect({
    servers: server,
    user,
    pass: password,
    name: 'signalbox-reload',
    timeout: timeoutMs,
    maxReconnectAttempts: 0,
    ignoreClusterUpdates: true,
  }).catch((error: unknown) => {
    throw new EngineUnavailable('The engine cannot be reached to reload its accounts', error);
  });
  try {
    const subject = `$SYS.REQ.SERVER.${connection.info?.server_id ?? ''}.RELOAD`;
    for (let time = 0; time < TIMES; time++) {
      const answer = await connection.request(subject, '', { timeout: timeoutMs }).catch((error: unknown) => {
        throw new EngineUnavailable('The engine did not answer a request to reload', error);
      });
      const { error } = answer.json<{ error?: { description?: string } }>();
      if (error !== undefined)
        throw new EngineRefusal(`The engine did not reload: ${error.description ?? 'no reason'}`);
    }
  } finally {
    await connection.close();
  }
}
