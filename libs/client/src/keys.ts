import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

/** Signature algorithms that the exchange takes in a client assertion. */
export type KeyAlgorithm = 'ES256' | 'EdDSA' | 'RS512' | 'PS256';

/** Bits of an RSA key; the others have one size. */
const RSA_BITS = 3072;

/** A new key pair as JWKs; the `kid` is the thumbprint of the public key (RFC 7638). Register the public one only. */
export async function newKeyPair(alg: KeyAlgorithm = 'ES256'): Promise<{ privateKey: JWK; publicKey: JWK }> {
  const pair = await generateKeyPair(alg, { extractable: true, modulusLength: RSA_BITS });
  const publicKey = await exportJWK(pair.publicKey);
  const about = { kid: await calculateJwkThumbprint(publicKey), alg, use: 'sig' };
  return { privateKey: { ...(await exportJWK(pair.privateKey)), ...about }, publicKey: { ...publicKey, ...about } };
}
