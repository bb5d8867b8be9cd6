import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { createLog, type LogFields } from './log.js';

function captured(format: 'json' | 'text', level = 'info') {
  const lines: string[] = [];
  const to = new Writable({ write: (chunk, _encoding, done) => (lines.push(String(chunk)), done()) });
  return { lines, log: createLog('desk', level, { format, to }) };
}

const firstOf = (lines: readonly string[]): Record<string, unknown> =>
  JSON.parse(lines[0] ?? '{}') as Record<string, unknown>;

describe('the log', () => {
  it('keeps the fields of its list and drops every other', () => {
    const { lines, log } = captured('json');
    log.info({ org: 'X9H2T', status: 202, patient: 'Anna Beispiel', data: { a: 1 } } as LogFields, 'event accepted');
    expect(firstOf(lines)).toMatchObject({
      level: 'info',
      app: 'desk',
      msg: 'event accepted',
      org: 'X9H2T',
      status: 202,
    });
    expect(lines[0]).not.toMatch(/Anna|data/);
  });

  it('masks what looks like an NHS number, in fields and in sentences', () => {
    const { lines, log } = captured('json');
    log.warn({ eventid: 'a-999 000 0018' }, 'kept 9990000018 here');
    // Whole: digits of the time are not looked at, which may be any.
    expect(firstOf(lines)).toEqual({
      level: 'warn',
      time: expect.any(String),
      name: 'desk',
      app: 'desk',
      eventid: 'a-[digits]',
      msg: 'kept [digits] here',
    });
  });

  it('leaves identifiers and times with longer runs of digits alone', () => {
    const { lines, log } = captured('json');
    log.info({ eventid: '00000001234567890123', traceid: '12345678901234567890123456789012' }, 'x');
    expect(firstOf(lines)).toMatchObject({
      eventid: '00000001234567890123',
      traceid: '12345678901234567890123456789012',
    });
  });

  it('tells the name and place of an error, and its message only where it cannot quote what was sent', () => {
    const { lines, log } = captured('json');
    const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    });
    log.error({ err: new SyntaxError('Unexpected "Anna"', { cause: system }) }, 'failed');
    const { error, message, stack, cause } = firstOf(lines) as Record<string, unknown> & {
      cause: Record<string, unknown>;
    };
    expect([error, message]).toEqual(['SyntaxError', undefined]);
    expect(stack).toMatch(/log\.spec/);
    expect(cause).toMatchObject({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:1' });
    expect(lines[0]).not.toContain('Anna');
  });

  it('writes readable lines on request, and nothing under its level', () => {
    const { lines, log } = captured('text', 'warn');
    log.info({}, 'hidden');
    log.warn({ org: 'X9H2T', count: 2 }, 'shown');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}desk: shown org=X9H2T count=2\n$/);
  });
});
