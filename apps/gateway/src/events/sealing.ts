import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const IV_BYTES = 12;

/** A key for one purpose, derived from a configured secret (HKDF-SHA256, RFC 5869). */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'signalbox', purpose, 32));
}

/**
 * Encrypts the payload of a refused event with AES-256-GCM, bound to its organisation.
 * Layout: version (1 byte, 1), nonce (12), tag (16), ciphertext. @returns base64
 */
export function seal(payload: Uint8Array, key: Uint8Array, organisation: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(organisation));
  const sealed = Buffer.concat([cipher.update(payload), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), iv, cipher.getAuthTag(), sealed]).toString('base64');
}
