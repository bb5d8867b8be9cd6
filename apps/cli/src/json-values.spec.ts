import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';

import { JsonValues } from './json-values.js';

function cut(text: string, chunkSize = text.length || 1): string[] {
  const values = new JsonValues();
  const bytes = Buffer.from(text);
  const found: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkSize) {
    for (const value of values.push(bytes.subarray(at, at + chunkSize))) found.push(Buffer.from(value).toString());
  }
  values.end();
  return found;
}

describe('the input of events', () => {
  test.each([
    ['one object', '{"a":1}', ['{"a":1}']],
    ['one object written over several lines', '{\n  "a": [1, {"b": 2}]\n}\n', ['{\n  "a": [1, {"b": 2}]\n}']],
    ['one object a line', '{"a":1}\n{"a":2}\r\n', ['{"a":1}', '{"a":2}']],
    ['an array', ' [ {"a":1} ,\n{"a":2} ] ', ['{"a":1}', '{"a":2}']],
    ['an empty array', '[]', []],
    ['brackets and quotes inside strings', '{"a":"}{][\\"\\\\"}', ['{"a":"}{][\\"\\\\"}']],
  ])('may be %s', (_name, text, expected) => {
    expect(cut(text)).toEqual(expected);
  });

  test('keeps every byte of an event, wherever the chunks are cut', () => {
    const content = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(content, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 20 }), (items, size) => {
        const texts = items.map((item) => JSON.stringify(item, null, 1));
        expect(cut(texts.join('\n'), size)).toEqual(texts);
        expect(cut(`[${texts.join(',')}]`, size)).toEqual(texts);
      }),
    );
  });

  test.each(['{"a":1', '[{"a":1}', '{"a":"x}'])('that ends too early is a mistake of usage: %s', (text) => {
    expect(() => cut(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test.each(['hello', '{"a":1} ]', '[1]', '[{"a":1}] {"b":2}'])('of another shape is refused: %s', (text) => {
    expect(() => cut(text)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  test('is refused with the line, never with what stands there', () => {
    expect(() => cut('{"a":1}\n\nsecret')).toThrow(/^Line 3 (?!.*secret)/);
  });
});
