import { describe, expect, it } from '@jest/globals';
import { placeIn, placeText } from './place.js';

const SHAPE = ['instant', 'text', 'number'] as const;
const AT = '2026-11-22T06:00:00.000Z';

describe('a place in a list', () => {
  it('comes back as it was given out, and nothing is no place', () => {
    expect(placeIn(placeText([AT, 'identity', 7]), SHAPE)).toEqual([AT, 'identity', '7']);
    expect([placeIn(undefined, SHAPE), placeIn('', SHAPE)]).toEqual([undefined, undefined]);
  });
  it.each([
    'nonsense',
    ['several', 'cursors'],
    placeText([]),
    placeText([AT, 'identity']),
    placeText([AT, 'identity', 7, 'more']),
    placeText(['no time', 'identity', 7]),
    placeText(['+275760-09-13T00:00:00.000Z', 'identity', 7]),
    placeText(['0000-01-01T00:00:00.000Z', 'identity', 7]),
    placeText([AT, 7, 7]),
    placeText([AT, 'identity', 1.5]),
    placeText([AT, 'identity', 'seven']),
    placeText([AT, 'identity', '9'.repeat(16)]),
    Buffer.from('null').toString('base64url'),
  ])('is refused when no list gave it out: %s', (text) => expect(() => placeIn(text, SHAPE)).toThrow('?after='));
});
