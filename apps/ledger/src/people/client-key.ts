import { webcrypto } from 'node:crypto';
import { PrivateKeyJwt, type ClientAuth } from 'openid-client';

/** By `alg` of a JWK: how WebCrypto names what signs with it. */
const ALGORITHMS: Readonly<Record<string, Parameters<typeof webcrypto.subtle.importKey>[2]>> = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
  Ed25519: { name: 'Ed25519' },
};

/**
 * How the console proves itself with a key of its own (`private_key_jwt`, OpenID Connect Core section 9).
 * @param text a private JWK
 * @throws Error in one sentence when it cannot be used
 */
export async function clientKeyAuth(text: string): Promise<ClientAuth> {
  const problem = new Error('is not a private JWK of ES256, PS256, RS256 or Ed25519 with its alg');
  let jwk: webcrypto.JsonWebKey & { readonly kid?: string };
  try {
    jwk = JSON.parse(text) as typeof jwk;
  } catch {
    throw problem;
  }
  const algorithm = ALGORITHMS[jwk.alg ?? ''];
  if (algorithm === undefined || typeof jwk.d !== 'string') throw problem;
  const { kid, alg: _alg, use: _use, key_ops: _ops, ...material } = jwk;
  try {
    const key = await webcrypto.subtle.importKey('jwk', material, algorithm, false, ['sign']);
    return PrivateKeyJwt(kid === undefined ? key : { key, kid });
  } catch {
    throw problem;
  }
}
