import { createServer } from 'node:net';

/**
 * Whoever asks the system for any port, and every connection that goes out, is given one from 32,768 (Linux) or 49,152 on.
 * Ports for servers to come are below, so that nobody is given one before its server listens or while it is away; and each
 * process has a stretch to itself, so that no two tests are given the same.
 */
const FIRST = 11_000;
const STRETCH = 100;
const STRETCHES = 217;

const begin = FIRST + (process.pid % STRETCHES) * STRETCH;
let given = 0;

/** Free ports of the loopback address, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let looked = 0; looked < STRETCH && ports.length < count; looked += 1) {
    const port = begin + (given % STRETCH);
    given += 1;
    if (await isFree(port)) ports.push(port);
  }
  if (ports.length < count) throw new Error('The machine gave no free port.');
  return ports;
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port!;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
