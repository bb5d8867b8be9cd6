import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A wire between a client and a server of this machine that a test can spoil. */
export interface Wire {
  readonly port: number;
  /** From now on what the server says gets lost on the way; neither side notices. */
  swallow(): void;
  /** All that was lost. */
  readonly swallowed: string;
  /** Cuts every connection; new ones are whole again. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startWire(serverPort: number): Promise<Wire> {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let lost = false;
  let swallowed = '';
  const server = createServer((near) => {
    const far = connect(serverPort, '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    near.on('data', (chunk) => far.write(chunk));
    far.on('data', (chunk) => {
      if (lost) swallowed += chunk.toString('latin1');
      else near.write(chunk);
    });
    for (const end of [near, far]) {
      end.on('error', () => undefined);
      end.once('close', () => {
        near.destroy();
        far.destroy();
        pairs.delete(pair);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    lost = false;
    for (const { near } of pairs) near.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      lost = true;
    },
    get swallowed() {
      return swallowed;
    },
    cut,
    stop: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
