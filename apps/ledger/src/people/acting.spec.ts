import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Refusal } from '@signalbox/contracts';
import { Acting } from './acting.js';

const KNOWN = { ods: 'X9H2T', application: 'person-0123456789abcdef' };
const tokens = { of: () => Promise.resolve('token-of-a-minute') };

describe('acting in the name of somebody', () => {
  let server: Server | undefined;
  afterEach(
    () => new Promise<void>((resolve) => (server === undefined ? resolve() : void server.close(() => resolve()))),
  );

  /** A gateway that answers so, and what it was asked. */
  async function gateway(status: number, body: string, headers: Record<string, string> = {}) {
    const asked: {
      method?: string | undefined;
      url?: string | undefined;
      authorization?: string | undefined;
      body: string;
    }[] = [];
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const { method, url } = request;
        asked.push({ method, url, authorization: request.headers.authorization, body: text });
        response.writeHead(status, { 'content-type': 'application/json', connection: 'close', ...headers }).end(body);
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const url = new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/exchange/`);
    return { asked, acting: new Acting({ gateway: url, timeoutMs: 5_000, tokens }) };
  }

  const refusalOf = async (acting: Promise<unknown>): Promise<Refusal> => {
    const error: unknown = await acting.catch((thrown: unknown) => thrown);
    if (error instanceof Refusal) return error;
    throw new Error('it was not refused', { cause: error });
  };

  it('makes the call with a token of its own and gives back its answer', async () => {
    const { acting, asked } = await gateway(200, '{"changed":2}');
    expect(await acting.call(KNOWN, 'POST', '/subscriptions/s/pause', { note: 'x' })).toEqual({ changed: 2 });
    expect(asked).toEqual([
      {
        method: 'POST',
        url: '/exchange/subscriptions/s/pause',
        authorization: 'Bearer token-of-a-minute',
        body: '{"note":"x"}',
      },
    ]);
  });
  it('gives back nothing where the call answers nothing', async () => {
    const { acting } = await gateway(204, '');
    expect(await acting.call(KNOWN, 'DELETE', '/subscriptions/s')).toBeUndefined();
  });
  it('refuses as the gateway refused: code, detail, findings and when to try again', async () => {
    const findings = [{ path: '/note', rule: 'required', expected: 'a note', fix: 'Send it.', doc: '/openapi.json' }];
    const told = new Refusal('SB-4000', 'A note is missing', { findings }).toProblem('t');
    const { acting } = await gateway(400, JSON.stringify(told), { 'retry-after': '7' });
    const refusal = await refusalOf(acting.call(KNOWN, 'POST', '/x'));
    expect([refusal.code, refusal.findings, refusal.options.retryAfter]).toEqual(['SB-4000', findings, 7]);
    expect(refusal.toProblem().detail).toBe(told.detail);
  });
  it.each([
    ['what is no problem of ours', 502, '{"message":"bad gateway"}'],
    ['what is no JSON', 200, '<html>'],
  ])('says that the gateway did not answer for %s', async (_what, status, body) => {
    const { acting } = await gateway(status, body);
    expect((await refusalOf(acting.call(KNOWN, 'GET', '/x'))).code).toBe('SB-5035');
  });
  it('says so too where nobody listens, and where the console has no key that the gateway knows', async () => {
    const away = new Acting({ gateway: new URL('http://127.0.0.1:9'), timeoutMs: 2_000, tokens });
    expect((await refusalOf(away.call(KNOWN, 'GET', '/x'))).code).toBe('SB-5035');
    for (const none of [undefined, { of: () => Promise.resolve(undefined) }]) {
      const acting = new Acting({ gateway: new URL('http://127.0.0.1:9'), timeoutMs: 2_000, tokens: none });
      expect((await refusalOf(acting.call(KNOWN, 'GET', '/x'))).detail).toContain('key of this console');
    }
  });
  it('asks nobody but the gateway, whatever the path', async () => {
    const { acting, asked } = await gateway(200, '{}');
    for (const path of ['@evil.example/', 'https://evil.example/', '.evil.example/']) {
      await expect(acting.call(KNOWN, 'GET', path)).rejects.toThrow(TypeError);
    }
    for (const id of ['..', '.', '%2E%2e']) {
      expect((await refusalOf(acting.call(KNOWN, 'POST', `/events/${id}/recipients/handled`))).code).toBe('SB-4040');
      expect((await refusalOf(acting.call(KNOWN, 'GET', `/events/${id}?source=x`))).code).toBe('SB-4040');
    }
    expect(asked).toEqual([]);
  });
});
