import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Pseudonyms } from './pseudonyms.js';

const KEY = 'a key for tests that is long enough to be one';

describe('Pseudonyms', () => {
  const pseudonyms = new Pseudonyms(KEY);

  it('gives an NHS number the same hash with and without spaces', () => {
    expect(pseudonyms.ofValue('999 000 0018')).toBe(pseudonyms.ofValue(' 9990000018 '));
  });

  it.each([
    ['999-000-0018', '999 000 0018'],
    ['999\u2011000\u20110018', '9990000018'],
    ['0000-4936-8347', '000049368347'],
    ['0000 4936 8347', '0000-4936-8347'],
    ['acc-2026/17', ' ACC-2026/17'],
  ])('gives %s the same hash as %s', (one, other) => {
    expect(pseudonyms.ofValue(one)).toBe(pseudonyms.ofValue(other));
  });

  it('keeps hyphens that may tell two references apart', () => {
    expect(pseudonyms.ofValue('A-12')).not.toBe(pseudonyms.ofValue('A12'));
    expect(pseudonyms.ofValue('12-3456')).not.toBe(pseudonyms.ofValue('123456'));
  });

  it.each(['0000-4936-8347', '000049368347', '0000 4936 8347'])(
    'finds %s among rows that were written with hyphens before hyphens were left out',
    (typed) => {
      // HMAC of ["value","0000-4936-8347"], as the ledger wrote it then.
      const then = createHmac('sha256', KEY).update('["value","0000-4936-8347"]').digest('hex');
      expect(pseudonyms.ofWritten(typed)).toContain(then);
      expect(pseudonyms.ofWritten(typed)).toContain(pseudonyms.ofValue(typed));
    },
  );

  it('finds by name as it finds by value', () => {
    const kept = pseudonyms.of({ name: 'ubrn', system: 'https://example.org/a', value: '000049368347' });
    const named = { name: 'ubrn', system: 'https://example.org/A', value: '0000-4936-8347' };
    expect(pseudonyms.ofNamed(named)).toContain(kept.pseudonym);
  });

  it('tells the same value under two systems apart, and still finds both by value', () => {
    const one = pseudonyms.of({ name: 'ubrn', system: 'https://example.org/a', value: '0001' });
    const other = pseudonyms.of({ name: 'ubrn', system: 'https://example.org/b', value: '0001' });
    expect(one.pseudonym).not.toBe(other.pseudonym);
    expect(one.valuepseudonym).toBe(other.valuepseudonym);
  });

  it('compares code systems without regard to case', () => {
    const one = pseudonyms.of({ name: 'ubrn', system: 'https://fhir.nhs.uk/Id/UBRN', value: '1' });
    const other = pseudonyms.of({ name: 'ubrn', system: 'https://fhir.nhs.uk/id/ubrn', value: '1' });
    expect(one).toEqual(other);
  });

  it('depends on the key and never shows the value', () => {
    const hash = pseudonyms.ofValue('9990000018');
    expect(hash).not.toBe(new Pseudonyms(`${KEY}!`).ofValue('9990000018'));
    expect(hash).not.toContain('9990000018');
  });

  it('refuses a key that is too short to protect anything', () => {
    expect(() => new Pseudonyms('short')).toThrow('at least 32 characters');
  });
});
