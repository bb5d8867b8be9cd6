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
