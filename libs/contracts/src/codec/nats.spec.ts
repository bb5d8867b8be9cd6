import { describe, expect, it } from '@jest/globals';

import { type Refusal } from '../problems.js';
import { decodeNats, decodeRecorded, encodeNats } from './nats.js';
import { decodeStructured, encodeStructured } from './structured.js';

const HEADERS: [string, string][] = [
  ['ce-specversion', '1.0'],
  ['ce-id', 'one'],
  ['ce-source', 'urn:ods:X9L3B:lims'],
  ['ce-type', 'org.example.t'],
];
const MINIMAL = { specversion: '1.0', id: 'one', source: 'urn:ods:X9L3B:lims', type: 'org.example.t' };
const MARK = 'MARKED-VALUE';

const decode = (more: [string, string][], body = '') => decodeNats([...HEADERS, ...more], Buffer.from(body));

describe('an event over NATS', () => {
  it.each<[string, object]>([
    ['no content', {}],
    ['no content but a type', { datacontenttype: 'application/json' }],
    ['null', { data: null }],
    ['zero', { datacontenttype: 'application/json', data: 0 }],
    ['false', { data: false }],
    ['an empty string', { data: '' }],
    ['an empty text', { datacontenttype: 'text/plain', data: '' }],
    ['text', { datacontenttype: 'text/plain', data: 'a "b" €' }],
    ['JSON under a type that is not JSON', { datacontenttype: 'text/plain', data: [1] }],
    ['bytes', { datacontenttype: 'image/png', data_base64: '/9j/' }],
    ['no bytes', { data_base64: '' }],
    ['bytes under a JSON type', { datacontenttype: 'application/json', data_base64: 'eyI=' }],
    ['typed extensions', { n: -7, zero: 0, yes: true, no: false, text: 'true', digits: '7', empty: '' }],
    ['an extension beyond ASCII', { subject: ' Žluť % "ý" \u{1f40e} ' }],
  ])('comes back to the JSON format as it was with %s', (_, more) => {
    const text = JSON.stringify({ ...MINIMAL, ...more });
    const { headers, body } = encodeNats(decodeStructured(Buffer.from(text)));
    expect(headers.every(([name, value]) => /^[a-z0-9-]+$/.test(name) && /^[\x21-\x7e]*$/.test(value))).toBe(true);
    expect(encodeStructured(decodeNats(headers, Buffer.from(body))).toString()).toBe(text);
  });

  it('is written as the binding says, without headers of our own where none is needed', () => {
    const event = decodeStructured(
      Buffer.from(JSON.stringify({ ...MINIMAL, datacontenttype: 'application/fhir+json', data: { a: 1 } })),
    );
    expect(encodeNats(event)).toEqual({
      headers: [...HEADERS, ['ce-datacontenttype', 'application/fhir+json']],
      body: Buffer.from('{"a":1}'),
    });
  });

  it('may be structured, told by its content type in any case', () => {
    const body = Buffer.from(JSON.stringify(MINIMAL));
    const expected = { attributes: MINIMAL, data: { kind: 'absent' } };
    expect(decodeNats([['Content-Type', 'APPLICATION/cloudevents+json; charset=utf-8']], body)).toEqual(expected);
    expect(
      decodeNats(
        [
          ['content-type', 'application/cloudevents+json'],
          ['ce-id', 'other'],
        ],
        body,
      ),
    ).toEqual(expected);
  });

  it('may be structured without any header, as in the example of the binding', () => {
    expect(decodeNats([], Buffer.from(JSON.stringify(MINIMAL))).attributes).toEqual(MINIMAL);
    expect(decodeNats([['Nats-Msg-Id', 'x']], Buffer.from(JSON.stringify(MINIMAL))).attributes).toEqual(MINIMAL);
  });

  it('may have its content type where HTTP has it, as other senders put it', () => {
    const { attributes, data } = decode([['Content-Type', 'application/json']], '{}');
    expect([attributes['datacontenttype'], data.kind]).toEqual(['application/json', 'json']);
    const both = decode(
      [
        ['content-type', 'text/plain'],
        ['ce-datacontenttype', 'application/json'],
      ],
      '{}',
    );
    expect([both.attributes['datacontenttype'], both.data.kind]).toEqual(['application/json', 'json']);
  });

  it('may have header names in any case', () => {
    const shouted = HEADERS.map(([name, value]): [string, string] => [name.toUpperCase(), value]);
    expect(decodeNats(shouted, Buffer.alloc(0)).attributes).toEqual(MINIMAL);
  });

  it('is not changed by headers that are none of its attributes', () => {
    expect(
      decode([
        ['Nats-Msg-Id', 'x'],
        ['traceparent', 'y'],
        ['Nats-Request-Info', '{}'],
      ]).attributes,
    ).toEqual(MINIMAL);
  });

  it.each<[string, [string, string][], string, string, string]>([
    ['with an attribute twice', [['Ce-Id', MARK]], '', 'SB-1003', '/id'],
    ['with an attribute name that is none', [['ce-my_ext', MARK]], '', 'SB-1003', '/my_ext'],
    ['with raw UTF-8', [['ce-ext', `${MARK}é`]], '', 'SB-1005', '/ext'],
    [
      'with a type that its value is not of',
      [
        ['ce-ext', MARK],
        ['signalbox-types', 'ext=integer'],
      ],
      '',
      'SB-1003',
      '/ext',
    ],
    [
      'with an integer beyond 32 bits',
      [
        ['ce-ext', '2147483648'],
        ['signalbox-types', 'ext=integer'],
      ],
      '',
      'SB-1003',
      '/ext',
    ],
    [
      'with a boolean that is none',
      [
        ['ce-ext', 'TRUE'],
        ['signalbox-types', 'ext=boolean'],
      ],
      '',
      'SB-1003',
      '/ext',
    ],
    [
      'with a type that does not exist',
      [
        ['ce-ext', '1'],
        ['signalbox-types', 'ext=float'],
      ],
      '',
      'SB-1003',
      '/ext',
    ],
    [
      'with a typed attribute of the specification',
      [
        ['ce-subject', '1'],
        ['signalbox-types', 'subject=integer'],
      ],
      '',
      'SB-1003',
      '/subject',
    ],
    ['with a kind of content that does not exist', [['signalbox-data', MARK]], 'x', 'SB-1003', '/data'],
    ['with content that is said to be absent', [['signalbox-data', 'absent']], 'x', 'SB-1003', '/data'],
    ['with content that is said to be JSON', [['signalbox-data', 'json']], 'x', 'SB-1001', '/data'],
    ['with no content that is said to be JSON', [['signalbox-data', 'json']], '', 'SB-1001', '/data'],
    ['with JSON that is none', [['ce-datacontenttype', 'application/json']], '{"a":}', 'SB-1001', '/data/a'],
    ['with a repeated key', [['ce-datacontenttype', 'application/json']], '{"a":1,"a":2}', 'SB-2006', '/data/a'],
    ['with JSON in another charset', [['ce-datacontenttype', 'application/json; charset=utf-16']], '{}', 'SB-4151', ''],
    ['in batch mode', [['content-type', 'application/cloudevents-batch+json']], '[]', 'SB-4150', ''],
    ['in a format that is not spoken', [['content-type', 'application/cloudevents+xml']], '', 'SB-4150', ''],
  ])('%s is refused', (_, headers, body, code, path) => {
    expect.assertions(2);
    try {
      decode(headers, body);
    } catch (error) {
      const refusal = error as Refusal;
      expect([refusal.code, refusal.findings.map((one) => one.path)]).toEqual([code, [path]]);
      expect(JSON.stringify(refusal.toProblem())).not.toContain(MARK);
    }
  });

  it('with text that is not UTF-8 is refused', () => {
    expect(() => decodeNats([...HEADERS, ['signalbox-data', 'text']], Buffer.from([0xff]))).toThrow(/SB-1001/);
  });

  it('that is no CloudEvent is refused', () => {
    expect(() => decodeNats([['content-type', 'application/json']], Buffer.from('{}'))).toThrow(/SB-4150/);
    expect(() => decodeNats([], Buffer.from('hello'))).toThrow(/SB-1001/);
  });
});

describe('An event that was recorded', () => {
  it('is read as it was written, its content taken as it lies there', () => {
    const event = {
      attributes: { specversion: '1.0', id: '1', source: 'urn:ods:X9L3B:lims', type: 'a.b', retries: 3 },
      data: { kind: 'json' as const, bytes: Buffer.from('{ "value": 5.10 }') },
    };
    const { headers, body } = encodeNats(event);
    expect(decodeRecorded(headers, body)).toEqual(decodeNats(headers, body));
    expect(decodeRecorded(headers, body).data).toEqual(event.data);
  });

  it('is refused when its attributes are damaged', () => {
    expect(() => decodeRecorded([['ce-id', '1']], Buffer.alloc(0))).toThrow();
  });
});
