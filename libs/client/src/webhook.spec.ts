import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, test } from '@jest/globals';
import { newSecret, signWebhook } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';
import { webhookListener, webhookReceiver } from './webhook.js';
import type { WebhookAnswer, WebhookOptions } from './webhook.js';

const secret = newSecret();
const event = (id: string, data = '{ "v": 5.10 }'): string =>
  `{"specversion":"1.0","id":"${id}","source":"urn:ods:X9L3B:lims","type":"t","data":${data}}`;

interface Sent {
  readonly body?: string;
  readonly type?: string;
  readonly marks?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly signedWith?: string;
}

/** What a receiver answers to one request, and what its handler was given. */
async function answered(
  sent: Sent,
  o: Partial<WebhookOptions> = {},
  handle: (event: ReceivedEvent) => void = () => undefined,
): Promise<{ answer: WebhookAnswer; handled: ReceivedEvent[]; troubles: unknown[] }> {
  const handled: ReceivedEvent[] = [];
  const troubles: unknown[] = [];
  const receive = webhookReceiver(
    (one) => {
      handled.push(one);
      handle(one);
    },
    { secrets: secret, onTrouble: (error) => troubles.push(error), ...o },
  );
  const body = Buffer.from(sent.body ?? event('e-1'));
  const headers = {
    'content-type': sent.type ?? 'application/cloudevents+json',
    ...signWebhook({ id: 'w-1', body, secrets: [sent.signedWith ?? secret] }),
    ...sent.marks,
  };
  return { answer: await receive({ method: sent.method ?? 'POST', headers, body }), handled, troubles };
}

describe('a receiver of webhooks', () => {
  test('hands an event over with its bytes and without marks', async () => {
    const { answer, handled } = await answered({});
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(handled).toMatchObject([{ id: 'e-1', marks: {} }]);
    expect(Buffer.from(handled[0]!.raw).toString()).toBe('{ "v": 5.10 }');
  });

  test('hands a batch over one by one, in its order', async () => {
    const body = `[${event('a')},${event('b')},${event('c')}]`;
    const { answer, handled } = await answered({ body, type: 'application/cloudevents-batch+json' });
    expect(answer.status).toBe(204);
    expect(handled.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('has the whole request sent again when the handler fails, and tells the exchange nothing of the error', async () => {
    const body = `[${event('a')},${event('b')},${event('c')}]`;
    const { answer, handled, troubles } = await answered(
      { body, type: 'application/cloudevents-batch+json' },
      {},
      ({ id }) => {
        if (id === 'b') throw new Error('the patient is unknown here');
      },
    );
    expect(answer.status).toBe(500);
    expect(answer.body).not.toMatch(/patient/);
    expect(handled.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(troubles).toMatchObject([{ message: 'the patient is unknown here' }]);
  });

  test('refuses a replay so that it is parked with its reason, unless it was opted in', async () => {
    const marks = { 'Signalbox-Replay': 'r-1' };
    const refused = await answered({ marks });
    expect(refused.handled).toEqual([]);
    expect(refused.answer.status).toBe(422);
    expect(JSON.parse(refused.answer.body)).toMatchObject({ title: 'Replays are not accepted here', status: 422 });
    const accepted = await answered({ marks }, { acceptReplays: true });
    expect(accepted).toMatchObject({ answer: { status: 204 }, handled: [{ id: 'e-1', marks: { replay: 'r-1' } }] });
  });

  test('answers a test without handing it over, unless it was opted in', async () => {
    const marks = { 'signalbox-test': 'true' };
    const kept = await answered({ marks });
    expect(kept).toMatchObject({ answer: { status: 200, body: /Signature and event are right/ }, handled: [] });
    const handed = await answered({ marks }, { handleTests: true });
    expect(handed).toMatchObject({ answer: { status: 204 }, handled: [{ marks: { test: 'true' } }] });
  });

  test('tells that an event is late or corrects another', async () => {
    const marks = { 'signalbox-late': 'n%20ew', 'signalbox-corrects': 'o-1' };
    expect((await answered({ marks })).handled).toMatchObject([{ marks: { late: 'n ew', corrects: 'o-1' } }]);
  });

  test.each<[string, Sent, number]>([
    ['another secret', { signedWith: newSecret() }, 401],
    ['something else than an event', { body: '{"hello":1}' }, 400],
    ['a batch with one item that is none', { body: '[{}]', type: 'application/cloudevents-batch+json' }, 400],
    ['another method', { method: 'PUT' }, 405],
  ])('refuses %s with a problem, without handing anything over', async (_name, sent, status) => {
    const { answer, handled } = await answered(sent);
    expect(answer).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(handled).toEqual([]);
  });

  test('is at fault itself where its secret is none', async () => {
    expect((await answered({}, { secrets: 'whsec_short' })).answer.status).toBe(500);
  });

  test('takes the new and the old secret while one is rotated', async () => {
    const secrets = [newSecret(), secret];
    expect((await answered({}, { secrets })).answer.status).toBe(204);
  });

  test('consents to the handshake of the exchange', async () => {
    const { answer } = await answered({ method: 'OPTIONS' }, { allowedOrigin: 'exchange.example' });
    expect(answer).toMatchObject({ status: 200, headers: { 'webhook-allowed-origin': 'exchange.example' } });
  });

  test('serves node:http, and reads no more than it is told to', async () => {
    const handled: string[] = [];
    const listener = webhookListener(({ id }) => void handled.push(id), { secrets: secret, maxBodyBytes: 400 });
    const server = createServer(listener);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const post = async (body: string): Promise<number> => {
      const signed = signWebhook({ id: 'w-1', body, secrets: [secret] });
      const headers = { 'content-type': 'application/cloudevents+json', ...signed };
      return (await fetch(url, { method: 'POST', headers, body })).status;
    };
    expect(await post(event('small'))).toBe(204);
    expect(await post(event('large', `"${'x'.repeat(1000)}"`))).toBe(413);
    expect(handled).toEqual(['small']);
    server.closeAllConnections();
    server.close();
  });
});
