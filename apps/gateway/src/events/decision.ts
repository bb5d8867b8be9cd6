import {
  familyOf,
  isOperations,
  Refusal,
  type CloudEvent,
  type Finding,
  type Judgement,
  type ProblemCode,
} from '@signalbox/contracts';

/** How strictly a publisher's events of a type are judged (set in the registry). */
export type Strictness = 'observe' | 'warn' | 'enforce';

/** Who offers the event and whether a grant to publish its type was found. */
export interface Sender {
  readonly ods: string;
  readonly granted: boolean;
}

/** What became of judging: refused, or to be recorded together with what was found. */
export type Decision =
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  | { readonly kind: 'accept'; readonly findings: readonly Finding[] };

/** What a policy may let pass: the content and the attributes. Unknown types, identifiers in attributes and limits never. */
const LENIENT: ReadonlySet<ProblemCode> = new Set(['SB-2003', 'SB-2004']);
const ODS_SOURCE = /^urn:ods:([^:]+)(?::|$)/i;

/**
 * Whether this organisation may publish this event at all. Looks at attributes only.
 * @returns the refusal, or undefined when nothing stands against it.
 */
export function refusalOfSender(event: CloudEvent, sender: Sender): Refusal | undefined {
  const { source, sourceorg, type } = event.attributes;
  if (isOperations(String(type))) return new Refusal('SB-3009');
  const named = ODS_SOURCE.exec(String(source))?.[1];
  if (named !== undefined && named.toUpperCase() !== sender.ods) {
    return new Refusal('SB-3006', 'source names another organisation than the one of the access token');
  }
  if (sourceorg !== undefined && sourceorg !== sender.ods) {
    return new Refusal('SB-3006', 'sourceorg names another organisation than the one of the access token');
  }
  return sender.granted
    ? undefined
    : new Refusal('SB-3005', 'No grant allows this organisation to publish events of this type');
}

/** The outcome of a judgement under a policy. An event of no known family has nowhere to go, whatever the policy. */
export function decide(event: CloudEvent, judgement: Judgement, strictness: Strictness): Decision {
  const { code, findings } = judgement;
  if (code === undefined) return { kind: 'accept', findings };
  const passes =
    strictness !== 'enforce' && LENIENT.has(code) && familyOf(String(event.attributes['type'])) !== undefined;
  return passes
    ? { kind: 'accept', findings }
    : { kind: 'refuse', refusal: new Refusal(code, undefined, { findings }) };
}
