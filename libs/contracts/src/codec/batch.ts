import type { CloudEvent } from '../event.js';
import { ScanFault, Scanner } from '../json/scan.js';
import { Refusal } from '../problems.js';
import { breach } from '../rules/table.js';
import { checkBodySize, scanRefusal } from './faults.js';
import { DEFAULT_LIMITS, type DecodeLimits } from './limits.js';
import { encodeStructured, eventOf } from './structured.js';

/** One item of a batch: an event, or why it is none. Items are judged alone. */
export type BatchItem =
  | { readonly event: CloudEvent; readonly refusal?: undefined }
  | { readonly refusal: Refusal; readonly event?: undefined };

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const COMMA = 0x2c;

/**
 * Reads a batch in the JSON batch format of CloudEvents 1.0.2. An item that is refused does not touch its neighbours; JSON that
 * is not well-formed anywhere spoils the whole batch, since nobody can say where an item ends then.
 *
 * @throws Refusal SB-1001, SB-2007 (more items than an array may have), SB-4130
 */
export function decodeBatchBody(body: Uint8Array, limits: DecodeLimits = DEFAULT_LIMITS): BatchItem[] {
  checkBodySize(body, limits);
  try {
    return readItems(new Scanner(body, limits), body, limits);
  } catch (error) {
    throw scanRefusal(error, body, limits);
  }
}

function readItems(scanner: Scanner, body: Uint8Array, limits: DecodeLimits): BatchItem[] {
  scanner.checkEncoding();
  let at = scanner.skipSpace(0);
  if (scanner.byteAt(at) !== OPEN_ARRAY) throw new ScanFault('malformed', at, 'something else than a JSON array');
  const items: BatchItem[] = [];
  at = scanner.skipSpace(at + 1);
  if (scanner.byteAt(at) === CLOSE_ARRAY) {
    scanner.expectEnd(at + 1);
    return items;
  }
  for (;;) {
    if (items.length === limits.maxArrayItems) throw new ScanFault('array-items', at, 'more items than the limit');
    const read = readItem(scanner, body, at, limits);
    items.push(read.item);
    at = scanner.skipSpace(read.end);
    const byte = scanner.byteAt(at);
    if (byte === CLOSE_ARRAY) break;
    if (byte !== COMMA) throw new ScanFault('malformed', at, 'no comma or closing bracket after an item');
    at = scanner.skipSpace(at + 1);
  }
  scanner.expectEnd(at + 1);
  return items;
}

function readItem(
  scanner: Scanner,
  body: Uint8Array,
  at: number,
  limits: DecodeLimits,
): { item: BatchItem; end: number } {
  try {
    if (scanner.byteAt(at) !== OPEN_OBJECT) return { item: { refusal: notAnObject() }, end: scanner.value(at, 0) };
    const { members, end } = scanner.envelope(at);
    return { item: judgedAlone(() => eventOf(body, members, limits)), end };
  } catch (error) {
    if (!(error instanceof ScanFault) || error.kind === 'malformed') throw error;
    return { item: { refusal: scanRefusal(error, body, limits, at) as Refusal }, end: endOfFaulty(body, at) };
  }
}

function judgedAlone(read: () => CloudEvent): BatchItem {
  try {
    return { event: read() };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

function notAnObject(): Refusal {
  return new Refusal('SB-1001', 'The item is not a JSON object', {
    findings: [breach('', 'json', 'one JSON object for each event of a batch', 'Send the event as an object.')],
  });
}

/**
 * Where an item ends that the scanner gave up on for its depth, length or keys. Rare, so it may cost: the platform's parser,
 * which has no bounds on depth, tells first whether the batch is JSON at all; then brackets can simply be counted.
 */
function endOfFaulty(body: Uint8Array, start: number): number {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  try {
    JSON.parse(bytes.toString());
  } catch (cause) {
    throw new Refusal('SB-1001', undefined, {
      findings: [breach('', 'json', 'well-formed JSON (RFC 8259) as UTF-8', 'Mend the JSON of the batch.')],
      cause,
    });
  }
  let depth = 0;
  let at = start;
  do {
    const char = String.fromCharCode(bytes[at]!);
    if (char === '"') while (bytes[++at] !== 0x22) if (bytes[at] === 0x5c) at++;
    if (char === '{' || char === '[') depth++;
    if (char === '}' || char === ']') depth--;
    at++;
  } while (depth > 0);
  return at;
}

/** Writes events in the JSON batch format. */
export function encodeBatch(events: readonly CloudEvent[]): Buffer {
  const parts = events.flatMap((event, index) => [Buffer.from(index === 0 ? '[' : ','), encodeStructured(event)]);
  return Buffer.concat([...(events.length === 0 ? [Buffer.from('[')] : parts), Buffer.from(']')]);
}
