import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/transport-node';
import { type Client, receiveWebhook, type ReceivedEvent } from '@signalbox/client';
import { askDoor, examples, startHouse, type TestHouse, waitFor } from '../support/index.js';

const LABORATORY = 'X9L3B';
const TYPE = 'org.signalbox.result.reported.v1';
const EXTENSIONS = { wardbeds: 12, isrepeat: false, note: 'é \\u00e9 😀 "quoted" \\\\ %41', sourcestatus: ' F ' };

/** Headers have no types: what is sent in them is text. */
const AS_HEADERS = { ...EXTENSIONS, wardbeds: '12', isrepeat: 'false' };

/** The content of an accepted example, written as somebody's printer might: every form that JSON allows. */
const MANNERS: [string, (data: Record<string, unknown>) => string][] = [
  ['as compact JSON', (data) => JSON.stringify(data)],
  ['with tabs and CRLF', (data) => JSON.stringify(data, undefined, '\t').replaceAll('\n', '\r\n')],
  ['with members in another order', (data) => JSON.stringify(Object.fromEntries(Object.entries(data).reverse()))],
  [
    'with spaces around everything',
    (data) => ` ${JSON.stringify(data).replaceAll('":', '" : ').replaceAll(',"', ' , "')} `,
  ],
  ['with numbers that no program can hold', (data) => withNumbers(JSON.stringify(data))],
  [
    'with escapes where none are needed',
    (data) => JSON.stringify(data).replaceAll('Diagnostic', '\\u0044iagnos\\u0074ic'),
  ],
  [
    'with letters of many alphabets',
    (data) => JSON.stringify(data).replaceAll('studies report', 'Ünïcödé 漢字 עברית 😀 \\ud83d\\ude00'),
  ],
];

/** What JSON.parse would change: trailing zeros, exponents, more digits than a double has. */
function withNumbers(text: string): string {
  const forms = ['5.10', '1.50E+2', '9007199254740993', '0.1000000000000000055511151231257827', '-0.0'];
  let at = 0;
  return text.replaceAll(/("value":)-?[\d.]+/g, (_whole, name: string) => name + forms[at++ % forms.length]!);
}

describe('content', () => {
  let house: TestHouse;
  let laboratory: Client;
  let practice: Client;
  let nats: NatsConnection;
  let server: Server;
  let pullId: string;
  let secrets: readonly string[] = [];
  const delivered: (ReceivedEvent & { body: Buffer })[] = [];

  beforeAll(async () => {
    house = await startHouse();
    laboratory = await house.enrol({ ods: LABORATORY, grants: [['publish', 'org.signalbox.result.*']] });
    practice = await house.enrol({ ods: 'X9G1P', grants: [['subscribe', 'org.signalbox.result.*']] });
    server = createServer((request, response) => {
      if (request.method === 'OPTIONS') return void response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const event = receiveWebhook(request.headers, body, secrets);
        delivered.push(Object.assign(Object.create(event) as ReceivedEvent, { body }));
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sink = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
    const hook = await practice.subscriptions.create({ types: [TYPE], protocol: 'HTTP', sink });
    secrets = hook.sinksecrets ?? [];
    pullId = (await practice.subscriptions.create({ types: [TYPE], protocol: 'PULL' })).id;
    await waitFor('consent', async () => (await practice.subscriptions.get(hook.id)).status === 'active');
    nats = await house.nats(LABORATORY);
  });
  afterAll(async () => {
    await nats.close();
    server.closeAllConnections();
    server.close();
    await house.stop();
  });

  const attributesOf = (id: string) => ({
    specversion: '1.0',
    id,
    source: `urn:ods:${LABORATORY}:system`,
    type: TYPE,
    time: new Date().toISOString(),
    datacontenttype: 'application/fhir+json',
    ...EXTENSIONS,
  });
  const structured = (id: string, data: string): string =>
    `${JSON.stringify(attributesOf(id)).slice(0, -1)} ,\r\n"data":${data}}`;

  const post = async (body: string | Uint8Array, headers: Record<string, string>): Promise<string> => {
    const authorization = `Bearer ${await laboratory.token()}`;
    const answer = await fetch(`${house.urls.gateway}/events`, {
      method: 'POST',
      body: body as string,
      headers: { authorization, ...headers },
    });
    return `${String(answer.status)} ${await answer.text()}`;
  };

  /** Each way in for an event; answers what the gateway said. */
  const doors: Record<string, (id: string, data: string) => Promise<string>> = {
    'structured mode': (id, data) => post(structured(id, data), { 'content-type': 'application/cloudevents+json' }),
    'binary mode': (id, data) => {
      const { datacontenttype, ...rest } = attributesOf(id);
      const headers = Object.entries(rest).map(([name, value]) => [
        `ce-${name}`,
        encodeURIComponent(String(value)).replaceAll('%3A', ':'),
      ]);
      return post(data, { 'content-type': datacontenttype, ...(Object.fromEntries(headers) as object) });
    },
    'a batch': (id, data) =>
      post(`[ ${structured(id, data)} ]`, { 'content-type': 'application/cloudevents-batch+json' }),
    NATS: async (id, data) => {
      const answer = await askDoor(nats, `publish.${TYPE}`, structured(id, data));
      return `${String(answer.status)} ${answer.text}`;
    },
  };

  const pulled = async (): Promise<ReceivedEvent[]> => {
    const { events, cursor } = await practice.subscriptions.pull(pullId, { limit: 10, waitMs: 0 });
    if (cursor !== undefined) await practice.subscriptions.acknowledge(pullId, cursor);
    return [...events];
  };

  const content = examples('accepts').find(({ type, event }) => type === TYPE && 'data' in event)!.event['data'];

  describe.each(Object.keys(doors))('through %s', (door) => {
    it.each(MANNERS)('%s arrives byte for byte, by webhook and by pull', async (_manner, write) => {
      const id = randomUUID();
      const data = write(content as Record<string, unknown>);
      // The space around a value is no part of it: where an event is one JSON document, nobody can tell whose it is.
      const sent = data.trim();
      const attributes = door === 'binary mode' ? AS_HEADERS : EXTENSIONS;
      expect(await doors[door]!(id, data)).toMatch(/^20[02] .*"state":"accepted"/);
      const byWebhook = await waitFor('the webhook', () => delivered.find((event) => event.id === id));
      const [byPull, ...more] = await pulled();
      expect(more).toEqual([]);
      for (const event of [byWebhook, byPull!]) {
        expect(Buffer.from(event.raw).toString()).toBe(sent);
        expect(event.attributes).toMatchObject({ ...attributes, id, sourceorg: LABORATORY });
      }
      expect(byWebhook.body.includes(sent)).toBe(true);
    });
  });

  it('that is only named by an address arrives as that address, with no content made up', async () => {
    const id = randomUUID();
    const dataref = 'https://results.example.org/documents/6f3a';
    await laboratory.publish({ ...attributesOf(id), dataref });
    const byWebhook = await waitFor('the webhook', () => delivered.find((event) => event.id === id));
    const [byPull] = await pulled();
    for (const event of [byWebhook, byPull!]) {
      expect([event.raw.length, event.data, event.attributes['dataref']]).toEqual([0, undefined, dataref]);
    }
    expect(JSON.parse(byWebhook.body.toString())).not.toHaveProperty('data');
  });
});
