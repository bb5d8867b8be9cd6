import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decodeHeaderValue, encodeHeaderValue, PercentFault } from './percent.js';

describe('a header value', () => {
  it.each([
    ['Euro € 😀', 'Euro%20%E2%82%AC%20%F0%9F%98%80'],
    ['100% "quoted"', '100%25%20%22quoted%22'],
    ["~!#$&'()*+,-./:;<=>?@[\\]^_`{|}", "~!#$&'()*+,-./:;<=>?@[\\]^_`{|}"],
    ['', ''],
    ['\u0085\u007f', '%C2%85%7F'],
  ])('encodes %j', (value, header) => {
    expect(encodeHeaderValue(value)).toBe(header);
    expect(decodeHeaderValue(header)).toBe(value);
  });

  it.each([
    ['lower-case hexadecimal', '%e2%82%ac', '€'],
    ['needless escapes', '%41b%63', 'Abc'],
    ['one round only', '%2541', '%41'],
    ['a quoted string', '"a b"', 'a b'],
    ['escapes in a quoted string', '"a \\"b\\" \\\\ %20"', 'a "b" \\  '],
    ['a bare space, as older senders have it', 'a b', 'a b'],
    ['a quote inside', 'a"b"', 'a"b"'],
  ])('decodes %s', (_, header, value) => {
    expect(decodeHeaderValue(header)).toBe(value);
  });

  it.each([
    ['an overlong encoding', '%C0%A0'],
    ['a cut character', '%E2%82'],
    ['a surrogate', '%ED%A0%80'],
    ['a stray continuation byte', 'a%80'],
    ['an unfinished escape', '100%'],
    ['an escape that is no hexadecimal', '%zz'],
    ['raw UTF-8', 'é'],
    ['a control character', 'a\u0000'],
    ['a quoted string without its end', '"abc'],
    ['text behind a quoted string', '"abc" d'],
  ])('is refused with %s', (_, header) => {
    expect(() => decodeHeaderValue(header)).toThrow(PercentFault);
  });

  it('is printable ASCII and gives back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const header = encodeHeaderValue(value);
        expect(header).toMatch(/^[\x21\x23-\x7e]*$/);
        expect(decodeHeaderValue(header)).toBe(value);
      }),
    );
  });
});
