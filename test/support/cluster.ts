import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { natsFolder, natsLaunch } from '../../deploy/local/engines.mjs';
import type { Secrets } from '../../deploy/local/secrets.mjs';
import { findServers } from '../../deploy/local/servers.mjs';
import { waitFor } from './condition.js';
import { withoutCertificates } from './nats.js';
import { freePorts } from './ports.js';
import { ServerProcess } from './server-process.js';

/** One server of a cluster, with streams of its own on the disk. */
export interface ClusterServer {
  readonly name: string;
  /** Ends it without warning and keeps its store. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** Three real nats-servers with the configuration of a deployment, but for certificates, on free loopback ports. */
export interface TestCluster {
  /** Addresses of all of them, with commas, for clients and of their monitors. */
  readonly url: string;
  readonly monitorUrl: string;
  readonly servers: readonly ClusterServer[];
  stop(): Promise<void>;
}

const SIZE = 3;
const SECRET = 'test-cluster';
const PATIENT = { within: 60_000 };

/** @param folder where the servers keep their configuration and streams */
export async function startCluster(folder: string, passwords: Secrets['natsPasswords']): Promise<TestCluster> {
  const ports = await freePorts(SIZE * 3);
  const [clients, monitors, routes] = [0, 1, 2].map((at) => ports.slice(at * SIZE, (at + 1) * SIZE)) as [
    number[],
    number[],
    number[],
  ];
  const monitorOf = (at: number) => `http://127.0.0.1:${String(monitors[at])}`;
  const { nats } = findServers();
  const launchOf = (at: number) => {
    const own = join(folder, `zone-${String(at + 1)}`);
    const config = natsFolder(own, 'cluster.conf');
    writeFileSync(config, withoutCertificates(readFileSync(config, 'utf8')));
    const launch = natsLaunch({
      command: nats.command,
      port: clients[at]!,
      monitorPort: monitors[at]!,
      store: join(own, 'store'),
      passwords,
      storeLimit: '1GB',
      config,
      name: `zone-${String(at + 1)}`,
    });
    const known = routes.map((port, index) => [
      `SIGNALBOX_NATS_CLUSTER_ROUTES_${String(index + 1)}`,
      JSON.stringify(`nats://cluster:${SECRET}@127.0.0.1:${String(port)}`),
    ]);
    const cluster = {
      SIGNALBOX_NATS_CLUSTER_LISTEN: JSON.stringify(`127.0.0.1:${String(routes[at])}`),
      SIGNALBOX_NATS_CLUSTER_PASSWORD: SECRET,
      ...(Object.fromEntries(known) as Record<string, string>),
    };
    return { ...launch, env: { ...launch.env, ...cluster } };
  };
  const running = new Map<number, ServerProcess>();
  const start = async (at: number) => {
    const server = new ServerProcess(launchOf(at));
    running.set(at, server);
    await waitFor(
      `zone-${String(at + 1)} to be healthy`,
      async () => {
        server.assertRunning();
        return (await fetch(`${monitorOf(at)}/healthz`).catch(() => undefined))?.ok === true;
      },
      PATIENT,
    );
  };
  const stop = async () => void (await Promise.all([...running.values()].map((server) => server.end('SIGTERM'))));
  const all = Array.from({ length: SIZE }, (_, at) => at);
  await Promise.all(all.map(start)).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    url: clients.map((port) => `nats://127.0.0.1:${String(port)}`).join(','),
    monitorUrl: all.map(monitorOf).join(','),
    servers: all.map((at) => ({
      name: `zone-${String(at + 1)}`,
      kill: () => running.get(at)!.end('SIGKILL'),
      start: () => start(at),
    })),
    stop,
  };
}
