import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BEGINNING, canonical, checkChain, type Entry, type KeptEntry, leafHash } from './chain.js';

const entry = (number: number, previous: string, more: Partial<Entry> = {}): Entry => ({
  number,
  previous,
  kind: 'viewed',
  at: '2026-11-22T10:00:00.000Z',
  disclosure: 'd',
  org: 'X9H2T',
  by: 'X9H2T:person-1',
  ...more,
});
const chainOf = (texts: readonly string[]): KeptEntry[] => {
  const kept: KeptEntry[] = [];
  for (const text of texts) {
    const number = kept.length + 1;
    const whole = canonical(entry(number, kept.at(-1)?.hash ?? BEGINNING, { text }));
    kept.push({ number, entry: whole, hash: leafHash(whole) });
  }
  return kept;
};

describe('the record of disclosures', () => {
  it('has one text for an entry, in whatever order its members were written', () => {
    const one = entry(1, BEGINNING, { text: 'b' });
    expect(canonical(Object.fromEntries(Object.entries(one).reverse()) as unknown as Entry)).toBe(canonical(one));
  });
  it('hashes as RFC 6962 hashes a leaf', () => {
    // Of the empty string, from the test vectors of Certificate Transparency.
    expect(leafHash('')).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  });
  it('holds as it was written, whole or from some entry on', () => {
    const chain = chainOf(['a', 'b', 'c']);
    expect(checkChain(chain, BEGINNING)).toEqual({ checked: 3, from: 1, to: 3, head: chain[2]?.hash, holds: true });
    expect(checkChain(chain.slice(1), chain[0]?.hash)).toMatchObject({ holds: true, from: 2 });
    expect(checkChain([], BEGINNING)).toEqual({ checked: 0, holds: true });
  });
  it('is broken by any change, gap or swap, at the first entry that it touches', () => {
    const texts = fc.array(fc.string(), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(texts, fc.nat(), fc.constantFrom('change', 'remove', 'swap', 'rehash'), (all, pick, how) => {
        const chain = chainOf(all);
        const at = pick % (chain.length - 1);
        const broken = [...chain];
        const one = broken[at]!;
        const changed = one.entry.replace('X9H2T', 'X9L3B');
        if (how === 'change') broken[at] = { ...one, entry: changed };
        if (how === 'rehash') broken[at] = { ...one, entry: changed, hash: leafHash(changed) };
        if (how === 'remove') broken.splice(at, 1);
        if (how === 'swap') [broken[at], broken[at + 1]] = [broken[at + 1]!, one];
        expect(checkChain(broken, BEGINNING).holds).toBe(false);
      }),
    );
  });
});
