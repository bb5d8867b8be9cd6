import { decodeStructured, DEFAULT_LIMITS, scanEnvelope } from '@signalbox/contracts';

import type { ReceivedEvent } from './events.js';
import { marksOfMembers } from './marks.js';
import { isRecord, parsed } from './problem.js';
import { receivedEvent } from './received.js';
import { notUnderstood } from './requests.js';

/** Events of one pull and the position behind them. */
export interface Pulled {
  readonly events: readonly ReceivedEvent[];
  /** What to acknowledge once every event of {@link Pulled.events} is dealt with; undefined where nothing came. */
  readonly cursor: string | undefined;
}

/** Each event was within the limits when it was accepted; of an answer, the number of events is what is bounded. */
const LIMITS = { ...DEFAULT_LIMITS, maxBodyBytes: Infinity, maxDepth: DEFAULT_LIMITS.maxDepth + 3 };

/**
 * Reads the answer to a pull: `{items: [{event, position}], cursor}`. Each event is cut out of the answer, so that its content
 * keeps its bytes.
 *
 * @throws {@link SignalboxError} `not-understood`
 */
export function readPulled(body: Uint8Array): Pulled {
  try {
    const members = membersOf(body);
    const cursor = parsed(members.get('cursor') ?? new Uint8Array());
    const events = [...elementsOf(members.get('items') ?? new Uint8Array())].map(receivedOf);
    return { events, cursor: typeof cursor === 'string' ? cursor : undefined };
  } catch {
    throw notUnderstood('events');
  }
}

function receivedOf(item: Uint8Array): ReceivedEvent {
  const members = membersOf(item);
  const position = parsed(members.get('position') ?? new Uint8Array());
  const event = decodeStructured(members.get('event') ?? new Uint8Array(), LIMITS);
  return receivedEvent(event, marksOfMembers(isRecord(position) ? position : {}));
}

function membersOf(bytes: Uint8Array): Map<string, Uint8Array> {
  const { members } = scanEnvelope(bytes, LIMITS);
  return new Map([...members].map(([name, { start, end }]) => [name, bytes.subarray(start, end)]));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** The objects of an array that is known to be well-formed JSON: brackets can simply be counted. */
function* elementsOf(array: Uint8Array): Generator<Uint8Array> {
  let depth = 0;
  let start = 0;
  for (let at = 0; at < array.length; at += 1) {
    const byte = array[at];
    if (byte === QUOTE) {
      while (array[++at] !== QUOTE) if (array[at] === BACKSLASH) at += 1;
    } else if (byte === OPEN_OBJECT) {
      if (depth === 0) start = at;
      depth += 1;
    } else if (byte === CLOSE_OBJECT) {
      depth -= 1;
      if (depth === 0) yield array.subarray(start, at + 1);
    }
  }
}
