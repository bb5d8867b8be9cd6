import { describe, expect, it } from '@jest/globals';
import { type SpanFact, spansOf } from './otlp.js';
import { waterfallsOf } from './waterfall.js';

const TRACE = 'a'.repeat(32);
const id = (digit: string) => digit.repeat(16);

const request = (spans: object[]) =>
  Buffer.from(
    JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'signalbox-relay' } }] },
          scopeSpans: [{ spans }],
        },
      ],
    }),
  );
const otlpSpan = {
  traceId: TRACE,
  spanId: id('1'),
  parentSpanId: '',
  name: 'send webhook',
  kind: 3,
  startTimeUnixNano: '1795255200000001000',
  endTimeUnixNano: '1795255200000351500',
  attributes: [
    { key: 'signalbox.journey', value: { stringValue: 'j1' } },
    { key: 'signalbox.event', value: { stringValue: 'e1' } },
    { key: 'signalbox.attempt', value: { intValue: '2' } },
    { key: 'server.address', value: { stringValue: 'hooks.example' } },
  ],
  status: { code: 2 },
};

describe('spansOf', () => {
  it('reads a span with the journey and event that join it to steps', () => {
    expect(spansOf(request([otlpSpan]))).toEqual([
      {
        traceid: TRACE,
        spanid: id('1'),
        service: 'signalbox-relay',
        name: 'send webhook',
        kind: 'client',
        started: 1_795_255_200_000_001,
        duration: 350,
        failed: true,
        journey: 'j1',
        eventid: 'e1',
        attributes: { 'signalbox.attempt': 2 },
      },
    ]);
  });
  it('keeps no attribute that is not known to be harmless', () => {
    expect(JSON.stringify(spansOf(request([otlpSpan])))).not.toContain('hooks.example');
  });
  it('leaves out spans with malformed ids or times', () => {
    const bad = [
      { ...otlpSpan, traceId: 'xyz' },
      { ...otlpSpan, startTimeUnixNano: 'soon' },
    ];
    expect(spansOf(request(bad))).toEqual([]);
  });
});

const span = (digit: string, started: number, duration: number, parent?: string): SpanFact => ({
  traceid: TRACE,
  spanid: id(digit),
  service: 'signalbox-gateway',
  name: `span ${digit}`,
  kind: 'internal',
  started,
  duration,
  failed: false,
  attributes: {},
  ...(parent !== undefined && { parent: id(parent) }),
});

describe('waterfallsOf', () => {
  it('lays children under their parents, to the scale of their trace', () => {
    const [waterfall] = waterfallsOf([span('3', 500, 500, '1'), span('1', 0, 1_000), span('2', 100, 200, '1')]);
    expect(waterfall?.bars.map(({ name, depth, left, width }) => [name, depth, left, width])).toEqual([
      ['span 1', 0, 0, 1_000],
      ['span 2', 1, 100, 200],
      ['span 3', 1, 500, 500],
    ]);
    expect(waterfall?.length).toBe(1);
  });
  it('gives every trace its own scale', () => {
    const other = { ...span('9', 9_000_000, 10), traceid: 'b'.repeat(32) };
    expect(waterfallsOf([other, span('1', 0, 10)]).map(({ bars }) => bars[0]?.width)).toEqual([1_000, 1_000]);
  });
  it('shows spans that name each other as parents', () => {
    expect(waterfallsOf([span('1', 0, 1, '2'), span('2', 0, 1, '1')])[0]?.bars).toHaveLength(2);
  });
  it('keeps a bar that is too short to see visible and inside the picture', () => {
    const [waterfall] = waterfallsOf([span('1', 0, 1_000_000), span('2', 999_999, 1, '1')]);
    expect(waterfall?.bars[1]).toMatchObject({ left: 996, width: 4 });
  });
});
