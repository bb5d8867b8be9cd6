import { decodeStructured } from '../codec/structured.js';
import { DEFAULT_LIMITS } from '../codec/limits.js';
import { judge } from '../judge.js';
import type { Finding } from '../findings.js';
import type { SeenDirection } from './directions.js';
import type { TypeVersion } from './type-version.js';
import type { Court } from './court.js';

type Event = Readonly<Record<string, unknown>>;

/** Judges events of two versions of a type as the gateway would, whatever version they name. Starts from the examples. */
export function courtOfTypes(narrow: TypeVersion, wide: TypeVersion, seen: SeenDirection): Court {
  const examples = [...narrow.type.examples.accepts, ...wide.type.examples.accepts];
  return {
    starts: examples.map(({ name, event }) => ({ example: name, event })),
    root: ['data'],
    narrow: seen.narrow,
    wide: seen.wide,
    takes: (event) => findingsOf(narrow, event as Event).length === 0,
    refusals: (event) => findingsOf(wide, event as Event),
  };
}

/** A version that takes nothing any more is judged by what it took. */
function findingsOf({ type, catalogue }: TypeVersion, event: Event): readonly Finding[] {
  const sent = decodeStructured(Buffer.from(JSON.stringify({ ...event, type: type.type })), DEFAULT_LIMITS);
  return judge(sent, catalogue).findings.filter(({ rule }) => rule !== 'retired-type');
}
