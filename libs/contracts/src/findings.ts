/** One result of judging an event. Never holds a value of the event: only where, what was expected, and how to mend it. */
export interface Finding {
  /** JSON Pointer (RFC 6901) into the event in its JSON form: `/time`, `/data/entry/0/resource/status`. */
  readonly path: string;
  /** Stable name of the rule that was broken: a JSON Schema keyword (`required`, `enum`, …) or a named rule (`nhs-number`, …). */
  readonly rule: string;
  /** What would have been right, in words, without any value that was sent. */
  readonly expected: string;
  /** What the sender should do. */
  readonly fix: string;
  /** Where the rule is explained: a path on the gateway. */
  readonly doc: string;
}

/** Makes a finding whose documentation is the entry of its rule on the gateway's page of rules. */
export function finding(path: string, rule: string, expected: string, fix: string): Finding {
  return { path, rule, expected, fix, doc: `/docs/rules#${rule}` };
}

/** Joins a JSON Pointer (RFC 6901) and one more member name or index. */
export function pointer(base: string, ...segments: (string | number)[]): string {
  return segments.reduce<string>((path, segment) => `${path}/${escapePointer(String(segment))}`, base);
}

function escapePointer(segment: string): string {
  return segment.replaceAll('~', '~0').replaceAll('/', '~1');
}
