import { connect } from 'node:net';
import { redisLaunch } from '../../deploy/local/engines.mjs';
import { findServers } from '../../deploy/local/servers.mjs';
import { waitFor } from './condition.js';
import { temporaryFolder } from './folders.js';
import { freePort } from './ports.js';
import { ServerProcess } from './server-process.js';

/** A real Redis (or Valkey) without persistence, on a free loopback port. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number | undefined;
  readonly output: string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): void;
  stop(): Promise<void>;
}

/** Somebody may take a port between asking for it and using it. */
const PORT_ATTEMPTS = 5;

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => settle(data.toString().startsWith('+PONG')));
    socket.once('error', () => settle(false));
    socket.setTimeout(1_000, () => settle(false));
  });
}

async function begin(
  command: string,
  folder: string,
  port: number,
  args: string[],
): Promise<ServerProcess | undefined> {
  const server = new ServerProcess(redisLaunch({ command, port, folder, args }));
  const outcome = await waitFor('Redis to answer', async () => {
    if (!server.running) return 'ended' as const;
    return (await answersPing(port)) ? ('ready' as const) : undefined;
  });
  // Answers may come from a stranger on the port; only a live process of ours counts.
  return outcome === 'ready' && server.running ? server : undefined;
}

/** Starts a Redis for one test file. */
export async function startRedis(options: { args?: string[] } = {}): Promise<TestRedis> {
  const { redis } = findServers();
  const folder = temporaryFolder('redis');
  const args = options.args ?? [];
  let port = 0;
  let server: ServerProcess | undefined;
  for (let attempt = 0; !server && attempt < PORT_ATTEMPTS; attempt += 1) {
    port = await freePort();
    server = await begin(redis.command, folder.path, port, args);
  }
  if (!server) throw new Error(`Redis did not start on any of ${PORT_ATTEMPTS} free ports.`);
  let current = server;
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return current.pid;
    },
    get output() {
      return current.output;
    },
    kill: (signal = 'SIGKILL') => current.end(signal),
    restart: async () => {
      await current.end('SIGTERM');
      const again = await begin(redis.command, folder.path, port, args);
      if (!again) throw new Error(`Redis did not start again on port ${port}.`);
      current = again;
    },
    freeze: () => current.freeze(),
    thaw: () => current.thaw(),
    stop: async () => {
      current.thaw();
      await current.end('SIGTERM');
      folder.remove();
    },
  };
}
