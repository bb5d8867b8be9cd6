import type { SpanFact } from './otlp.js';

/** The spans of one trace, laid out. */
export interface Waterfall {
  readonly traceid: string;
  /** RFC 3339. */
  readonly started: string;
  /** Milliseconds from the first start to the last end. */
  readonly length: number;
  readonly bars: readonly Bar[];
}

/** One span: `left` and `width` are thousandths of the whole. */
export interface Bar {
  readonly service: string;
  readonly name: string;
  readonly kind: SpanFact['kind'];
  readonly failed: boolean;
  /** Spans above it. */
  readonly depth: number;
  readonly left: number;
  readonly width: number;
  /** Milliseconds after the start of the trace, and that it took. */
  readonly offset: number;
  readonly took: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

const WHOLE = 1_000;
/** A bar thinner than this could not be seen. */
const THINNEST = 4;

/** One waterfall for each trace, each on its own scale: a journey takes days, a trace milliseconds. */
export function waterfallsOf(spans: readonly SpanFact[]): Waterfall[] {
  return [...Map.groupBy(spans, (span) => span.traceid)]
    .map(([traceid, own]) => waterfallOf(traceid, own))
    .toSorted((one, other) => (one.started < other.started ? -1 : 1));
}

function waterfallOf(traceid: string, spans: readonly SpanFact[]): Waterfall {
  const start = Math.min(...spans.map((span) => span.started));
  const end = Math.max(...spans.map((span) => span.started + span.duration));
  const length = Math.max(1, end - start);
  return {
    traceid,
    started: new Date(start / 1_000).toISOString(),
    length: length / 1_000,
    bars: inTreeOrder(spans).map(([span, depth]) => {
      const width = Math.max(THINNEST, Math.round((span.duration / length) * WHOLE));
      return {
        service: span.service.replace(/^signalbox-/, ''),
        name: span.name,
        kind: span.kind,
        failed: span.failed,
        depth,
        left: Math.min(WHOLE - width, Math.round(((span.started - start) / length) * WHOLE)),
        width,
        offset: (span.started - start) / 1_000,
        took: span.duration / 1_000,
        facts: span.attributes,
      };
    }),
  };
}

/** Children under their parents, in the order of their start. A span whose parent is not here stands at the top. */
function inTreeOrder(spans: readonly SpanFact[]): [SpanFact, number][] {
  const here = new Set(spans.map((span) => span.spanid));
  const children = Map.groupBy(spans, (span) =>
    span.parent !== undefined && here.has(span.parent) ? span.parent : '',
  );
  const placed = new Set<string>();
  const below = (parent: string, depth: number): [SpanFact, number][] =>
    (children.get(parent) ?? [])
      .toSorted((one, other) => one.started - other.started)
      .flatMap((span): [SpanFact, number][] => {
        if (placed.has(span.spanid)) return [];
        placed.add(span.spanid);
        return [[span, depth], ...below(span.spanid, depth + 1)];
      });
  const tree = below('', 0);
  // Spans that name each other as parents hang on nothing; they are shown all the same.
  return [...tree, ...spans.filter((span) => !placed.has(span.spanid)).map((span): [SpanFact, number] => [span, 0])];
}
