import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { describe, expect, test } from '@jest/globals';

import { ask } from './check.js';
import { checkNode } from './machine.js';
import { checkClock, checkLive, checkNatsVersion, checkReady, checkSync } from './servers.js';
import { claimChecks } from './tokens.js';

const answered = (body: unknown, status = 200, date: string | null = null) =>
  ({ answered: true, status, date, body }) as const;

describe('the doctor', () => {
  test.each([
    ['v24.21.0', 'ok'],
    ['v26.0.0', 'ok'],
    ['v24.8.1', 'failed'],
    ['v20.20.2', 'failed'],
  ])('judges Node %s: %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  test('tells an address where nothing listens from a port that another program holds', async () => {
    const other = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const taken = checkLive('gateway', url, await ask(url));
    other.closeAllConnections();
    await new Promise((done) => other.close(done));
    const nothing = checkLive('gateway', url, await ask(url));
    expect(nothing).toMatchObject({ state: 'failed', detail: expect.stringMatching(/nothing listens/) });
    expect(taken).toMatchObject({
      state: 'failed',
      remedy: expect.stringMatching(/another program may hold the port/),
    });
    expect(checkLive('gateway', url, answered({ state: 'up', components: {} })).state).toBe('ok');
  });

  test('names each part of a process that is not well', () => {
    const parts = {
      engine: { state: 'up', sentence: 'a' },
      redis: { state: 'degraded', sentence: 'b' },
      registry: { state: 'down', sentence: 'c' },
    };
    const checks = checkReady('gateway', answered({ state: 'down', components: parts }, 503));
    expect(checks.map(({ name, state }) => [name, state])).toEqual([
      ['gateway: engine', 'ok'],
      ['gateway: redis', 'warning'],
      ['gateway: registry', 'failed'],
    ]);
  });

  test.each([
    [0, 'ok'],
    [10, 'warning'],
    [-10, 'warning'],
    [60, 'failed'],
    [-60, 'failed'],
  ])('judges a clock that is %i seconds off: %s', (seconds, state) => {
    const theirs = Date.parse('2026-03-02T09:30:00Z');
    const asked = answered({}, 200, new Date(theirs).toUTCString());
    expect(checkClock(asked, theirs + 500 + seconds * 1000).state).toBe(state);
  });

  test('accepts an engine only if it writes every acknowledged event to disk first', () => {
    expect(checkSync({}, { config: { sync_always: true } }).state).toBe('ok');
    expect(checkSync({ jetstream: { config: { sync_always: true } } }, undefined).state).toBe('ok');
    expect(checkSync({}, { config: { sync_interval: 120_000_000_000 } }).state).toBe('failed');
    expect(checkNatsVersion('2.15.1').state).toBe('ok');
    expect(checkNatsVersion('2.9.10').state).toBe('failed');
  });

  test('looks at the claims of a token one by one', () => {
    const claims = { iss: 'http://g', aud: 'http://g', sub: 'X9H2T.pas', exp: 90, iat: 50, jti: 'j' };
    const failing = claimChecks('t', claims, 'X9G1P.gp', 100).filter(({ state }) => state === 'failed');
    expect(failing.map(({ name, detail }) => [name, detail])).toEqual([
      ['t: sub', 'X9H2T.pas, expected X9G1P.gp'],
      ['t: exp', '10 s ago, expected a time to come'],
    ]);
  });
});
