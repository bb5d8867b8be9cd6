import { describe, expect, it } from '@jest/globals';
import { decodeStructured, type CloudEvent } from '@signalbox/contracts';
import fc from 'fast-check';
import { messageOf, structuredForLines } from './sse.js';

/** Reads one message as the standard has it: lines end with CR LF, LF or CR; data is joined with LF. */
function read(message: Buffer): Record<string, string> {
  const lines = message.toString().split(/\r\n|\n|\r/);
  const fields: Record<string, string> = {};
  for (const line of lines.slice(0, -2)) {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?)?([^]*)$/.exec(line) ?? [];
    fields[name] = name === 'data' && 'data' in fields ? `${fields['data']}\n${value}` : value;
  }
  return fields;
}

const anEvent = (json: string): CloudEvent => ({
  attributes: { specversion: '1.0', id: 'ö', source: 'urn:x', type: 't', datacontenttype: 'application/json' },
  data: { kind: 'json', bytes: Buffer.from(json) },
});

const bytesRead = (event: CloudEvent): string => {
  const { data } = decodeStructured(
    Buffer.from(read(messageOf({ event: 't', id: '1', data: structuredForLines(event) }))['data'] ?? ''),
  );
  return data.kind === 'absent' ? '' : Buffer.from(data.bytes).toString();
};

describe('a message of Server-Sent Events', () => {
  it('keeps the bytes of content, whatever white space stands between its tokens', () => {
    const space = fc.array(fc.constantFrom(' ', '\t', '\n', '\r', '\r\n'), { maxLength: 4 }).map((all) => all.join(''));
    fc.assert(
      fc.property(space, space, fc.string(), (before, between, text) => {
        const json = `{${before}"a"${between}:${before}[${JSON.stringify(text)},${between}5.10${before}]}`;
        expect(bytesRead(anEvent(json))).toBe(json);
      }),
    );
  });

  it('is content as JSON while that can be, and only then base64', () => {
    expect(structuredForLines(anEvent('{\n"a":1}')).toString()).toContain('"data":{\n"a":1}');
    expect(structuredForLines(anEvent('{\r\n"a":1}')).toString()).toContain('"data_base64":');
  });

  it('has its name, its id and whatever stands beside it in fields of their own', () => {
    const message = messageOf({ event: 'org.example', id: 'c1', fields: { late: 'ö' }, data: Buffer.from('') });
    expect(message.toString()).toBe('event: org.example\nid: c1\nlate: ö\ndata: \n\n');
  });
});
