/**
 * CloudEvents over NATS: binary mode with `ce-` headers (percent-encoded, content type in `ce-datacontenttype`) or structured
 * mode, after the NATS binding of CloudEvents 1.0.3-wip, the first to have headers.
 *
 * Headers are text, so two things would be lost on the way: that an attribute was a number or a boolean, and which kind of
 * content the body was. Two headers of our own say so, and only when it does not follow from the rest. They have no `ce-`
 * prefix, so no other reader takes them for attributes.
 */
import type { AttributeValue, CloudEvent, EventData } from '../event.js';
import { AttributeIntake, attributePath, isInteger } from './attributes.js';
import { addHeader, contentOf, HEADER_PREFIX, headerValueOf, impliedKind } from './binary.js';
import { checkJsonCharset, modeOf, unsupportedMediaType } from './content-mode.js';
import { checkBodySize, fault, refuseFaults } from './faults.js';
import { DEFAULT_LIMITS, type DecodeLimits } from './limits.js';
import { decodeStructured } from './structured.js';

/** Header that names the kind of content: `absent`, `json`, `text` or `binary`. */
export const DATA_KIND_HEADER = 'signalbox-data';

/** Header that names the attributes that are no strings: `retries=integer,urgent=boolean`. */
export const ATTRIBUTE_TYPES_HEADER = 'signalbox-types';

const KINDS: readonly string[] = ['absent', 'json', 'text', 'binary'] satisfies EventData['kind'][];
const EMPTY = new Uint8Array(0);

/** Writes one event as a NATS message in binary mode. */
export function encodeNats(event: CloudEvent): { headers: [name: string, value: string][]; body: Uint8Array } {
  const headers: [string, string][] = [];
  const types: string[] = [];
  for (const [name, value] of Object.entries(event.attributes)) {
    headers.push([HEADER_PREFIX + name, headerValueOf(value)]);
    if (typeof value !== 'string') types.push(`${name}=${typeof value === 'number' ? 'integer' : 'boolean'}`);
  }
  if (types.length > 0) headers.push([ATTRIBUTE_TYPES_HEADER, types.join(',')]);
  const body = event.data.kind === 'absent' ? EMPTY : event.data.bytes;
  const contentType = event.attributes['datacontenttype'];
  if (impliedKind(contentType === undefined ? undefined : String(contentType), body) !== event.data.kind) {
    headers.push([DATA_KIND_HEADER, event.data.kind]);
  }
  return { headers, body };
}

/**
 * Reads one event from a NATS message, in either mode. Takes the content type from `content-type` where a sender has put it
 * there instead of `ce-datacontenttype`, and a message without any header as a structured one, as the binding's own example is.
 *
 * @throws Refusal SB-1001 to SB-1006, SB-2006, SB-2007, SB-4130, SB-4150, SB-4151
 */
export function decodeNats(
  headers: Iterable<readonly [string, string]>,
  body: Uint8Array,
  limits: DecodeLimits = DEFAULT_LIMITS,
): CloudEvent {
  checkBodySize(body, limits);
  const sorted = sort(headers);
  const { attributes, contentType } = sorted;
  if (attributes.length === 0 && contentType === undefined) return decodeStructured(body, limits);
  const mode = contentType === undefined ? 'binary' : modeOf(contentType, attributes.length > 0);
  if (mode === 'batch') throw unsupportedMediaType('CloudEvents over NATS have no batch mode');
  return mode === 'structured' ? decodeStructured(body, limits) : readBinary(sorted, body, limits);
}

/**
 * Reads an event that {@link encodeNats} wrote after it was accepted: its content was scanned then, and is taken as it is.
 *
 * @throws Refusal as {@link decodeNats} for attributes; only damage makes that happen
 */
export function decodeRecorded(headers: Iterable<readonly [string, string]>, body: Uint8Array): CloudEvent {
  return readBinary(sort(headers), body, DEFAULT_LIMITS, (kind) =>
    kind === 'absent' ? { kind } : { kind, bytes: body },
  );
}

interface Sorted {
  readonly attributes: (readonly [name: string, header: string])[];
  contentType?: string;
  types?: string;
  kind?: string;
}

function sort(headers: Iterable<readonly [string, string]>): Sorted {
  const sorted: Sorted = { attributes: [] };
  for (const [header, value] of headers) {
    const name = header.toLowerCase();
    if (name.startsWith(HEADER_PREFIX)) sorted.attributes.push([name.slice(HEADER_PREFIX.length), value]);
    else if (name === 'content-type') sorted.contentType = value.trim();
    else if (name === ATTRIBUTE_TYPES_HEADER) sorted.types = value;
    else if (name === DATA_KIND_HEADER) sorted.kind = value;
  }
  return sorted;
}

function readBinary(
  sorted: Sorted,
  body: Uint8Array,
  limits: DecodeLimits,
  take = (kind: EventData['kind']): EventData => contentOf(kind, body, limits),
): CloudEvent {
  const { contentType, kind } = sorted;
  const intake = new AttributeIntake();
  const typed = typesOf(sorted.types);
  for (const [name, header] of sorted.attributes) {
    const type = typed.get(name);
    if (type === undefined) addHeader(intake, name, header);
    else addTyped(intake, name, type, header);
  }
  const declared = intake.attributes['datacontenttype'];
  if (declared === undefined && contentType !== undefined) intake.add('datacontenttype', contentType);
  if (kind !== undefined && (!KINDS.includes(kind) || (kind === 'absent' && body.byteLength > 0))) {
    const expected = `one of ${KINDS.join(', ')}, true of the body`;
    intake.faults.push(fault('SB-1003', '/data', 'data-kind', expected));
  }
  refuseFaults(intake.finish(limits));
  const type = intake.attributes['datacontenttype'] as string | undefined;
  checkJsonCharset(type);
  return {
    attributes: intake.attributes,
    data: take((kind as EventData['kind'] | undefined) ?? impliedKind(type, body)),
  };
}

function typesOf(header: string | undefined): Map<string, string> {
  const pairs = header === undefined || header === '' ? [] : header.split(',');
  return new Map(pairs.map((pair) => pair.trim().split('=') as [string, string]));
}

function addTyped(intake: AttributeIntake, name: string, type: string, header: string): void {
  const value = typedValue(type, header);
  if (value !== undefined) return intake.add(name, value);
  const expected = 'a value of the type that signalbox-types names for it: integer or boolean';
  intake.reject(
    name,
    fault('SB-1003', attributePath(name), 'attribute-type', expected, 'Mend the header, or leave signalbox-types out.'),
  );
}

function typedValue(type: string, header: string): AttributeValue | undefined {
  if (type === 'boolean') return header === 'true' ? true : header === 'false' ? false : undefined;
  const value = type === 'integer' && /^-?(?:0|[1-9]\d*)$/.test(header) ? Number(header) : NaN;
  return isInteger(value) ? value : undefined;
}
