import { describe, expect, it } from '@jest/globals';

import { consentOf } from './handshake.js';

const consent = (allowed?: string) =>
  consentOf({ headers: allowed === undefined ? {} : { 'webhook-allowed-origin': allowed } }, 'exchange.example');

describe('consent of an endpoint', () => {
  it.each(['*', 'exchange.example', 'EXCHANGE.example', ' other.example , exchange.example '])(
    'is given by %j',
    (allowed) => {
      expect(consent(allowed)).toEqual({ kind: 'given' });
    },
  );

  it.each(['other.example', 'exchange.example.attacker.example', 'example'])('is withheld by %j', (allowed) => {
    expect(consent(allowed)).toMatchObject({
      kind: 'withheld',
      reason: expect.stringMatching(/^handshake-refused: /) as unknown,
    });
  });

  it.each([undefined, '', ' , '])('is withheld by an answer that allows nobody: %j', (allowed) => {
    expect(consent(allowed)).toMatchObject({
      kind: 'withheld',
      reason: expect.stringMatching(/^handshake-missing: /) as unknown,
    });
  });
});
