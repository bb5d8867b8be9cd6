import { createDecipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { deriveKey, seal } from './sealing.js';

const key = deriveKey('a secret for tests only, 32 characters or more', 'refused payload');

function open(sealed: string, organisation: string, with_ = key): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', with_, bytes.subarray(1, 13)).setAAD(Buffer.from(organisation));
  decipher.setAuthTag(bytes.subarray(13, 29));
  return Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()]).toString();
}

describe('a sealed payload', () => {
  it('opens with the key and for the organisation it was sealed for, and for no other', () => {
    const sealed = seal(Buffer.from('content'), key, 'X9H2T');
    expect(open(sealed, 'X9H2T')).toBe('content');
    expect(() => open(sealed, 'X9G1P')).toThrow();
    expect(() =>
      open(sealed, 'X9H2T', deriveKey('another secret of more than 32 characters', 'refused payload')),
    ).toThrow();
  });

  it('never looks the same twice', () => {
    expect(seal(Buffer.from('content'), key, 'X9H2T')).not.toBe(seal(Buffer.from('content'), key, 'X9H2T'));
  });

  it('has another key for each purpose', () => {
    const secret = 'a secret for tests only, 32 characters or more';
    expect(deriveKey(secret, 'cursor')).not.toEqual(deriveKey(secret, 'refused payload'));
  });
});
