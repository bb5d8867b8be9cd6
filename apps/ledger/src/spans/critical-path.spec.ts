import { describe, expect, it } from '@jest/globals';
import { criticalPath } from './critical-path.js';
import type { SpanFact } from './otlp.js';

const span = (spanid: string, from: number, to: number, parent?: string): SpanFact => ({
  traceid: 't',
  spanid,
  service: 'signalbox-relay',
  name: spanid,
  kind: 'internal',
  started: from,
  duration: to - from,
  failed: false,
  attributes: {},
  ...(parent !== undefined && { parent }),
});
const told = (...spans: SpanFact[]) => criticalPath(spans).map(({ spanid, from, to }) => [spanid ?? '', from, to]);

describe('criticalPath', () => {
  it('is nothing where nothing took time', () => {
    expect(told()).toEqual([]);
    expect(told(span('a', 5, 5))).toEqual([]);
  });
  it('is the span itself where it has no children', () => {
    expect(told(span('a', 0, 10))).toEqual([['a', 0, 10]]);
  });
  it('goes through the children that were waited for, and through the parent between them', () => {
    expect(told(span('a', 0, 10), span('b', 1, 4, 'a'), span('c', 5, 9, 'a'))).toEqual([
      ['a', 0, 1],
      ['b', 1, 4],
      ['a', 4, 5],
      ['c', 5, 9],
      ['a', 9, 10],
    ]);
  });
  it('leaves out a child beside which another took longer', () => {
    expect(told(span('a', 0, 10), span('short', 1, 4, 'a'), span('long', 1, 9, 'a'))).toEqual([
      ['a', 0, 1],
      ['long', 1, 9],
      ['a', 9, 10],
    ]);
  });
  it('counts the time in a queue as waiting, where the sender had ended before the receiver began', () => {
    expect(told(span('send', 0, 3), span('process', 7, 10, 'send'))).toEqual([
      ['send', 0, 3],
      ['', 3, 7],
      ['process', 7, 10],
    ]);
  });
  it('is as long as the trace, whatever is in it', () => {
    const spans = [span('a', 0, 20), span('b', 2, 12, 'a'), span('c', 3, 9, 'b'), span('d', 14, 30, 'a')];
    const path = criticalPath(spans);
    expect(path.map(({ from }) => from).slice(1)).toEqual(path.map(({ to }) => to).slice(0, -1));
    expect([path[0]?.from, path.at(-1)?.to]).toEqual([0, 30]);
  });
  it('ends though spans name each other as parents', () => {
    expect(told(span('a', 0, 2, 'b'), span('b', 0, 2, 'a')).length).toBeGreaterThan(0);
  });
});
