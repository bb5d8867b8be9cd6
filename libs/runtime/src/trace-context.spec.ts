import { describe, expect, it } from '@jest/globals';
import { formatTraceparent, parseTraceparent, parseTracestate } from './trace-context.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const good = `00-${TRACE}-${SPAN}-01`;

describe('traceparent after Trace Context level 2', () => {
  it.each([
    ['sampled', good, 1],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, 0],
    ['sampled and random', `00-${TRACE}-${SPAN}-03`, 3],
    ['random alone', `00-${TRACE}-${SPAN}-02`, 2],
    ['flags that level 2 does not know', `00-${TRACE}-${SPAN}-ff`, 3],
    ['a higher version', `01-${TRACE}-${SPAN}-01`, 1],
    ['a higher version with more behind', `cc-${TRACE}-${SPAN}-01-what-the-future-holds`, 1],
    ['white space around it', ` ${good}\t`, 1],
  ])('reads %s', (_what, header, traceFlags) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
  });

  it.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['version 00 with more behind', `${good}-x`],
    ['a version of one digit', `0-${TRACE}-${SPAN}-01`],
    ['a version that is not hexadecimal', `.0-${TRACE}-${SPAN}-01`],
    ['a higher version with more behind but no dash', `cc-${TRACE}-${SPAN}-01.x`],
    ['upper case', good.toUpperCase()],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a trace id that is too short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a span id that is too long', `00-${TRACE}-${SPAN}0-01`],
    ['flags of one digit', `00-${TRACE}-${SPAN}-1`],
    ['illegal characters', `00-${TRACE.replace('0', 'g')}-${SPAN}-01`],
    ['two joined by a comma', `${good},${good}`],
  ])('refuses %s', (_what, header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it.each([good, `00-${TRACE}-${SPAN}-03`, `00-${TRACE}-${SPAN}-00`])('writes back what it read: %s', (header) => {
    const context = parseTraceparent(header);
    expect(context && formatTraceparent(context)).toBe(header);
  });

  it('keeps traceparent when tracestate is bad, and drops the whole tracestate', () => {
    expect(parseTraceparent(good, 'a=1,B=2')).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true });
    expect(parseTraceparent(good, 'a=1')?.traceState?.get('a')).toBe('1');
  });
});

describe('tracestate after Trace Context level 2', () => {
  const members = (count: number): string => Array.from({ length: count }, (_, i) => `k${String(i)}=v`).join(',');

  it.each([
    ['one member', 'foo=1', 'foo=1'],
    ['the order as sent', 'b=2,a=1', 'b=2,a=1'],
    ['tabs and spaces around members', 'foo=1 \t , \t bar=2', 'foo=1,bar=2'],
    ['empty members', 'foo=1,,bar=2,', 'foo=1,bar=2'],
    ['a key with every legal character', 'a0_-*/@b=1', 'a0_-*/@b=1'],
    ['a key that begins with a digit', '0a=1', '0a=1'],
    ['a key of 256 characters', `${'k'.repeat(256)}=1`, `${'k'.repeat(256)}=1`],
    ['a value of 256 characters', `k=${'v'.repeat(256)}`, `k=${'v'.repeat(256)}`],
    ['a value with inner spaces and marks', 'k=a b!"#$%&*~', 'k=a b!"#$%&*~'],
    ['32 members', members(32), members(32)],
  ])('reads %s', (_what, header, written) => {
    expect(parseTracestate(header)?.serialize()).toBe(written);
  });

  it.each([
    ['33 members', members(33)],
    ['the same key twice', 'foo=1,foo=1'],
    ['an upper-case key', 'Foo=1'],
    ['a key that begins with a mark', '@foo=1'],
    ['an empty key', '=1'],
    ['a key of 257 characters', `${'k'.repeat(257)}=1`],
    ['a value of 257 characters', `k=${'v'.repeat(257)}`],
    ['an empty value', 'foo='],
    ['a value with an equals sign', 'foo=a=b'],
    ['a space inside a key', 'foo bar=1'],
    ['a space before the equals sign', 'foo =1'],
    ['a control character', 'foo=a\u0007b'],
    ['a character beyond ASCII', 'foo=ä'],
    ['no equals sign', 'foo'],
    ['nothing at all', ' , '],
  ])('drops the whole of it for %s', (_what, header) => {
    expect(parseTracestate(header)).toBeUndefined();
  });

  it('moves a changed member to the front and never exceeds 32', () => {
    const changed = parseTracestate(members(32))?.set('new', '1');
    expect(changed?.serialize().startsWith('new=1,k0=v')).toBe(true);
    expect(changed?.serialize().split(',')).toHaveLength(32);
    expect(changed?.unset('new').get('new')).toBeUndefined();
  });
});
