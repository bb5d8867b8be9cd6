import { latency, listed } from '../journeys/words.js';
import { criticalPath, type Stretch } from './critical-path.js';
import type { SpanFact } from './otlp.js';

/** The spans of one trace, laid out. */
export interface Waterfall {
  readonly traceid: string;
  /** RFC 3339. */
  readonly started: string;
  /** Milliseconds from the first start to the last end. */
  readonly length: number;
  readonly bars: readonly Bar[];
  /** What the end of the trace had to wait for, in one sentence. */
  readonly critical: string;
  /** Whether a span of it failed. */
  readonly failed: boolean;
}

/** A part of a bar's line: `left` and `width` are thousandths of the whole. */
export interface Part {
  readonly left: number;
  readonly width: number;
}

/** One span: `left` and `width` are thousandths of the whole. */
export interface Bar extends Part {
  readonly service: string;
  readonly name: string;
  readonly kind: SpanFact['kind'];
  readonly failed: boolean;
  /** Spans above it. */
  readonly depth: number;
  /** Milliseconds after the start of the trace, and that it took. */
  readonly offset: number;
  readonly took: number;
  /** Where it is on the critical path, and for how many milliseconds; none: it is not. */
  readonly critical: readonly Part[];
  readonly criticalms: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

const WHOLE = 1_000;
/** A bar thinner than this could not be seen. */
const THINNEST = 4;
/** Spans that the sentence about the critical path names; the rest is counted. */
const NAMED = 3;

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
  const path = criticalPath(spans);
  const partOf = (from: number, took: number): Part => {
    const width = Math.max(THINNEST, Math.round((took / length) * WHOLE));
    return { left: Math.min(WHOLE - width, Math.round(((from - start) / length) * WHOLE)), width };
  };
  const bars = inTreeOrder(spans).map(([span, depth]) => {
    const own = path.filter(({ spanid }) => spanid === span.spanid);
    return {
      service: serviceOf(span),
      name: span.name,
      kind: span.kind,
      failed: span.failed,
      depth,
      ...partOf(span.started, span.duration),
      offset: (span.started - start) / 1_000,
      took: span.duration / 1_000,
      critical: own.map(({ from, to }) => partOf(from, to - from)),
      criticalms: lengthOf(own) / 1_000,
      facts: span.attributes,
    };
  });
  return {
    traceid,
    started: new Date(start / 1_000).toISOString(),
    length: length / 1_000,
    bars,
    critical: criticalSentence(path, spans),
    failed: spans.some(({ failed }) => failed),
  };
}

/** The critical path in words: what took longest first. */
function criticalSentence(path: readonly Stretch[], spans: readonly SpanFact[]): string {
  const named = [...Map.groupBy(path, ({ spanid }) => spanid ?? '')]
    .map(([spanid, own]) => ({ span: spans.find((one) => one.spanid === spanid), took: lengthOf(own) }))
    .toSorted((one, other) => other.took - one.took);
  if (named.length === 0) return 'Nothing in it took time.';
  const parts = named.map(
    ({ span, took }) =>
      `${span === undefined ? 'waiting between spans' : `${serviceOf(span)} ${span.name}`} (${latency(took / 1_000)})`,
  );
  return `Of its ${latency(lengthOf(path) / 1_000)}, most went into ${listed(parts, NAMED)}.`;
}

function lengthOf(path: readonly Stretch[]): number {
  return path.reduce((sum, { from, to }) => sum + to - from, 0);
}

function serviceOf({ service }: SpanFact): string {
  return service.replace(/^signalbox-/, '');
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
