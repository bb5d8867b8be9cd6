import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { run } from '../run.js';

const EVENT =
  '{"specversion":"1.0","id":"e-1","source":"urn:ods:X9L3B:lims","type":"org.signalbox.result.reported.v1",' +
  '"time":"2026-03-05T16:40:00Z","correlationid":"j-1","data":{"secret":"of a patient"}}';

let server: Server;
let calls: string[];
let stream: (response: ServerResponse) => void;

/** A gateway whose streams are held back or not offered, which the real one cannot be asked for. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const call = `${request.method ?? ''} ${request.url ?? ''}`;
  calls.push(call);
  const pulls = calls.filter((one) => one.endsWith('/pull')).length;
  const json = (body: string): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  if (call === 'POST /subscriptions') json('{"id":"s-1","protocol":"PULL"}');
  else if (call === 'GET /subscriptions/s-1') json('{"id":"s-1","protocol":"PULL"}');
  else if (call === 'GET /subscriptions/s-2') json('{"id":"s-2","protocol":"HTTP"}');
  else if (call.endsWith('/stream')) stream(response);
  else if (call.endsWith('/pull')) {
    const position = pulls === 1 ? '{}' : '{"late":"e-9"}';
    json(`{"items":[{"event":${EVENT},"position":${position}}],"cursor":"c-${pulls}","more":false}`);
  } else response.writeHead(204).end();
}

beforeEach(async () => {
  calls = [];
  stream = (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>Sign in</p>');
  server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function listen(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const env = {
    SIGNALBOX_GATEWAY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    SIGNALBOX_TOKEN: 't',
  };
  const streams = { stdin: Readable.from([]), stdout, stderr };
  const code = await run(['listen', ...args], streams, env, new AbortController().signal);
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') };
}

describe('listening', () => {
  test('goes on by pulling where no stream comes through, and leaves nothing behind', async () => {
    const { code, out, err } = await listen('result.*', '--max', '2');
    expect(code).toBe(0);
    expect(err).toMatch(/waiting: not-understood[^]*read by pull/);
    expect(out.trim().split('\n')).toEqual([
      '2026-03-05T16:40:00Z  org.signalbox.result.reported.v1  e-1  journey j-1',
      '2026-03-05T16:40:00Z  org.signalbox.result.reported.v1  e-1  journey j-1  (late e-9)',
    ]);
    expect(calls.filter((call) => call.endsWith('/ack'))).toHaveLength(2);
    expect(calls.at(-1)).toBe('DELETE /subscriptions/s-1');
  });

  test('shows what is in an event only when it is asked to, as text or as JSON', async () => {
    const kept = await listen('--max', '1', '--json');
    expect(kept.out).not.toMatch(/patient/);
    expect(JSON.parse(kept.out)).toMatchObject({ v: 1, id: 'e-1', journey: 'j-1' });
    expect((await listen('--max', '1', '--print')).out).toContain(EVENT);
    const printed = await listen('--max', '1', '--json', '--print');
    expect(JSON.parse(printed.out)).toEqual({ v: 1, event: JSON.parse(EVENT) });
  });

  test('leaves a subscription alone that it did not make, or was told to keep', async () => {
    await listen('--max', '1', '--subscription', 's-1');
    await listen('--max', '1', '--keep');
    expect(calls.filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });

  test('says why it gives up on an event, and ends as failed', async () => {
    const { code, out, err } = await listen('--max', '1', '--attempts', '1', '--forward-to', 'http://127.0.0.1:9/');
    expect(code).toBe(1);
    expect(out).toMatch(/^--> .* e-1\n<-- nobody listens there {2}\d+ ms {2}failed, given up\n$/);
    expect(err).toMatch(/1 received, 1 not taken by/);
    expect(calls.filter((call) => call.endsWith('/ack'))).toEqual([]);
  });

  test.each([
    [['--subscription', 's-1', 'result.*'], /leave out the types/],
    [['--subscription', 's-2'], /delivered by HTTP[^]*signalbox subscription switch s-2 --to pull/],
    [['--forward-to', 'ftp://x'], /--forward-to must be an http or https address/],
    [['--attempts', '0'], /--attempts must be a whole number/],
  ])('is told what is wrong with %j', async (args, message) => {
    const { code, err } = await listen(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(calls.filter((call) => call.startsWith('POST'))).toEqual([]);
  });

  test('ends when another reader takes the subscription over', async () => {
    stream = (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('event: end\ndata: {"reason":"taken-over"}\n\n');
    const { code, err } = await listen('--subscription', 's-1');
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Ready: subscription s-1, read by stream[^]*taken-over {2}The subscription is streamed to another/,
    );
  });
});
