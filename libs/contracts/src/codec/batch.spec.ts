import { describe, expect, it } from '@jest/globals';

import { Refusal } from '../problems.js';
import { decodeBatchBody, encodeBatch } from './batch.js';
import { DEFAULT_LIMITS } from './limits.js';
import { decodeStructured } from './structured.js';

const MINIMAL = { specversion: '1.0', id: 'minimal', type: 'io.cloudevents.test', source: 'https://cloudevents.io' };
const TYPED = { ...MINIMAL, extinteger: 10, extboolean: true, extstring: 'text', exttimestamp: '2023-03-31T15:12:00Z' };
const GOOD = JSON.stringify(MINIMAL);

const decode = (text: string, limits = DEFAULT_LIMITS) => decodeBatchBody(Buffer.from(text), limits);

/** What became of each item: `ok`, or code and pointers. */
function verdicts(text: string): string[] {
  return decode(text).map(({ event, refusal }) =>
    event ? 'ok' : [refusal.code, ...refusal.findings.map((one) => one.path)].join(' '),
  );
}

describe('a batch', () => {
  it.each<[string, object[]]>([
    ['nothing', []],
    ['one event', [MINIMAL]],
    ['the same event twice', [MINIMAL, MINIMAL]],
    ['events with different attributes', [MINIMAL, TYPED]],
  ])('may hold %s', (_, events) => {
    expect(decode(JSON.stringify(events, null, 1)).map((item) => item.event?.attributes)).toEqual(events);
  });

  it('is written and read again with the bytes of each content', () => {
    const text = `[ {"specversion":"1.0","id":"a","source":"b","type":"c","data":{ "v":5.10 }} ,\n${GOOD}]`;
    const events = decode(text).map((item) => item.event!);
    const again = encodeBatch(events);
    expect(again.toString()).toContain('"data":{ "v":5.10 }');
    expect(decode(again.toString()).map((item) => item.event)).toEqual(events);
    expect(encodeBatch([]).toString()).toBe('[]');
    expect(decodeStructured(encodeBatch(events.slice(1)).subarray(1, -1))).toEqual(events[1]);
  });

  it.each([
    ['an event without id', '{"specversion":"1.0","type":"a","source":"b"}', 'SB-1002 /id'],
    ['an event of another version', JSON.stringify({ ...MINIMAL, specversion: '0.9' }), 'SB-1004 /specversion'],
    ['something that is no object', '"not an object, [{"', 'SB-1001 '],
    ['an array', '[[{}]]', 'SB-1001 '],
    ['a repeated key', '{"data":{"x":"]}\\"","y":[{"k":1,"k":{"z":[[],"["]}}]},"id":"}"}', 'SB-2006 /data/y/0/k'],
    ['a repeated attribute', '{"id":"a","id":"b"}', 'SB-2006 /id'],
    [
      'content nested too deeply',
      `{"data":${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}}`,
      `SB-2007 /data${'/0/a'.repeat(16)}`,
    ],
    ['an array that is too long', `{"data":[${'0,'.repeat(10_000)}0]}`, 'SB-2007 /data/10000'],
    ['an array of something else that is too deep', `${'['.repeat(40)}${']'.repeat(40)}`, `SB-2007 ${'/0'.repeat(32)}`],
  ])('is not spoiled for its other items by %s', (_, item, verdict) => {
    expect(verdicts(`[${GOOD},${item} , ${item},${GOOD}]`)).toEqual(['ok', verdict, verdict, 'ok']);
  });

  it.each([
    ['no array', GOOD, 'SB-1001'],
    ['nothing', '', 'SB-1001'],
    ['an open array', `[${GOOD}`, 'SB-1001'],
    ['a comma too many', `[${GOOD},]`, 'SB-1001'],
    ['no comma', `[${GOOD}${GOOD}]`, 'SB-1001'],
    ['something behind its end', `[${GOOD}]]`, 'SB-1001'],
    ['something behind its empty end', '[]x', 'SB-1001'],
    ['an item that is not well-formed', `[${GOOD},{"id":"a",}]`, 'SB-1001'],
    ['an item that is not well-formed behind one that is refused', '[{"id":1,"id":2},{"id":tru}]', 'SB-1001'],
    ['more items than an array may have', `[${'0,'.repeat(10_000)}0]`, 'SB-2007'],
  ])('is refused as a whole when it is or has %s', (_, text, code) => {
    let refusal: unknown;
    try {
      decode(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(Refusal);
    expect((refusal as Refusal).code).toBe(code);
    expect((refusal as Refusal).findings).toHaveLength(1);
  });

  it('is refused as a whole when it is too large', () => {
    expect(() => decode(`[${GOOD}]`, { ...DEFAULT_LIMITS, maxBodyBytes: 20 })).toThrow(/SB-4130/);
  });
});
