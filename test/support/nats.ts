import { appendFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reloadServer, renderAccounts, type Tenant, type TenantLimits } from '@signalbox/messaging';
import { natsFolder, natsLaunch } from '../../deploy/local/engines.mjs';
import { findServers } from '../../deploy/local/servers.mjs';
import { waitFor } from './condition.js';
import { temporaryFolder } from './folders.js';
import { freePorts } from './ports.js';
import { ServerEnded, ServerProcess } from './server-process.js';

export type NatsUser = 'gateway' | 'relay' | 'ledger' | 'steward' | 'system';

export interface NatsOptions {
  /** Another configuration file than deploy/nats/nats-server.conf. */
  config?: string;
  /** Most that the streams may take, for tests of a full disk; `1GB` if not told. */
  storeLimit?: string;
  /** Where to keep the streams, on a disk that a test has prepared; a temporary folder if not told. */
  store?: string;
  /** Takes leaf nodes too, as deploy/nats/hub.conf does but for the certificates, on this port. */
  leafPort?: number;
  /** Further command line arguments, `-DV` say. */
  args?: string[];
}

/** A real nats-server with JetStream, the users and rights of a deployment, on free loopback ports. */
export interface TestNats {
  readonly url: string;
  readonly monitorUrl: string;
  readonly port: number;
  /** Where it keeps its streams. */
  readonly store: string;
  readonly users: Readonly<Record<NatsUser, { user: string; password: string }>>;
  readonly pid: number | undefined;
  readonly output: string;
  /** Ends it without warning and keeps its store. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Gives organisations their accounts, as the steward does from the registry. */
  tenants(tenants: readonly Tenant[], limits?: TenantLimits): Promise<void>;
  /** Where its configuration lies, with the accounts of organisations. */
  readonly folder: string;
  /** Starts it again on the same port and store, after `kill`; an orderly stop comes first if it still runs. */
  restart(): Promise<void>;
  /** SIGSTOP and SIGCONT: connections stay open and nobody answers. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Whoever connects has two seconds to say who they are, which a process that stands still for a moment does not keep. */
export const PATIENT = '\nauthorization { timeout: 30 }\n';

interface Ports {
  port: number;
  monitorPort: number;
}

const PASSWORDS: Record<NatsUser, string> = {
  gateway: 'test-gateway',
  relay: 'test-relay',
  ledger: 'test-ledger',
  steward: 'test-steward',
  system: 'test-system',
};

/** The server writes the ports that it was given into a file; it does not answer before that. */
function readPorts(folder: string): Ports | undefined {
  const file = readdirSync(folder).find((name) => name.endsWith('.ports'));
  if (!file) return undefined;
  const text = readFileSync(join(folder, file), 'utf8');
  if (text === '') return undefined;
  const listed = JSON.parse(text) as { nats?: string[]; monitoring?: string[] };
  const [client, monitor] = [listed.nats?.[0], listed.monitoring?.[0]];
  return client && monitor ? { port: portOf(client), monitorPort: portOf(monitor) } : undefined;
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** A configuration of a deployment for tests on loopback. */
export function withoutCertificates(text: string): string {
  return text.replace(/^ *tls \{[^}]*\}\n/gm, '');
}

async function isHealthy(monitorPort: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${monitorPort}/healthz`).catch(() => undefined);
  return answer?.ok ?? false;
}

/**
 * Starts a nats-server for one test file.
 * @throws with the server's own words if it does not start
 */
export async function startNats(options: NatsOptions = {}): Promise<TestNats> {
  const { nats } = findServers();
  const folder = temporaryFolder('nats');
  const store = options.store ?? join(folder.path, 'store');
  const configured = join(folder.path, 'engine');
  const config = options.config ?? natsFolder(configured, options.leafPort === undefined ? undefined : 'hub.conf');
  if (options.leafPort !== undefined) writeFileSync(config, withoutCertificates(readFileSync(config, 'utf8')));
  if (options.config === undefined) appendFileSync(config, PATIENT);

  const begin = async (wanted: Ports): Promise<{ server: ServerProcess; ports: Ports }> => {
    for (const name of readdirSync(folder.path)) if (name.endsWith('.ports')) rmSync(join(folder.path, name));
    const server = new ServerProcess(
      natsLaunch({
        ...wanted,
        command: nats.command,
        store,
        passwords: PASSWORDS,
        storeLimit: options.storeLimit ?? '1GB',
        config,
        ...(options.leafPort === undefined ? {} : { leafPort: options.leafPort }),
        args: ['--ports_file_dir', folder.path, ...(options.args ?? [])],
      }),
    );
    const ports = await waitFor('nats-server to be healthy', async () => {
      if (!server.running) return 'ended' as const;
      const given = existsSync(folder.path) ? readPorts(folder.path) : undefined;
      return given && (await isHealthy(given.monitorPort)) ? given : undefined;
    }).catch(async (error: unknown) => {
      await server.end('SIGKILL');
      throw new Error(`nats-server did not become healthy; it said last: ${server.output.trim().split('\n').at(-1)}`, {
        cause: error,
      });
    });
    if (ports === 'ended') throw new ServerEnded(`nats-server ended: ${server.output.trim()}`);
    return { server, ports };
  };

  const [port, monitorPort] = (await freePorts(2)) as [number, number];
  let { server, ports } = await begin({ port, monitorPort });
  return {
    url: `nats://127.0.0.1:${ports.port}`,
    monitorUrl: `http://127.0.0.1:${ports.monitorPort}`,
    port: ports.port,
    store,
    users: Object.fromEntries(
      Object.entries(PASSWORDS).map(([user, password]) => [user, { user, password }]),
    ) as TestNats['users'],
    get pid() {
      return server.pid;
    },
    get output() {
      return server.output;
    },
    folder: configured,
    tenants: async (tenants, limits) => {
      writeFileSync(join(configured, 'accounts.conf'), renderAccounts(tenants, limits).text);
      await reloadServer({ server: `nats://127.0.0.1:${ports.port}`, user: 'system', password: PASSWORDS.system });
    },
    kill: (signal = 'SIGKILL') => server.end(signal),
    restart: async () => {
      await server.end('SIGTERM');
      ({ server, ports } = await begin(ports));
    },
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    stop: async () => {
      server.thaw();
      await server.end('SIGTERM');
      folder.remove();
    },
  };
}
