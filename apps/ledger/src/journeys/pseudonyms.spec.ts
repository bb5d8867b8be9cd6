import { describe, expect, it } from '@jest/globals';
import { Pseudonyms } from './pseudonyms.js';

const KEY = 'a key for tests that is long enough to be one';

describe('Pseudonyms', () => {
  const pseudonyms = new Pseudonyms(KEY);

  it('gives an NHS number the same hash with and without spaces', () => {
    expect(pseudonyms.ofValue('999 000 0018')).toBe(pseudonyms.ofValue(' 9990000018 '));
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
