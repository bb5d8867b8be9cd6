import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { pointerAt } from './locate.js';
import { scanEnvelope, ScanFault, scanValue } from './scan.js';

const LIMITS = { maxDepth: 32, maxArrayItems: 100 };

function faultOf(run: () => unknown): ScanFault | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof ScanFault) return error;
    throw error;
  }
}

const scan = (text: string | Uint8Array, limits = LIMITS) =>
  faultOf(() => scanValue(Buffer.from(text as string), limits));

/** What the platform says: strict UTF-8, then its own parser. */
function platformAccepts(bytes: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** JSON text with white space wherever there may be some, and characters escaped at random. */
function spelled(value: unknown, space: () => string, escape: () => boolean): string {
  const gap = space();
  if (typeof value === 'string') return gap + spelledString(value, escape) + gap;
  if (Array.isArray(value)) return `${gap}[${value.map((one) => spelled(one, space, escape)).join(',') || gap}]${gap}`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(
      ([name, one]) => `${gap}${spelledString(name, escape)}${gap}:${spelled(one, space, escape)}`,
    );
    return `${gap}{${members.join(',') || gap}}${gap}`;
  }
  return gap + JSON.stringify(value) + gap;
}

function spelledString(text: string, escape: () => boolean): string {
  const units = text.split('').map((unit) => {
    const plain = JSON.stringify(unit).slice(1, -1);
    return escape() ? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}` : plain;
  });
  // Surrogate pairs are joined again where neither half was escaped.
  return `"${units.join('').replace(/\\ud([89ab][0-9a-f]{2})\\ud([c-f][0-9a-f]{2})/g, (pair, high: string, low: string) => (escape() ? pair : String.fromCharCode(parseInt(`d${high}`, 16), parseInt(`d${low}`, 16))))}"`;
}

const jsonText = fc
  .tuple(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), fc.infiniteStream(fc.nat(99)))
  .map(([value, chance]) => {
    const draw = () => chance.next().value as number;
    const space = () => ['', '', '', ' ', '\n\t', '\r\n  '][draw() % 6]!;
    return { value, text: spelled(value, space, () => draw() < 15) };
  });

describe('the scanner on well-formed JSON', () => {
  it('accepts every document that the platform accepts, and says where each member stands', () => {
    fc.assert(
      fc.property(jsonText, ({ text, value }) => {
        const document = Buffer.from(`{"first":1, "content" :${text}\n, "last":[]}`);
        const { members } = scanEnvelope(document, LIMITS);
        const { start, end } = members.get('content')!;
        const slice = document.subarray(start, end).toString();
        expect(slice).toBe(text.trim());
        expect(JSON.parse(slice)).toEqual(JSON.parse(JSON.stringify(value)));
        expect([...members.keys()]).toEqual(['first', 'content', 'last']);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    '0',
    '-0',
    '-0.0e+00',
    '1e999',
    '12.50',
    'true',
    'null',
    '""',
    '"\\ud800"',
    '"\u{1f600}\u00e9"',
    ' [ ] ',
    '{}',
    '[[],{}]',
  ])('accepts %s', (text) => {
    expect(scan(text)).toBeUndefined();
  });

  it('decodes the names of the envelope, escaped ones included', () => {
    const { members } = scanEnvelope(Buffer.from('{"i\\u0064":"x","\u00e9":2}'), LIMITS);
    expect([...members.keys()]).toEqual(['id', '\u00e9']);
  });
});

describe('the scanner on JSON that is not well-formed', () => {
  it.each([
    ['nothing at all', ''],
    ['white space only', ' \n'],
    ['a byte order mark', '\ufeff{}'],
    ['something behind the end', '{} x'],
    ['two documents', '{}{}'],
    ['a comma too many in an object', '{"a":1,}'],
    ['a comma too many in an array', '[1,]'],
    ['a missing comma', '[1 2]'],
    ['a missing colon', '{"a" 1}'],
    ['a key without quotes', '{a:1}'],
    ['a single-quoted string', "'a'"],
    ['an open object', '{"a":1'],
    ['an open array', '[1'],
    ['an open string', '"a'],
    ['a string that ends in a backslash', '"a\\'],
    ['an unknown escape', '"\\x41"'],
    ['an unfinished unicode escape', '"\\u12"'],
    ['a line break in a string', '"a\nb"'],
    ['a NUL in a string', '"a\u0000b"'],
    ['a leading zero', '01'],
    ['a leading plus', '+1'],
    ['a number that ends in a point', '1.'],
    ['a number that begins with a point', '.5'],
    ['an empty exponent', '1e'],
    ['an empty signed exponent', '1e+'],
    ['a lone minus', '-'],
    ['hexadecimal', '0x1'],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['half a literal', 'tru'],
    ['a literal in capitals', 'True'],
    ['a literal with a tail', 'nullx'],
    ['a comment', '/* */ 1'],
    ['a no-break space', '\u00a01'],
    ['a mismatched bracket', '[1}'],
  ])('refuses %s', (_, text) => {
    expect(scan(text)?.kind).toBe('malformed');
    expect(platformAccepts(Buffer.from(text))).toBe(false);
  });

  it.each([
    ['an overlong encoding', [0x22, 0xc0, 0xa0, 0x22], 1],
    ['a surrogate in UTF-8', [0x22, 0x61, 0xed, 0xa0, 0x80, 0x22], 2],
    ['a cut character', [0x22, 0xe2, 0x82, 0x22], 1],
    ['a byte that UTF-8 does not have', [0x22, 0xef, 0xbf, 0xbd, 0xff, 0x22], 4],
    [
      'a bad byte behind characters of every length',
      [0x22, 0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0x22],
      11,
    ],
    ['a character beyond Unicode', [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 1],
  ])('refuses %s and says at which byte', (_, bytes, offset) => {
    expect(scan(Uint8Array.from(bytes))).toMatchObject({ kind: 'malformed', offset });
  });

  it('agrees with the platform on documents with damaged bytes', () => {
    const damage = fc.tuple(
      fc.nat(),
      fc.constantFrom(...Buffer.from('{}[]",:\\u0019-+.eE tfn\n\u0000'), 0xff, 0xc3, 0xed),
      fc.constantFrom('replace', 'insert', 'delete', 'cut'),
    );
    fc.assert(
      fc.property(jsonText, fc.array(damage, { minLength: 1, maxLength: 3 }), ({ text }, damages) => {
        const bytes = damages.reduce<number[]>(damaged, [...Buffer.from(text)]);
        const fault = scan(Uint8Array.from(bytes));
        if (fault && fault.kind !== 'malformed') return;
        expect(fault === undefined).toBe(platformAccepts(Uint8Array.from(bytes)));
      }),
      { numRuns: 3000 },
    );
  });
});

function damaged(bytes: number[], [place, byte, how]: [number, number, string]): number[] {
  const at = bytes.length === 0 ? 0 : place % bytes.length;
  if (how === 'cut') return bytes.slice(0, at);
  return bytes.toSpliced(at, how === 'insert' ? 0 : 1, ...(how === 'delete' ? [] : [byte]));
}

describe('the scanner on repeated keys', () => {
  it('refuses a repeated key exactly when there is one, however it is spelled and however many there are', () => {
    const key = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.constantFrom('', 'a', 'b', '__proto__', 'valueQuantity', 'valueCodeableConcept'),
    );
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        fc.infiniteStream(fc.nat(9)),
        fc.boolean(),
        (keys, chance, nested) => {
          const escape = () => (chance.next().value as number) === 0;
          const object = `{${keys.map((name) => `${spelledString(name, escape)}:{"a":{"b":1},"b":[{"a":1}]}`).join(',')}}`;
          const fault = nested ? scan(`[${object}]`) : faultOf(() => scanEnvelope(Buffer.from(object), LIMITS));
          expect(fault?.kind).toBe(new Set(keys).size === keys.length ? undefined : 'duplicate-key');
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['plain', '{"a":1,"a":2}', 7],
    ['escaped second', '{"a":1,"\\u0061":2}', 7],
    ['escaped first', '{"x":{"\\u0061":1,"a":2}}', 17],
    ['of the same length and ends, but not equal to the first', '{"x":{"a1z":1,"a2z":1,"a1z":2}}', 22],
    ['empty', '[{"":1,"":2}]', 7],
    ['with the same value', '{"x":[{"a":null,"a":null}]}', 16],
  ])('finds one that is %s', (_, text, offset) => {
    expect(scan(text)).toMatchObject({ kind: 'duplicate-key', offset });
  });

  it('does not mistake the same key in neighbouring or nested objects for a repeated one', () => {
    expect(scan('[{"a":1},{"a":{"a":[{"a":1},{"a":2}]}},{"\\u0061":1}]')).toBeUndefined();
  });

  it('keeps apart more keys than its first stack holds', () => {
    const wide = (n: number) => `{${Array.from({ length: n }, (_, i) => `"key${i}":{"inner${i}":1}`).join(',')}}`;
    expect(scan(wide(5000))).toBeUndefined();
    expect(scan(`[${wide(5000).replace('"key4999"', '"key17"')}]`)?.kind).toBe('duplicate-key');
    const nested = Array.from({ length: 30 }, (_, d) =>
      Array.from({ length: 15 }, (__, i) => `"k${d}x${i}":0,`).join(''),
    ).reduceRight((inner, keys) => `{${keys}"in":${inner}}`, '{}');
    expect(scan(nested)).toBeUndefined();
  });
});

describe('the scanner on size', () => {
  it('allows exactly the depth of the limit, in objects and arrays', () => {
    const arrays = (n: number) => '['.repeat(n) + ']'.repeat(n);
    const objects = (n: number) => '{"a":'.repeat(n) + '1' + '}'.repeat(n);
    expect(scan(arrays(32))).toBeUndefined();
    expect(scan(objects(32))).toBeUndefined();
    expect(scan(arrays(33))).toMatchObject({ kind: 'depth', offset: 32 });
    expect(scan(objects(33))?.kind).toBe('depth');
    expect(scan(arrays(100_000))?.kind).toBe('depth');
  });

  it('counts depth from each member of the envelope, so that content has one depth in every mode', () => {
    const deep = '['.repeat(32) + ']'.repeat(32);
    expect(faultOf(() => scanEnvelope(Buffer.from(`{"data":${deep}}`), LIMITS))).toBeUndefined();
    expect(faultOf(() => scanEnvelope(Buffer.from(`{"data":[${deep}]}`), LIMITS))?.kind).toBe('depth');
  });

  it('allows exactly the number of items of the limit in one array', () => {
    const items = (n: number) => `[${Array.from({ length: n }, () => '[1,1]').join()}]`;
    expect(scan(items(100))).toBeUndefined();
    expect(scan(items(101))?.kind).toBe('array-items');
  });
});

describe('the place of a fault', () => {
  it.each([
    ['{"data":{"entry":[{},{"a":1,"a":2}]}}', '/data/entry/1/a'],
    ['{"data":{"a~b":1,"x":tru}}', '/data/x'],
    ['{"a":[[1,2,[x]]]}', '/a/0/2/0'],
    ['{"a":{"b":"c,d\\"]}","e":[1 2]}}', '/a/e/0'],
    ['{"a":{"b":1,}}', '/a'],
    ['{"a":1} x', ''],
    ['{"a":{"9990000018":{"b":1,"b":2}}}', '/a'],
    ['{"a":{"Mary Jones":{"b":nul}}}', '/a'],
    ['{"a":{"x/y":{"b":nul}}}', '/a'],
  ])('of %s is %s', (text, path) => {
    const bytes = Buffer.from(text);
    expect(pointerAt(bytes, scan(bytes)!.offset)).toBe(path);
  });
});
