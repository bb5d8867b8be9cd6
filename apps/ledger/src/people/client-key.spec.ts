import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { clientKeyAuth } from './client-key.js';

function jwkOf(alg: string): object {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), alg, kid: 'console-1' };
}

describe('a key by which the console proves itself', () => {
  it.each(['ES256', 'PS256', 'RS256', 'EdDSA'])('of %s signs an assertion for the token call', async (alg) => {
    const auth = await clientKeyAuth(JSON.stringify(jwkOf(alg)));
    const body = new URLSearchParams();
    // Some ways to prove it take a moment, whatever the type says.
    await Promise.resolve(auth({ issuer: 'https://identity.example' }, { client_id: 'console' }, body, new Headers()));
    const [header = '', claims = ''] = (body.get('client_assertion') ?? '').split('.');
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
    expect(read(header)).toMatchObject({ kid: 'console-1' });
    expect(read(claims)).toMatchObject({ iss: 'console', sub: 'console', aud: 'https://identity.example' });
  });
  it.each([
    ['no JSON', 'x'],
    ['a public key', JSON.stringify({ ...jwkOf('ES256'), d: undefined })],
    ['a key without its alg', JSON.stringify({ ...jwkOf('ES256'), alg: undefined })],
    ['a key that is not of its alg', JSON.stringify({ ...jwkOf('ES256'), alg: 'RS256' })],
  ])('is refused in one sentence without the key: %s', async (_what, text) => {
    await expect(clientKeyAuth(text)).rejects.toThrow(/^is not a private JWK of/);
  });
});
