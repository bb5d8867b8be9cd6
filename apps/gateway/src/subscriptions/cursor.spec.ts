import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CursorCodec, furthest } from './cursor.js';

const codec = new CursorCodec(Buffer.alloc(32, 7));

describe('a cursor', () => {
  it('comes back as it went out, whatever positions and events it holds', () => {
    const sequences = fc
      .uniqueArray(fc.integer({ min: 1, max: 2 ** 40 }), { maxLength: 50 })
      .map((all) => all.sort((a, b) => a - b));
    const families = fc.dictionary(fc.constantFrom('referral', 'booking', 'result'), sequences);
    fc.assert(
      fc.property(families, (delivered) => {
        const positions = Object.fromEntries(
          Object.entries(delivered).map(([family, all]) => [family, all.at(-1) ?? 0]),
        );
        const cursor = { positions: { ...positions }, delivered: { ...delivered } };
        for (const whole of [cursor, { ...cursor, shelved: { ...delivered } }]) {
          expect(codec.decode('s1', codec.encode('s1', whole))).toEqual(whole);
        }
      }),
    );
  });

  it('is refused when it was made by someone else, for another subscription, or changed', () => {
    const cursor = { positions: { result: 7 }, delivered: { result: [5, 7] } };
    const text = codec.encode('s1', cursor);
    expect(() => codec.decode('s2', text)).toThrow('SB-4220');
    expect(() => new CursorCodec(Buffer.alloc(32, 8)).decode('s1', text)).toThrow();
    for (const broken of ['', 'A', text.slice(0, -1), `${text}AAAA`])
      expect(() => codec.decode('s1', broken)).toThrow();
  });

  it('stays small: under three characters an event beyond its frame', () => {
    const sequences = Array.from({ length: 500 }, (_, at) => 1_000_000 + at);
    const text = codec.encode('s1', { positions: { result: 1_000_499 }, delivered: { result: sequences } });
    expect(text.length).toBeLessThan(1_500);
  });
});

describe('a position', () => {
  it('is the further one of two in every family', () => {
    expect(furthest({ result: 5, booking: 9 }, { result: 7, referral: 1 })).toEqual({
      result: 7,
      booking: 9,
      referral: 1,
    });
  });
});
