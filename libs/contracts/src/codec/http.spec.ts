import { describe, expect, it } from '@jest/globals';

import { Refusal } from '../problems.js';
import { decodeBatch, decodeHttp, encodeBinaryHttp, httpMode, type IncomingHeaders } from './http.js';
import { decodeStructured } from './structured.js';

const ATTRIBUTES = {
  'ce-specversion': '1.0',
  'ce-id': 'one',
  'ce-source': 'urn:ods:X9L3B:lims',
  'ce-type': 'org.example.t',
};
const MARK = 'MARKED-VALUE';

function refusalOf(run: () => unknown): Refusal {
  try {
    run();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('accepted');
}

const decode = (more: IncomingHeaders, body = '') => decodeHttp({ ...ATTRIBUTES, ...more }, Buffer.from(body));

describe('the content mode', () => {
  it.each([
    ['application/cloudevents+json', 'structured'],
    ['Application/CloudEvents+JSON', 'structured'],
    ['application/cloudevents+json; charset=UTF-8', 'structured'],
    ['application/cloudevents+json;charset=utf-8', 'structured'],
    ['application/cloudevents+json; charset="utf-8"', 'structured'],
    ['application/cloudevents+json ; CHARSET=utf8; x=y', 'structured'],
    ['application/cloudevents-batch+json', 'batch'],
    ['application/CLOUDEVENTS-BATCH+json; charset=UTF-8', 'batch'],
  ])('of %s is %s', (type, mode) => {
    expect(httpMode({ 'content-type': type })).toBe(mode);
    expect(httpMode({ 'Content-Type': type })).toBe(mode);
  });

  it.each(['application/json', 'application/fhir+json; charset=utf-8', 'text/plain; charset=iso-8859-1', undefined])(
    'of %s with ce- headers is binary',
    (type) => {
      expect(httpMode({ 'content-type': type, 'CE-Id': 'x' })).toBe('binary');
    },
  );

  it.each([
    ['a format that is not spoken', 'application/cloudevents+xml', 'SB-4150'],
    ['a batch format that is not spoken', 'application/cloudevents-batch+avro', 'SB-4150'],
    ['the bare prefix', 'application/cloudevents', 'SB-4150'],
    ['a request without attributes', 'application/json', 'SB-4150'],
    ['a request without a content type', undefined, 'SB-4150'],
    ['structured JSON in another charset', 'application/cloudevents+json; charset=iso-8859-1', 'SB-4151'],
    ['a batch in another charset', 'application/cloudevents-batch+json; charset=utf-16', 'SB-4151'],
    ['JSON content in another charset', 'application/fhir+json; charset=latin1', 'SB-4151'],
  ])('is refused for %s', (_, type, code) => {
    const refusal = refusalOf(() => httpMode({ 'content-type': type }));
    expect([refusal.code, refusal.findings.length]).toEqual([code, 1]);
  });

  it('decides which call takes the request', () => {
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    expect(refusalOf(() => decodeHttp(batch, Buffer.from('[]'))).code).toBe('SB-4150');
    expect(refusalOf(() => decodeBatch(ATTRIBUTES, Buffer.from('[]'))).code).toBe('SB-4150');
    expect(decodeBatch(batch, Buffer.from('[]'))).toEqual([]);
  });
});

describe('an event in binary mode', () => {
  it('has its attributes from headers and its content type from Content-Type, as they were sent', () => {
    const { attributes, data } = decode(
      {
        'content-type': 'application/fhir+json; Charset="UTF-8"',
        'CE-Subject': '"Euro %E2%82%AC"',
        'ce-ext1': '5',
        'ce-empty': '',
        accept: '*/*',
      },
      ' {"a" : 1.50}\n',
    );
    expect(attributes).toEqual({
      specversion: '1.0',
      id: 'one',
      source: 'urn:ods:X9L3B:lims',
      type: 'org.example.t',
      datacontenttype: 'application/fhir+json; Charset="UTF-8"',
      subject: 'Euro €',
      ext1: '5',
      empty: '',
    });
    expect(data.kind === 'json' && Buffer.from(data.bytes).toString()).toBe(' {"a" : 1.50}\n');
  });

  it.each([
    ['no body', 'application/json', '', 'absent'],
    ['null', 'application/json', 'null', 'json'],
    ['a JSON string', 'text/json', '""', 'json'],
    ['text', 'text/plain', 'abc', 'binary'],
    ['a body of no declared type', undefined, '{}', 'binary'],
  ])('with %s has content that is %s', (_, type, body, kind) => {
    expect(decode({ 'content-type': type }, body).data.kind).toBe(kind);
  });

  it.each<[string, IncomingHeaders, string, string, string]>([
    [
      'that repeats the content type as an attribute',
      { 'content-type': 'text/plain', 'ce-datacontenttype': MARK },
      '',
      'SB-1003',
      '/datacontenttype',
    ],
    ['with a content type that is none', { 'content-type': MARK }, '', 'SB-1003', '/datacontenttype'],
    ['with an attribute called data', { 'ce-data': MARK }, '', 'SB-1003', '/data'],
    ['with an attribute called data_base64', { 'ce-data_base64': MARK }, '', 'SB-1003', '/data_base64'],
    ['with an attribute without a name', { 'ce-': MARK }, '', 'SB-1003', ''],
    ['with an attribute sent twice', { 'ce-ext': [MARK, 'b'] }, '', 'SB-1003', '/ext'],
    ['with an attribute sent twice in two cases', { 'CE-ID': MARK }, '', 'SB-1003', '/id'],
    ['with invalid UTF-8', { 'ce-ext': `${MARK}%C0%A0` }, '', 'SB-1005', '/ext'],
    ['with raw UTF-8', { 'ce-id': `${MARK}Ã©` }, '', 'SB-1005', '/id'],
    ['with an encoded control character', { 'ce-ext': '%0A' }, '', 'SB-1003', '/ext'],
    ['with an empty id', { 'ce-id': '' }, '', 'SB-1002', '/id'],
    ['without an id', { 'ce-id': undefined }, '', 'SB-1002', '/id'],
    ['of another version', { 'ce-specversion': '0.3' }, '', 'SB-1004', '/specversion'],
    ['with a bad time', { 'ce-time': MARK }, '', 'SB-1003', '/time'],
    ['with JSON that is none', { 'content-type': 'application/json' }, '{"x":nul}', 'SB-1001', '/data/x'],
    ['with JSON that is not UTF-8', { 'content-type': 'application/json' }, '\ufeff{}', 'SB-1001', '/data'],
    ['with a repeated key', { 'content-type': 'application/x+json' }, `{"a":"${MARK}","a":1}`, 'SB-2006', '/data/a'],
    [
      'with JSON nested too deeply',
      { 'content-type': 'application/json' },
      '['.repeat(33) + ']'.repeat(33),
      'SB-2007',
      `/data${'/0'.repeat(32)}`,
    ],
  ])('%s is refused', (_, headers, body, code, path) => {
    const refusal = refusalOf(() => decode(headers, body));
    expect([refusal.code, refusal.findings.map((one) => one.path)]).toEqual([code, [path]]);
    expect(JSON.stringify(refusal.toProblem())).not.toContain(MARK);
  });

  it('that is too large is refused before its body is read', () => {
    expect(refusalOf(() => decodeHttp(ATTRIBUTES, Buffer.alloc(1024 * 1024 + 1))).code).toBe('SB-4130');
    expect(refusalOf(() => decode({ 'ce-ext': 'x'.repeat(64 * 1024) })).code).toBe('SB-4130');
  });
});

describe('an event written in binary mode', () => {
  it('carries types by their canonical text, and the content type that its JSON implied', () => {
    const text =
      '{"specversion":"1.0","id":"a b","source":"/s","type":"t","n":-5,"b":true,"data":"I\'m just a string"}';
    const { headers, body } = encodeBinaryHttp(decodeStructured(Buffer.from(text)));
    expect(headers).toEqual({
      'ce-specversion': '1.0',
      'ce-id': 'a%20b',
      'ce-source': '/s',
      'ce-type': 't',
      'ce-n': '-5',
      'ce-b': 'true',
      'content-type': 'application/json',
    });
    expect(body.toString()).toBe('"I\'m just a string"');
  });

  it('gets no content type when it has no content', () => {
    const text = '{"specversion":"1.0","id":"a","source":"/s","type":"t"}';
    const { headers, body } = encodeBinaryHttp(decodeStructured(Buffer.from(text)));
    expect(headers).not.toHaveProperty('content-type');
    expect(body).toHaveLength(0);
  });
});
