import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '@signalbox/client';
import { waitFor } from '../support/index.js';

/** A receiver's endpoint of which a test decides how it fares. */
export interface Endpoint {
  /** Id of the subscription that delivers to it. */
  readonly subscription: string;
  /** Whether it takes, refuses, or cannot be reached. */
  fares: 'well' | 'refuses' | 'down';
  /** How much was sent to it again because somebody asked for a replay. */
  readonly replayed: number;
  close(): Promise<void>;
}

/** Opens an endpoint that consents to everybody, and subscribes with it. */
export async function openEndpoint(client: Client, types: string[]): Promise<Endpoint> {
  let fares: Endpoint['fares'] = 'well';
  let replayed = 0;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    if (request.method === 'OPTIONS') {
      const origin = request.headers['webhook-request-origin'] ?? '*';
      const consent = { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' };
      return void response.writeHead(200, { allow: 'POST, OPTIONS', ...consent }).end();
    }
    if (fares === 'down') return void request.destroy();
    if (request.headers['signalbox-replay'] !== undefined) replayed += 1;
    response.writeHead(fares === 'well' ? 204 : 422).end();
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const sink = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const { id } = await client.subscriptions.create({ protocol: 'HTTP', sink, types });
  await waitFor('the subscription', async () => (await client.subscriptions.get(id)).status === 'active', {
    within: 60_000,
    every: 100,
  });
  return {
    subscription: id,
    get fares() {
      return fares;
    },
    set fares(next) {
      fares = next;
    },
    get replayed() {
      return replayed;
    },
    close: async () => {
      await client.subscriptions.delete(id);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
