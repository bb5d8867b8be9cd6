import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { CommandFailure, EXIT_CODES } from './exit-codes.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly gateway?: string;
  readonly ledger?: string;
  readonly keys?: string;
  readonly debug?: boolean;
}

/** Where everything is; options win over the environment, the environment over the defaults. */
export interface Settings {
  readonly gateway: string;
  readonly ledger: string;
  readonly relay: string;
  /** One for each server of the engine. */
  readonly natsMonitors: readonly string[];
  readonly keysFolder: string;
  /** Organisation assumed where none is named. */
  readonly organisation: string | undefined;
  /** A bearer token to use instead of a key. */
  readonly token: string | undefined;
  /** The clone that this command belongs to; undefined where it is installed alone. */
  readonly house: string | undefined;
}

const LOOPBACK = '127.0.0.1';

/** @throws {@link CommandFailure} (usage) for an address that is none. */
export function readSettings(options: GlobalOptions, env: NodeJS.ProcessEnv): Settings {
  const house = houseFolder();
  const host = env['SIGNALBOX_HOST'] ?? LOOPBACK;
  // A server that listens on every address is still asked at loopback.
  const shown = host === '0.0.0.0' || host === '::' ? LOOPBACK : host;
  const local = (name: string, port: number): string => `http://${shown}:${env[`SIGNALBOX_${name}_PORT`] ?? port}`;
  return {
    gateway: address(
      options.gateway ?? env['SIGNALBOX_GATEWAY_URL'] ?? local('GATEWAY', 8080),
      '--gateway or SIGNALBOX_GATEWAY_URL',
    ),
    ledger: address(
      options.ledger ?? env['SIGNALBOX_LEDGER_URL'] ?? local('LEDGER', 8081),
      '--ledger or SIGNALBOX_LEDGER_URL',
    ),
    relay: address(env['SIGNALBOX_RELAY_URL'] ?? local('RELAY', 8082), 'SIGNALBOX_RELAY_URL'),
    natsMonitors: (env['SIGNALBOX_NATS_MONITOR_URL'] ?? local('NATS_MONITOR', 8222))
      .split(',')
      .map((one) => address(one.trim(), 'SIGNALBOX_NATS_MONITOR_URL')),
    keysFolder: resolve(
      options.keys ?? env['SIGNALBOX_KEYS_FOLDER'] ?? join(house ?? process.cwd(), '.signalbox', 'keys'),
    ),
    organisation: env['SIGNALBOX_ORGANISATION'],
    token: env['SIGNALBOX_TOKEN'],
    house,
  };
}

function address(value: string, name: string): string {
  const url = URL.parse(value);
  if (url !== null && /^https?:$/.test(url.protocol)) return value;
  throw new CommandFailure(EXIT_CODES.usage, `${name} must be an http or https address.`);
}

/** The clone around this file, told by its local set-up. */
function houseFolder(): string | undefined {
  const folder = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
  return existsSync(join(folder, 'deploy', 'local', 'house.mjs')) ? folder : undefined;
}
