import type { SpanFact } from './otlp.js';

/** A stretch of the critical path. Times are microseconds since 1970. */
export interface Stretch {
  /** Whose time it was; `undefined` where no span was at work and the next one had yet to begin. */
  readonly spanid?: string;
  readonly from: number;
  readonly to: number;
}

/**
 * The critical path of one trace: what the end had to wait for, walked back from the span that ended last. At every moment
 * it is the deepest span that what follows waited for; shortening anything else would not have ended the trace sooner.
 *
 * A span hands over to the child that ended last before the moment in question, and then goes on before that child began.
 * Above its own beginning it hands over to its parent; where the parent had ended by then, as when a message lay in a queue,
 * the time between them is waiting.
 *
 * @returns in the order of time, without empty stretches
 */
export function criticalPath(spans: readonly SpanFact[]): Stretch[] {
  const path: Stretch[] = [];
  const byId = new Map(spans.map((span) => [span.spanid, span]));
  const childrenOf = Map.groupBy(spans, ({ parent }) => parent ?? '');
  const taken = new Set<string>();
  let span = spans.toSorted((one, other) => endOf(other) - endOf(one))[0];
  let until = span === undefined ? 0 : endOf(span);
  while (span !== undefined) {
    taken.add(span.spanid);
    const child = lastBefore(until, span, childrenOf.get(span.spanid) ?? [], taken);
    if (child !== undefined) {
      add(path, { spanid: span.spanid, from: endOf(child), to: until });
      until = endOf(child);
      span = child;
      continue;
    }
    add(path, { spanid: span.spanid, from: span.started, to: until });
    until = Math.min(until, span.started);
    const parent: SpanFact | undefined = byId.get(span.parent ?? '');
    // Spans that name each other as parents would be walked in a circle.
    span = parent === undefined || parent.started >= until ? undefined : parent;
    if (span !== undefined && endOf(span) < until) {
      add(path, { from: endOf(span), to: until });
      until = endOf(span);
    }
  }
  return path.toReversed();
}

/** The child that ended last of those that the span may have waited for. */
function lastBefore(
  until: number,
  span: SpanFact,
  children: readonly SpanFact[],
  taken: ReadonlySet<string>,
): SpanFact | undefined {
  return children
    .filter((child) => !taken.has(child.spanid) && endOf(child) <= until && endOf(child) > span.started)
    .toSorted((one, other) => endOf(other) - endOf(one))[0];
}

function add(path: Stretch[], stretch: Stretch): void {
  if (stretch.to > stretch.from) path.push(stretch);
}

function endOf({ started, duration }: SpanFact): number {
  return started + duration;
}
