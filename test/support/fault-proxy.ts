import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './ports.js';

/** What can be wrong between a client and a server; it holds for connections that are open already and for new ones. */
export type Fault =
  | { readonly kind: 'none' }
  /** Everything takes so many milliseconds longer, each way. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** What the client says arrives, what the server answers does not, and nobody is told. */
  | { readonly kind: 'stall' }
  /** The connection is reset as soon as the server answers, so the client cannot know that it was heard. */
  | { readonly kind: 'reset' }
  /** One end is gone without a word: connections stand, nothing passes either way. */
  | { readonly kind: 'half-open' }
  /** After an answer the connection stays open, takes further requests for so many milliseconds, loses them, and closes. */
  | { readonly kind: 'slow-close'; readonly ms: number }
  /** Nobody listens. */
  | { readonly kind: 'down' };

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** An answer has passed: with `slow-close` nothing more gets through. */
  answered: boolean;
  /** Everything that is on its way, so that bytes stay in order whatever they wait for. */
  toServer: Promise<void>;
  toClient: Promise<void>;
}

/** A TCP proxy on a port of its own that a test can spoil and mend while connections are open. */
export class FaultProxy {
  readonly #pairs = new Set<Pair>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly port: number;
  readonly #target: number;
  #fault: Fault = { kind: 'none' };
  #server: Server;

  private constructor(target: number, server: Server) {
    this.port = (server.address() as AddressInfo).port;
    this.#target = target;
    this.#server = server;
    server.on('connection', (near) => this.#join(near));
  }

  /** @param target - port of the server on this machine */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer();
    server.listen(await freePort(), '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(target, server);
  }

  /** From now on; whatever hung because of the fault before is cut, as a network does that comes back. */
  async apply(fault: Fault): Promise<void> {
    const before = this.#fault;
    this.#fault = fault;
    if (before.kind === 'down' && fault.kind !== 'down') await this.#listen();
    if (fault.kind === 'down' && before.kind !== 'down') await this.#close();
    if (before.kind !== 'none' && before.kind !== 'latency') this.#cut();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    if (this.#fault.kind === 'down') return;
    await this.#close();
  }

  async #listen(): Promise<void> {
    this.#server = createServer((near) => this.#join(near));
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async #close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#cut();
    await closed;
  }

  #cut(): void {
    for (const { near, far } of this.#pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    const pair: Pair = { near, far, answered: false, toServer: Promise.resolve(), toClient: Promise.resolve() };
    this.#pairs.add(pair);
    near.on('data', (chunk: Buffer) => {
      pair.toServer = pair.toServer.then(async () => this.#toServer(pair, chunk));
    });
    far.on('data', (chunk: Buffer) => {
      pair.toClient = pair.toClient.then(async () => this.#toClient(pair, chunk));
    });
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      end.on('error', () => undefined);
      end.once('close', () => {
        this.#pairs.delete(pair);
        // A peer that is gone without a word says no good-bye.
        if (this.#fault.kind !== 'half-open' && this.#fault.kind !== 'stall') other.destroy();
      });
    }
  }

  async #toServer(pair: Pair, chunk: Buffer): Promise<void> {
    const fault = this.#fault;
    if (fault.kind === 'half-open') return;
    if (fault.kind === 'slow-close' && pair.answered) {
      this.#later(fault.ms, () => pair.near.end());
      return;
    }
    if (fault.kind === 'latency') await this.#wait(fault.ms);
    if (!pair.far.destroyed) pair.far.write(chunk);
  }

  async #toClient(pair: Pair, chunk: Buffer): Promise<void> {
    const fault = this.#fault;
    pair.answered = true;
    if (fault.kind === 'stall' || fault.kind === 'half-open') return;
    if (fault.kind === 'reset') {
      pair.near.resetAndDestroy();
      return;
    }
    if (fault.kind === 'latency') await this.#wait(fault.ms);
    if (!pair.near.destroyed) pair.near.write(chunk);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#later(ms, resolve));
  }

  #later(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}
