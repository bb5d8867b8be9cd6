import { Refusal, type Finding } from '@signalbox/contracts';
import { calculateJwkThumbprint, importJWK, type CryptoKey, type JWK } from 'jose';

/** The signature algorithms that an application's key may have. */
export const KEY_ALGORITHMS = ['RS512', 'PS256', 'ES256', 'EdDSA'] as const;
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

/** A public JSON Web Key (RFC 7517) with the members that are kept; nothing private. */
export interface PublicJwk {
  readonly kid: string;
  readonly alg: KeyAlgorithm;
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly use?: 'sig';
  readonly n?: string;
  readonly e?: string;
  readonly crv?: string;
  readonly x?: string;
  readonly y?: string;
}

const KID = /^[A-Za-z0-9._~-]{1,128}$/;
const SHAPES: Readonly<
  Record<KeyAlgorithm, { kty: PublicJwk['kty']; crv?: string; members: readonly ('n' | 'e' | 'x' | 'y')[] }>
> = {
  RS512: { kty: 'RSA', members: ['n', 'e'] },
  PS256: { kty: 'RSA', members: ['n', 'e'] },
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x'] },
};
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const MIN_RSA_BYTES = 256;
const MAX_RSA_BYTES = 1024;

/**
 * Takes a key that an application (or the operator) offers and keeps its public members. Without `kid` its RFC 7638
 * thumbprint is used.
 * @throws Refusal SB-4220 with every finding; a private key is refused, not silently stripped, so that its owner learns of the mistake.
 */
export async function takePublicJwk(offered: unknown, path = ''): Promise<PublicJwk> {
  const jwk = (typeof offered === 'object' && offered !== null ? offered : {}) as Record<string, unknown>;
  const findings = findingsOf(jwk, path);
  if (findings.length > 0) throw refused(findings);
  const shape = SHAPES[jwk['alg'] as KeyAlgorithm];
  const kept: Record<string, unknown> = { alg: jwk['alg'], kty: shape.kty, ...(shape.crv && { crv: shape.crv }) };
  for (const member of shape.members) kept[member] = jwk[member];
  const kid = (jwk['kid'] as string | undefined) ?? (await calculateJwkThumbprint(kept));
  const key = { kid, ...kept } as unknown as PublicJwk;
  try {
    await importPublicJwk(key);
  } catch {
    throw refused([
      finding(path, 'jwk-key', 'a key that can be used with its alg', 'Export the public key again as a JWK.'),
    ]);
  }
  return key;
}

function findingsOf(jwk: Record<string, unknown>, path: string): Finding[] {
  const found: Finding[] = [];
  const offending = PRIVATE_MEMBERS.find((member) => member in jwk);
  if (offending) {
    found.push(
      finding(
        `${path}/${offending}`,
        'jwk-private',
        'a public key only',
        'Keep the private key to yourself: make a new pair, then send its public half.',
      ),
    );
  }
  if (jwk['kid'] !== undefined && !(typeof jwk['kid'] === 'string' && KID.test(jwk['kid']))) {
    found.push(finding(`${path}/kid`, 'jwk-kid', 'up to 128 letters, digits and . _ ~ -', 'Give the key a plain id.'));
  }
  const alg = KEY_ALGORITHMS.find((one) => one === jwk['alg']);
  if (!alg) {
    found.push(
      finding(
        `${path}/alg`,
        'jwk-alg',
        `one of ${KEY_ALGORITHMS.join(', ')}`,
        'Name the algorithm that the key signs with.',
      ),
    );
    return found;
  }
  const { kty, crv, members } = SHAPES[alg];
  if (jwk['kty'] !== kty) found.push(finding(`${path}/kty`, 'jwk-kty', `${kty} for ${alg}`, 'Make alg and kty agree.'));
  if (crv && jwk['crv'] !== crv)
    found.push(finding(`${path}/crv`, 'jwk-crv', `${crv} for ${alg}`, 'Use a key of this curve.'));
  for (const member of members) {
    const value = jwk[member];
    const good = typeof value === 'string' && /^[A-Za-z0-9_-]+$/.test(value);
    if (!good)
      found.push(finding(`${path}/${member}`, 'jwk-member', 'base64url text', 'Export the public key again as a JWK.'));
    else if (member === 'n') found.push(...modulusFindings(value, path));
  }
  return found;
}

function modulusFindings(n: string, path: string): Finding[] {
  const bytes = Buffer.from(n, 'base64url').length;
  if (bytes >= MIN_RSA_BYTES && bytes <= MAX_RSA_BYTES) return [];
  return [finding(`${path}/n`, 'jwk-size', 'an RSA key of 2048 to 8192 bits', 'Make a key of 2048 or 4096 bits.')];
}

const imported = new WeakMap<PublicJwk, Promise<CryptoKey>>();

/** The key ready for verification; imported once for each record. */
export function importPublicJwk(jwk: PublicJwk): Promise<CryptoKey> {
  let key = imported.get(jwk);
  if (!key) {
    key = importJWK(jwk as unknown as JWK, jwk.alg) as Promise<CryptoKey>;
    imported.set(jwk, key);
  }
  return key;
}

const refused = (findings: readonly Finding[]): Refusal =>
  new Refusal('SB-4220', 'The key cannot be taken', { findings });

const finding = (path: string, rule: string, expected: string, fix: string): Finding => ({
  path,
  rule,
  expected,
  fix,
  doc: '/openapi.json',
});
