/** The subscribers of the demonstration: webhooks to the practice and the hospital, a pull by the laboratory. */
import { createServer } from 'node:http';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiveWebhook } from '@signalbox/client';

/**
 * @typedef {import('@signalbox/client').Client} Client
 * @typedef {import('@signalbox/client').ReceivedEvent} ReceivedEvent
 * @typedef {(receiver: string, event: ReceivedEvent, webhookId?: string) => void} Told
 * @typedef {{ id: string, secrets: readonly string[] }} Kept
 */

const WEBHOOKS = /** @type {const} */ (['practice', 'hospital']);
const TYPES = ['org.signalbox.referral.*', 'org.signalbox.booking.*', 'org.signalbox.result.*'];
/** A laboratory wants to hear that its results were seen, not its own results. */
const LABORATORY_TYPES = ['org.signalbox.result.acknowledged.v1'];
/** Largest delivery: an event of the largest size in structured form. */
const BODY_BYTES = 4 * 1024 * 1024;

/** @param {import('node:http').IncomingMessage} request */
async function bodyOf(request) {
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES) throw new Error('The body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Consent to deliveries (CloudEvents webhook handshake): whoever asks is named in the answer.
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
function consent(request, response) {
  const origin = request.headers['webhook-request-origin'];
  response.writeHead(200, {
    allow: 'POST, OPTIONS',
    ...(origin ? { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } : {}),
  });
  response.end();
}

/**
 * A small receiver as a vendor would write it: verify the signature over the raw bytes, then answer 204.
 * @param {(receiver: string) => readonly string[]} secretsOf
 * @param {Told} told
 */
function receiverServer(secretsOf, told) {
  return createServer((request, response) => {
    const receiver = (request.url ?? '').slice('/webhooks/'.length);
    if (!WEBHOOKS.some((name) => name === receiver)) return void response.writeHead(404).end();
    if (request.method === 'OPTIONS') return consent(request, response);
    if (request.method !== 'POST') return void response.writeHead(405, { allow: 'POST, OPTIONS' }).end();
    bodyOf(request).then(
      (body) => {
        try {
          const event = receiveWebhook(request.headers, body, secretsOf(receiver));
          told(receiver, event, String(request.headers['webhook-id']));
          response.writeHead(204).end();
        } catch {
          response.writeHead(401).end();
        }
      },
      () => response.writeHead(413).end(),
    );
  });
}

/**
 * What was told once, at creation: ids and secrets of the subscriptions.
 * @param {string} file
 * @returns {Record<string, Kept>}
 */
function readKept(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

/**
 * The subscription of an earlier start where it still serves, else a new one.
 * @param {Client} client
 * @param {Kept | undefined} kept
 * @param {{ protocol: 'HTTP' | 'PULL', sink?: string, types: string[] }} how
 * @returns {Promise<Kept>}
 */
async function ensureSubscription(client, kept, how) {
  const existing = await client.subscriptions.list();
  const same = existing.find(({ id, sink, status }) => id === kept?.id && sink === how.sink && status !== 'disabled');
  if (same && kept) return kept;
  const mine = existing.filter(({ id, sink }) => id === kept?.id || (how.sink !== undefined && sink === how.sink));
  for (const { id } of mine) await client.subscriptions.delete(id);
  const made = await client.subscriptions.create(how);
  return { id: made.id, secrets: made.sinksecrets ?? [] };
}

/**
 * Starts the receivers and makes their subscriptions.
 * @param {{ clients: Record<keyof typeof import('./organisations.mjs').DEMO, Client>, port: number, keysFolder: string, keptIn?: string, told: Told }} options `keptIn`: where ids and secrets of its
 *   subscriptions are kept, which belong to the streams; beside the keys where nothing is said
 * @returns {Promise<{ subscriptions: string[], stop: () => Promise<void> }>} ids of its subscriptions
 */
export async function startReceivers({ clients, port, keysFolder, keptIn = keysFolder, told }) {
  const file = join(keptIn, 'demo-subscriptions.json');
  const kept = readKept(file);
  const server = receiverServer((receiver) => kept[receiver]?.secrets ?? [], told);
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(undefined));
  });
  for (const name of WEBHOOKS) {
    const sink = `http://127.0.0.1:${port}/webhooks/${name}`;
    kept[name] = await ensureSubscription(clients[name], kept[name], { protocol: 'HTTP', sink, types: TYPES });
  }
  const wanted = { protocol: /** @type {const} */ ('PULL'), types: LABORATORY_TYPES };
  const pull = await ensureSubscription(clients.laboratory, kept['laboratory'], wanted);
  kept['laboratory'] = pull;
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });

  const ending = new AbortController();
  const pulling = clients.laboratory
    .subscribe((event) => told('laboratory', event), { subscription: pull.id, waitMs: 10_000, signal: ending.signal })
    .catch(() => undefined);
  return {
    subscriptions: Object.values(kept).map(({ id }) => id),
    stop: async () => {
      ending.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(() => resolve(undefined)));
      await pulling;
    },
  };
}
