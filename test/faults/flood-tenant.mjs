/**
 * One organisation that floods, in a process of its own. Told on stdin what to do, a word a line: `publish` (as many good
 * events as are answered, 256 under way), `engine` (calls of the JetStream API, which are denied), `rest`. Says how much it
 * has done when it ends.
 */
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { headers as newHeaders } from '@nats-io/transport-node';
import '../support/typescript.mjs';

const { connectTenant } = await import('../support/index.ts');

const UNDER_WAY = 256;
const AT_ONCE = 500;
const { FLOOD_SERVER: server, FLOOD_SEED: seed, FLOOD_EVENT: text } = process.env;
const connection = await connectTenant(server, { publicKey: '', seed: new TextEncoder().encode(seed) }, 'system');
const event = JSON.parse(text);
const told = { published: 0, 'told to wait': 0, 'calls of the engine': 0 };
let doing = 'rest';

const headers = newHeaders();
headers.set('content-type', 'application/cloudevents+json');

async function publisher() {
  for (;;) {
    if (doing !== 'publish') await new Promise((resolve) => setTimeout(resolve, 20));
    else {
      const body = JSON.stringify({ ...event, id: randomUUID(), correlationid: randomUUID() });
      const answer = await connection
        .request(`publish.${event.type}`, body, { headers, timeout: 10_000 })
        .catch(() => undefined);
      if (answer?.headers?.get('status') === '202') told.published += 1;
      else told['told to wait'] += 1;
    }
  }
}

async function caller() {
  for (;;) {
    if (doing !== 'engine') await new Promise((resolve) => setTimeout(resolve, 20));
    else {
      for (let count = 0; count < AT_ONCE; count++) connection.publish('$JS.API.STREAM.INFO.EVENTS_RESULT', '{}');
      told['calls of the engine'] += AT_ONCE;
      await connection.flush().catch(() => undefined);
    }
  }
}

for (let one = 0; one < UNDER_WAY; one++) void publisher();
void caller();
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) doing = line.trim();
console.log(JSON.stringify(told));
process.exit(0);
