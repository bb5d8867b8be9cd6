import { describe, expect, it } from '@jest/globals';
import { documentOf, matchesAny } from './etag.js';

describe('a validator', () => {
  it('is the same for the same bytes and another for others', () => {
    expect(documentOf('a', 'text/plain').etag).toBe(documentOf(Buffer.from('a'), 'text/plain').etag);
    expect(documentOf('a', 'text/plain').etag).not.toBe(documentOf('b', 'text/plain').etag);
  });

  it('is found among others, weak or strong', () => {
    expect(matchesAny('"x", "y"', '"y"')).toBe(true);
    expect(matchesAny('W/"y"', '"y"')).toBe(true);
    expect(matchesAny('*', '"y"')).toBe(true);
    expect(matchesAny('"yy"', '"y"')).toBe(false);
    expect(matchesAny(undefined, '"y"')).toBe(false);
  });
});
