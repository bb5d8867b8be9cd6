import { describe, expect, it } from '@jest/globals';

import type { EventData } from '../event.js';
import { Refusal } from '../problems.js';
import { DEFAULT_LIMITS } from './limits.js';
import { decodeStructured, encodeStructured } from './structured.js';

const MINIMAL = {
  specversion: '1.0',
  id: 'one',
  source: 'urn:ods:X9L3B:lims',
  type: 'org.signalbox.result.reported.v1',
};

/** Stands for what must never come back to the sender. */
const MARK = 'MARKED-VALUE';

function refusalOf(event: unknown): Refusal {
  const text = typeof event === 'string' ? event : JSON.stringify(event);
  try {
    decodeStructured(Buffer.from(text));
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error(`accepted: ${text}`);
}

const decode = (event: unknown) =>
  decodeStructured(Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)));

function kindAndText(data: EventData) {
  return data.kind === 'absent' ? ['absent'] : [data.kind, Buffer.from(data.bytes).toString()];
}

describe('an event in the JSON format is accepted', () => {
  it.each<[string, object]>([
    ['with the required attributes alone', {}],
    [
      'with every attribute of the specification',
      {
        datacontenttype: 'text/plain',
        dataschema: 'https://example.org/schema',
        subject: 'tests',
        time: '2018-04-05T17:31:00Z',
      },
    ],
    ['with nanoseconds', { time: '2018-04-05T17:31:00.000000000Z' }],
    ['with a time east of Greenwich', { time: '2018-04-05T18:31:00+01:00' }],
    ['with a time west of Greenwich', { time: '2018-04-05T16:31:00-01:00' }],
    ['with a time in lower case', { time: '2018-04-05t16:31:00z' }],
    ['with a leap second', { time: '2016-12-31T23:59:60Z' }],
    ['on a leap day', { time: '2024-02-29T00:00:00Z' }],
    ['with a source that is a fragment', { source: '#fragment' }],
    ['with a source that is a path', { source: '/lab/one' }],
    ['with a source that has an address as host', { source: 'http://[2001:db8::1]:80/a?b#c' }],
    ['with a content type that has parameters', { datacontenttype: 'multipart/mixed; boundary="a \\" b";' }],
    [
      'with an extension of each JSON type',
      { extinteger: 10, extboolean: false, extstring: 'text', extempty: '', extbinary: 'TWE=' },
    ],
    ['with the largest and smallest integer', { most: 2147483647, least: -2147483648 }],
    ['with an extension of a long name that begins with a digit', { ['1'.repeat(30)]: 'x' }],
    ['with an extension that is called like a member of every object', { constructor: 'x' }],
    ['with text beyond ASCII', { subject: 'Žluťoučký \u{1f40e} \ufffd' }],
  ])('%s', (_, more) => {
    const event = { ...MINIMAL, ...more };
    expect(decode(event).attributes).toEqual(event);
  });

  it('with an attribute that is null, which counts as not sent', () => {
    const { attributes } = decode({
      ...MINIMAL,
      datacontenttype: null,
      dataschema: null,
      subject: null,
      time: null,
      ext: null,
    });
    expect(attributes).toEqual(MINIMAL);
  });

  it('with attributes spelled with escapes', () => {
    const text = JSON.stringify({ ...MINIMAL, subject: 'a\u00e9' })
      .replace('"id"', '"i\\u0064"')
      .replace('\u00e9', '\\u00E9');
    expect(decode(text).attributes).toEqual({ ...MINIMAL, subject: 'a\u00e9' });
  });

  it('with minus zero, which it keeps', () => {
    const text = JSON.stringify({ ...MINIMAL, n: 1 }).replace('"n":1', '"n":-0');
    expect(encodeStructured(decode(text)).toString()).toBe(text);
  });
});

describe('an event in the JSON format is refused', () => {
  it.each<[string, unknown, string, string]>([
    ['without specversion', { ...MINIMAL, specversion: undefined }, 'SB-1002', '/specversion'],
    ['without id', { ...MINIMAL, id: undefined }, 'SB-1002', '/id'],
    ['without type', { ...MINIMAL, type: undefined }, 'SB-1002', '/type'],
    ['without source', { ...MINIMAL, source: undefined }, 'SB-1002', '/source'],
    ['with an id that is null', { ...MINIMAL, id: null }, 'SB-1002', '/id'],
    ['with an empty id', { ...MINIMAL, id: '' }, 'SB-1002', '/id'],
    ['with an empty type', { ...MINIMAL, type: '' }, 'SB-1002', '/type'],
    ['with an empty source', { ...MINIMAL, source: '' }, 'SB-1002', '/source'],
    ['with an empty specversion', { ...MINIMAL, specversion: '' }, 'SB-1004', '/specversion'],
    ['of an older version', { ...MINIMAL, specversion: '0.3' }, 'SB-1004', '/specversion'],
    ['of a later version', { ...MINIMAL, specversion: '2.0' }, 'SB-1004', '/specversion'],
    [
      'with a version that is a number',
      `{"specversion":1.0,"id":"a","source":"b","type":"c"}`,
      'SB-1003',
      '/specversion',
    ],
    ['with a version that is an integer', { ...MINIMAL, specversion: 1 }, 'SB-1004', '/specversion'],
    ['with an id that is a number', { ...MINIMAL, id: 25 }, 'SB-1003', '/id'],
    ['with an id that is an object', { ...MINIMAL, id: { [MARK]: MARK } }, 'SB-1003', '/id'],
    ['with a type that is an array', { ...MINIMAL, type: [MARK] }, 'SB-1003', '/type'],
    ['with a source that is true', { ...MINIMAL, source: true }, 'SB-1003', '/source'],
    ['with a source that has a space', { ...MINIMAL, source: `a ${MARK}` }, 'SB-1003', '/source'],
    ['with a source that has a half escape', { ...MINIMAL, source: 'a%4' }, 'SB-1003', '/source'],
    ['with a source beyond ASCII', { ...MINIMAL, source: 'ž' }, 'SB-1003', '/source'],
    ['with a source that has two fragments', { ...MINIMAL, source: 'a#b#c' }, 'SB-1003', '/source'],
    ['with a source that begins with a number and a colon', { ...MINIMAL, source: '1a:b' }, 'SB-1003', '/source'],
    ['with a source that has a bad port', { ...MINIMAL, source: 'http://host:x/' }, 'SB-1003', '/source'],
    ['with a source that has brackets in its path', { ...MINIMAL, source: 'http://host/[x]' }, 'SB-1003', '/source'],
    ['with a time that is a word', { ...MINIMAL, time: 'lunchtime' }, 'SB-1003', '/time'],
    ['with a time to the minute', { ...MINIMAL, time: '2018-04-05T18:31Z' }, 'SB-1003', '/time'],
    ['with a time without zone', { ...MINIMAL, time: '2018-04-05T18:31:00' }, 'SB-1003', '/time'],
    ['with a time in an unknown zone', { ...MINIMAL, time: '2018-04-05T18:31:00X' }, 'SB-1003', '/time'],
    ['with an offset of more than a day', { ...MINIMAL, time: '2018-04-05T18:31:00+25:00' }, 'SB-1003', '/time'],
    ['with an offset that is no number', { ...MINIMAL, time: '2018-04-05T18:31:00+xx:00' }, 'SB-1003', '/time'],
    ['with an offset of hours alone', { ...MINIMAL, time: '2018-04-05T18:31:00+05' }, 'SB-1003', '/time'],
    ['with a day that does not exist', { ...MINIMAL, time: '2023-02-29T18:31:00Z' }, 'SB-1003', '/time'],
    ['with the thirty-first of April', { ...MINIMAL, time: '2023-04-31T18:31:00Z' }, 'SB-1003', '/time'],
    ['with a thirteenth month', { ...MINIMAL, time: '2023-13-01T18:31:00Z' }, 'SB-1003', '/time'],
    ['with the hour 24', { ...MINIMAL, time: '2023-01-01T24:00:00Z' }, 'SB-1003', '/time'],
    ['with a leap second at noon', { ...MINIMAL, time: '2016-12-31T12:00:60Z' }, 'SB-1003', '/time'],
    ['with a date alone', { ...MINIMAL, time: '2023-01-01' }, 'SB-1003', '/time'],
    ['with a time that is a number', { ...MINIMAL, time: 1700000000 }, 'SB-1003', '/time'],
    ['with a content type that is none', { ...MINIMAL, datacontenttype: MARK }, 'SB-1003', '/datacontenttype'],
    ['with an empty content type', { ...MINIMAL, datacontenttype: '' }, 'SB-1003', '/datacontenttype'],
    [
      'with a content type whose parameter has no value',
      { ...MINIMAL, datacontenttype: 'text/plain; charset' },
      'SB-1003',
      '/datacontenttype',
    ],
    ['with an empty dataschema', { ...MINIMAL, dataschema: '' }, 'SB-1003', '/dataschema'],
    ['with a relative dataschema', { ...MINIMAL, dataschema: '/schema' }, 'SB-1003', '/dataschema'],
    ['with an empty subject', { ...MINIMAL, subject: '' }, 'SB-1003', '/subject'],
    ['with an extension in capitals', { ...MINIMAL, MyExtension: MARK }, 'SB-1003', '/MyExtension'],
    ['with an extension with a point', { ...MINIMAL, 'my.extension': MARK }, 'SB-1003', '/my.extension'],
    ['with an extension with an underscore', { ...MINIMAL, my_extension: MARK }, 'SB-1003', '/my_extension'],
    ['with an extension without a name', { ...MINIMAL, '': MARK }, 'SB-1003', ''],
    ['with a name that may be somebody', { ...MINIMAL, 'Mary Jones': MARK }, 'SB-1003', ''],
    ['with an extension that is a fraction', { ...MINIMAL, ext: 1.5 }, 'SB-1003', '/ext'],
    [
      'with an integer written with a fraction',
      JSON.stringify({ ...MINIMAL, ext: 1 }).replace(':1}', ':1.0}'),
      'SB-1003',
      '/ext',
    ],
    [
      'with an integer written with an exponent',
      JSON.stringify({ ...MINIMAL, ext: 1 }).replace(':1}', ':1e2}'),
      'SB-1003',
      '/ext',
    ],
    ['with an integer beyond 32 bits', { ...MINIMAL, ext: 2147483648 }, 'SB-1003', '/ext'],
    ['with an extension that is an object', { ...MINIMAL, ext: { a: MARK } }, 'SB-1003', '/ext'],
    ['with an extension that is an array', { ...MINIMAL, ext: [] }, 'SB-1003', '/ext'],
    ['with a control character', { ...MINIMAL, ext: `${MARK}\n` }, 'SB-1003', '/ext'],
    ['with a C1 control character', { ...MINIMAL, ext: '\u0085' }, 'SB-1003', '/ext'],
    ['with a noncharacter', { ...MINIMAL, ext: '\ufdd0' }, 'SB-1003', '/ext'],
    ['with a noncharacter of a later plane', { ...MINIMAL, ext: '\u{1fffe}' }, 'SB-1003', '/ext'],
    ['with a lone surrogate', { ...MINIMAL, ext: '\ud800' }, 'SB-1003', '/ext'],
    ['with data and data_base64', { ...MINIMAL, data: MARK, data_base64: 'TWE=' }, 'SB-1006', '/data_base64'],
    [
      'with data that is null and data_base64',
      { ...MINIMAL, data: null, data_base64: 'TWE=' },
      'SB-1006',
      '/data_base64',
    ],
    ['with data_base64 that is none', { ...MINIMAL, data_base64: MARK }, 'SB-1003', '/data_base64'],
    ['with data_base64 without padding', { ...MINIMAL, data_base64: 'TWE' }, 'SB-1003', '/data_base64'],
    ['with data_base64 in the URL alphabet', { ...MINIMAL, data_base64: '_-8=' }, 'SB-1003', '/data_base64'],
    ['with data_base64 with stray bits', { ...MINIMAL, data_base64: 'TWF=' }, 'SB-1003', '/data_base64'],
    ['with data_base64 that is an object', { ...MINIMAL, data_base64: {} }, 'SB-1003', '/data_base64'],
    [
      'with text that has a lone surrogate',
      { ...MINIMAL, datacontenttype: 'text/plain', data: '\ud800' },
      'SB-1003',
      '/data',
    ],
    ['that is an array', [MINIMAL], 'SB-1001', ''],
    ['that is a string', MARK, 'SB-1001', ''],
    ['that is empty', '', 'SB-1001', ''],
    ['that ends early', JSON.stringify(MINIMAL).slice(0, -1), 'SB-1001', '/type'],
    [
      'with the same attribute twice',
      `{"id":"${MARK}","id":"b","source":"b","specversion":"1.0","type":"c"}`,
      'SB-2006',
      '/id',
    ],
    [
      'with data twice',
      `{"id":"a","source":"b","specversion":"1.0","type":"c","data":1,"data":"${MARK}"}`,
      'SB-2006',
      '/data',
    ],
    [
      'with a repeated key within data',
      `{"id":"a","source":"b","specversion":"1.0","type":"c","data":{"x":[{"\\u0061":1,"a":"${MARK}"}]}}`,
      'SB-2006',
      '/data/x/0/a',
    ],
    [
      'with data nested too deeply',
      `{"data":${'['.repeat(40)}${']'.repeat(40)}}`,
      'SB-2007',
      `/data${'/0'.repeat(32)}`,
    ],
    ['with an array that is too long', { ...MINIMAL, data: new Array(10_001).fill(0) }, 'SB-2007', '/data/10000'],
  ])('%s', (_, event, code, path) => {
    const refusal = refusalOf(event);
    expect([refusal.code, refusal.findings.map((one) => one.path)]).toEqual([code, [path]]);
    expect(JSON.stringify(refusal.toProblem()).replace('/MyExtension', '')).not.toContain(MARK);
    expect(refusal.message).not.toContain(MARK);
  });

  it('with everything that is wrong at once', () => {
    const { code, findings } = refusalOf({
      source: ' ',
      type: 'a',
      time: 'noon',
      Ext: 1,
      data: 1,
      data_base64: 'TWE=',
    });
    expect(code).toBe('SB-1002');
    expect(findings.map((one) => one.path).sort()).toEqual([
      '/Ext',
      '/data_base64',
      '/id',
      '/source',
      '/specversion',
      '/time',
    ]);
  });

  it('with a bounded list of findings, however much is wrong', () => {
    const names = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`Bad${i}`, 0]));
    const { code, findings } = refusalOf(names);
    expect([code, findings.length]).toEqual(['SB-1002', 104]);
  });

  it('when it is larger than the limit, before anything else is looked at', () => {
    const body = Buffer.alloc(101, ' ');
    expect(() => decodeStructured(body, { ...DEFAULT_LIMITS, maxBodyBytes: 100 })).toThrow(/SB-4130/);
    expect(() => decodeStructured(body.subarray(1), { ...DEFAULT_LIMITS, maxBodyBytes: 100 })).toThrow(/SB-1001/);
  });

  it('when its attributes are larger than the limit, counted in bytes of UTF-8', () => {
    const size =
      Object.entries({ ...MINIMAL, ext: '\u00e9\u00e9' })
        .join('')
        .replaceAll(',', '').length + 2;
    const body = Buffer.from(JSON.stringify({ ...MINIMAL, ext: '\u00e9\u00e9', data: 'x'.repeat(1000) }));
    expect(decodeStructured(body, { ...DEFAULT_LIMITS, maxAttributeBytes: size }).attributes['ext']).toBe(
      '\u00e9\u00e9',
    );
    expect(() => decodeStructured(body, { ...DEFAULT_LIMITS, maxAttributeBytes: size - 1 })).toThrow(/SB-4130/);
  });

  it('by a code that says whether the specification or this exchange refuses it', () => {
    expect(refusalOf({ ...MINIMAL, id: '' }).status).toBe(400);
    expect(refusalOf('{"a":1,"a":1}').status).toBe(422);
  });

  it('but not for want of a time, which is no rule of the specification', () => {
    expect(decode(MINIMAL).attributes).not.toHaveProperty('time');
  });
});

describe('the content of an event', () => {
  it.each<[string, object, string[]]>([
    ['left out', {}, ['absent']],
    ['null', { data: null }, ['json', 'null']],
    ['zero', { data: 0 }, ['json', '0']],
    ['false', { data: false }, ['json', 'false']],
    ['an empty string', { data: '' }, ['json', '""']],
    ['an empty string of text', { datacontenttype: 'text/plain', data: '' }, ['text', '']],
    [
      'a string under a JSON type, not parsed again',
      { datacontenttype: 'application/fhir+json', data: '{"a":1}' },
      ['json', '"{\\"a\\":1}"'],
    ],
    [
      'a string under a type that is not JSON',
      { datacontenttype: 'application/xml', data: '<a b="c"/>' },
      ['text', '<a b="c"/>'],
    ],
    ['an object under a type that is not JSON', { datacontenttype: 'text/plain', data: { a: 1 } }, ['json', '{"a":1}']],
    ['a string under a JSON type in capitals', { datacontenttype: 'Text/JSON; charset=x', data: 'a' }, ['json', '"a"']],
    ['bytes', { datacontenttype: 'image/png', data_base64: 'TWE=' }, ['binary', 'Ma']],
    ['no bytes', { data_base64: '' }, ['binary', '']],
    ['bytes under a JSON type', { datacontenttype: 'application/json', data_base64: 'MQ==' }, ['binary', '1']],
    ['data_base64 that is null', { data_base64: null }, ['absent']],
    ['data beside data_base64 that is null', { data: 1, data_base64: null }, ['json', '1']],
  ])('is told apart when it is %s, and written as it was', (_, more, expected) => {
    const event = decode({ ...MINIMAL, ...more });
    expect(kindAndText(event.data)).toEqual(expected);
    const again = decodeStructured(encodeStructured(event));
    expect(again).toEqual(event);
  });

  it('keeps every byte, where parsing and writing again would not', () => {
    const content = '{ "value" : 5.10, "big":9007199254740993,\n\t"text":"\\u00e9\\/" , "e":1E+2 }';
    const head = '{"specversion":"1.0","id":"a","source":"b","type":"c"';
    const event = decode(`${head} , "data" :\t${content}\r\n, "late":"x" }`);
    expect(kindAndText(event.data)).toEqual(['json', content]);
    expect(encodeStructured(event).toString()).toBe(`${head},"late":"x","data":${content}}`);
  });
});
