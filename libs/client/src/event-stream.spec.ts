import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';

import { MessageReader } from './event-stream.js';

interface Read {
  readonly name: string;
  readonly data: string;
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

function read(...chunks: readonly (string | Uint8Array)[]): Read[] {
  const reader = new MessageReader();
  return chunks.flatMap((chunk) =>
    [...reader.push(Buffer.from(chunk as string))].map((one) => ({ ...one, data: Buffer.from(one.data).toString() })),
  );
}

describe('a stream of server-sent events', () => {
  test('gives messages with their name, data and id', () => {
    expect(read('event: event\nid: 7\ndata: {"a":1}\n\n')).toEqual([
      { name: 'event', data: '{"a":1}', id: '7', fields: {} },
    ]);
  });

  test('joins several lines of data, whatever ends them', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      // The empty comment at the end stands for whatever comes later: a CR alone may still be half of a CR LF.
      const text = ['data: one', 'data:two', 'data', '', ':'].join(end) + end;
      expect(read(text)).toMatchObject([{ name: 'message', data: 'one\ntwo\n' }]);
    }
  });

  test('passes over signs of life and messages without data, and keeps the last id', () => {
    expect(read(': here\n\nid: 1\n\n', 'data: x\n\ndata: y\n\n')).toMatchObject([
      { data: 'x', id: '1' },
      { data: 'y', id: '1' },
    ]);
  });

  test('keeps fields that the standard does not know, for one message each', () => {
    expect(read('replay: r-1\ndata: x\n\ndata: y\n\n').map(({ fields }) => fields)).toEqual([{ replay: 'r-1' }, {}]);
  });

  test('keeps the wait that is asked for, and takes no id with a NUL', () => {
    const reader = new MessageReader();
    const [message] = [...reader.push(Buffer.from('retry: 1500\nid: a\0b\ndata: x\n\nretry: soon\n\n'))];
    expect([reader.retryMs, message?.id]).toEqual([1500, '']);
  });

  test('is read alike however it is cut into chunks', () => {
    const text = '\uFEFFid: 1\r\ndata: {"é":"\u{1F9EA}"}\r\ndata:\r\n\r\n: x\n\nid: 2\revent: e\rdata: z\r\r:\n';
    const bytes = Buffer.from(text);
    const whole = read(bytes);
    expect(whole.map(({ data }) => data)).toEqual(['{"é":"\u{1F9EA}"}\n', 'z']);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        expect(read(...at.slice(1).map((end, i) => bytes.subarray(at[i], end)))).toEqual(whole);
      }),
    );
  });
});
