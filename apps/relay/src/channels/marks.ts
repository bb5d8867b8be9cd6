import { encodeHeaderValue } from '@signalbox/contracts';

import type { Marks } from './channel.js';

/** Every mark, in the order in which it stands beside an event. */
const MARKS = ['replay', 'late', 'corrects', 'test'] as const satisfies readonly (keyof Marks)[];

/**
 * The marks of a delivery as headers `signalbox-replay`, `-late`, `-corrects`, `-test`, for every channel whose protocol has
 * headers. Values are ids of others, so they are written as CloudEvents writes attributes into headers (percent-encoded).
 */
export function headersOfMarks(marks: Marks): Readonly<Record<string, string>> {
  const present = MARKS.flatMap((name) => (marks[name] === undefined ? [] : [[name, marks[name]] as const]));
  return Object.fromEntries(present.map(([name, value]) => [`signalbox-${name}`, encodeHeaderValue(value)]));
}
