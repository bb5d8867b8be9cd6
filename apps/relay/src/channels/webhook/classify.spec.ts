import { describe, expect, it } from '@jest/globals';

import { EgressFailure, type EgressFailureKind } from '../../egress/failure.js';
import { outcomeOfAnswer, outcomeOfFailure } from './classify.js';
import { retryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const answer = (status: number, headers = {}, said?: string) =>
  outcomeOfAnswer({ status, headers, latencyMs: 7, ...(said !== undefined && { said: Buffer.from(said) }) }, NOW);

describe('an answer to a webhook', () => {
  it.each([200, 201, 202, 204, 299])('%d means delivered', (status) => {
    expect(answer(status)).toEqual({ kind: 'delivered', status, latencyMs: 7 });
  });

  it.each([400, 401, 403, 404, 405, 409, 413, 415, 422, 451])('%d means refused for good', (status) => {
    expect(answer(status)).toEqual({ kind: 'refused', code: 'endpoint-refused', status, latencyMs: 7 });
  });

  it('410 means that nothing more is wanted', () => {
    expect(answer(410)).toEqual({ kind: 'refused', code: 'endpoint-gone', disable: true, status: 410, latencyMs: 7 });
  });

  it.each([
    [429, 'endpoint-overloaded'],
    [502, 'endpoint-overloaded'],
    [503, 'endpoint-overloaded'],
    [504, 'endpoint-overloaded'],
    [500, 'endpoint-error'],
    [501, 'endpoint-error'],
    [408, 'endpoint-error'],
    [425, 'endpoint-error'],
    [301, 'endpoint-redirected'],
    [307, 'endpoint-redirected'],
    [304, 'endpoint-redirected'],
    [600, 'endpoint-error'],
  ])('%d means later, by reason %s', (status, reason) => {
    expect(answer(status)).toEqual({ kind: 'retry', reason, status, latencyMs: 7 });
  });

  it('carries an excerpt of what was said with it', () => {
    expect(answer(422, { 'content-type': 'application/json' }, '{"error":"unknown clinic"}')).toMatchObject({
      kind: 'refused',
      answer: '{"error":"unknown clinic"}',
    });
    expect(answer(503, {}, 'Out of service')).toMatchObject({ kind: 'retry', answer: 'Out of service' });
    expect(answer(200, {}, 'all is fine')).not.toHaveProperty('answer');
  });

  it('carries the wait that the receiver asked for', () => {
    expect(answer(429, { 'retry-after': '120' })).toMatchObject({ afterMs: 120_000 });
    expect(answer(503, { 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' })).toMatchObject({ afterMs: 30_000 });
  });
});

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    [' 5 ', 5_000],
    ['Sat, 21 Nov 2026 12:10:00 GMT', 600_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['2026-11-21T12:10:00Z', undefined],
    ['99999999999', undefined],
    ['Sat, 21 Abc 2026 12:10:00 GMT', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j is %j ms', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });
});

describe('no answer', () => {
  it.each<[EgressFailureKind, string]>([
    ['timeout', 'endpoint-timeout'],
    ['unreachable', 'endpoint-unreachable'],
    ['disconnected', 'endpoint-disconnected'],
    ['tls', 'endpoint-insecure'],
    ['protocol', 'endpoint-not-http'],
  ])('by %s is tried again as %s', (kind, reason) => {
    expect(outcomeOfFailure(new EgressFailure(kind, 9))).toEqual({ kind: 'retry', reason, latencyMs: 9 });
  });
});
