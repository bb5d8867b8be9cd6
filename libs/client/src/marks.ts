import { decodeHeaderValue, encodeHeaderValue } from '@signalbox/contracts';

/**
 * What the exchange says about a delivery beside the event, never inside it. A webhook carries these as headers
 * `signalbox-<name>`, a stream and a pull as members beside the event.
 */
export interface Marks {
  /** Id of the replay that brought the event again: what it caused the first time must not happen twice. */
  readonly replay?: string;
  /** Id of a newer version that the exchange knew already: the event is stale. */
  readonly late?: string;
  /** Id of the event that this one corrects or withdraws; it came for that reason alone. */
  readonly corrects?: string;
  /** Not a real event: somebody of the receiving organisation asked for a test. */
  readonly test?: 'true';
}

const NAMES = ['replay', 'late', 'corrects', 'test'] as const satisfies readonly (keyof Marks)[];
const PREFIX = 'signalbox-';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The marks of a webhook; header names in any case. */
export function marksOfHeaders(headers: Headers): Marks {
  const lowered = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return marksOf((name) => {
    const value = lowered.get(PREFIX + name);
    const first = typeof value === 'string' ? value : value?.[0];
    return first === undefined ? undefined : decoded(first);
  });
}

/** The marks among the members of an object, such as the `position` of a pulled event. */
export function marksOfMembers(members: Readonly<Record<string, unknown>>): Marks {
  return marksOf((name) => members[name]);
}

/** The headers that carry the marks when a delivery is handed on. */
export function headersOfMarks(marks: Marks): Record<string, string> {
  return Object.fromEntries(
    NAMES.flatMap((name) => (marks[name] === undefined ? [] : [[PREFIX + name, encodeHeaderValue(marks[name])]])),
  );
}

function marksOf(valueOf: (name: string) => unknown): Marks {
  const found = NAMES.flatMap((name) => {
    const value = valueOf(name);
    // A mark that says something unexpected still marks: losing it would hand a replay over as if it were new.
    const isAbsent = value === undefined || value === null || value === '' || value === false || value === 'false';
    return isAbsent ? [] : [[name, typeof value === 'string' ? value : 'true'] as const];
  });
  return Object.fromEntries(found);
}

function decoded(header: string): string {
  try {
    return decodeHeaderValue(header);
  } catch {
    return header;
  }
}
