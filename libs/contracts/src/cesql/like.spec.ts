import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { like, readPattern } from './like.js';

/** The definition of LIKE, letter by letter: right, and much too slow for long texts. */
function oracle(text: readonly string[], pattern: readonly string[]): boolean {
  const [first, second] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === '%') return oracle(text, pattern.slice(1)) || (text.length > 0 && oracle(text.slice(1), pattern));
  if (text.length === 0) return false;
  if (first === '_') return oracle(text.slice(1), pattern.slice(1));
  const escapes = first === '\\' && (second === '%' || second === '_');
  const wanted = escapes ? second : first;
  return text[0] === wanted && oracle(text.slice(1), pattern.slice(escapes ? 2 : 1));
}

describe('a pattern', () => {
  it.each([
    ['', '', true],
    ['a', '', false],
    ['', '%', true],
    ['', '_', false],
    ['aba', 'a%a', true],
    ['a', 'a%a', false],
    ['abcabd', '%abd', true],
    ['abab', '%ab_', false],
    ['xaybz', '%a%b%', true],
    ['xaybz', '%b%a%', false],
    ['a.c', 'abc', false],
    ['abc', 'a.c', false],
    ['😀', '_', true],
    ['%', '\\%', true],
    ['\\%', '\\\\%', true],
    ['\\x', '\\\\%', false],
    ['a\\', 'a\\', true],
    ['a\nb', 'a_b', true],
  ])('of %j is %j: %s', (text, pattern, expected) => {
    expect(like(text, readPattern(pattern))).toBe(expected);
  });

  it('fits what its definition says', () => {
    const letters = fc.constantFrom('a', 'b', '😀', '%', '_', '\\');
    const text = fc.array(letters, { maxLength: 10 });
    const pattern = fc.array(letters, { maxLength: 8 });
    fc.assert(
      fc.property(text, pattern, (characters, wanted) => {
        expect(like(characters.join(''), readPattern(wanted.join('')))).toBe(oracle(characters, wanted));
      }),
      { numRuns: 2000 },
    );
  });

  it('fits what its definition says when its parts are long', () => {
    const part = fc.string({ unit: fc.constantFrom('a', 'b', '_'), minLength: 30, maxLength: 70 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 40 });
    fc.assert(
      fc.property(text, part, text, (before, wanted, after) => {
        const inside = `${before}${wanted.replaceAll('_', 'c')}${after}`;
        const cut = inside.slice(0, before.length + wanted.length - 1);
        const pattern = `%${wanted}%`;
        expect(like(inside, readPattern(pattern))).toBe(true);
        expect(like(cut, readPattern(pattern))).toBe(oracle(Array.from(cut), Array.from(pattern)));
      }),
    );
  });

  it('that would keep a backtracking search busy for ages is answered at once', () => {
    expect(like('a'.repeat(5000), readPattern(`${'%a'.repeat(500)}%b`))).toBe(false);
    expect(like('a'.repeat(5000), readPattern(`${'%a_'.repeat(500)}%`))).toBe(true);
  });
});
