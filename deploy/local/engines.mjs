/**
 * How NATS and Redis are started on one machine: the command line and environment, nothing more.
 * The house and the tests both start them from here, with the configuration that a deployment uses.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './places.mjs';

/**
 * @typedef {{ command: string, args: string[], env: Record<string, string> }} Launch
 * @typedef {Record<'gateway' | 'relay' | 'ledger' | 'steward' | 'system', string>} NatsPasswords
 */

const natsConfigurations = join(projectFolder, 'deploy', 'nats');

/**
 * A folder with the configuration of a deployment, for one server: the accounts in it are that server's own and stay.
 * @param {string} folder made where it is not there
 * @param {string} [name] the file to start with
 * @returns {string} path of that file
 */
export function natsFolder(folder, name = 'nats-server.conf') {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const file of readdirSync(natsConfigurations).filter((one) => one.endsWith('.conf'))) {
    const own = join(folder, file);
    if (file !== 'accounts.conf' || !existsSync(own)) copyFileSync(join(natsConfigurations, file), own);
  }
  return join(folder, name);
}

/**
 * Values are quoted, since the server reads a bare `12ab` as a number and stops at a space.
 * @param {{ command: string, port: number, monitorPort: number, store: string, passwords: NatsPasswords,
 *   listen?: string, storeLimit?: string, config: string, name?: string, leafPort?: number, args?: string[] }} options
 *   `port` and `monitorPort` may be -1: the server then takes free ones
 * @returns {Launch}
 */
export function natsLaunch(options) {
  const listen = options.listen ?? '127.0.0.1';
  /** @type {Record<string, string>} */
  const env = {
    SIGNALBOX_NATS_NAME: JSON.stringify(options.name ?? 'signalbox'),
    SIGNALBOX_NATS_LISTEN: JSON.stringify(listen),
    SIGNALBOX_NATS_PORT: String(options.port),
    SIGNALBOX_NATS_MONITOR: JSON.stringify(`127.0.0.1:${options.monitorPort}`),
    SIGNALBOX_NATS_STORE: JSON.stringify(options.store),
    SIGNALBOX_NATS_STORE_LIMIT: options.storeLimit ?? '20GB',
  };
  if (options.leafPort !== undefined) env['SIGNALBOX_NATS_LEAF_PORT'] = String(options.leafPort);
  for (const [user, password] of Object.entries(options.passwords)) {
    env[`SIGNALBOX_NATS_PASSWORD_${user.toUpperCase()}`] = JSON.stringify(password);
  }
  const args = ['-c', options.config, ...(options.args ?? [])];
  return { command: options.command, args, env };
}

/**
 * Nothing is written to disk: whatever Redis holds may expire or is rebuilt from the streams.
 * @param {{ command: string, port: number, folder: string, args?: string[] }} options
 * @returns {Launch}
 */
export function redisLaunch({ command, port, folder, args = [] }) {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  return { command, args: [...settings, '--daemonize', 'no', ...args], env: {} };
}
