import type { AttributeValue, CloudEvent, EventData } from '../event.js';
import { type Envelope, type Member, scanEnvelope } from '../json/scan.js';
import { AttributeIntake, isInteger, typeFault } from './attributes.js';
import { checkBodySize, fault, type Fault, refuseFaults, scanRefusal } from './faults.js';
import { DEFAULT_LIMITS, type DecodeLimits } from './limits.js';
import { isJsonMediaType, parseMediaType } from './media-type.js';

const ABSENT: EventData = { kind: 'absent' };
const QUOTE = 0x22;
const INTEGER = /^-?\d+$/;

/**
 * Reads one event in the JSON format of CloudEvents 1.0.2 (structured mode). `data` keeps its bytes.
 *
 * @throws Refusal SB-1001 to SB-1006, SB-2006, SB-2007, SB-4130
 */
export function decodeStructured(body: Uint8Array, limits: DecodeLimits = DEFAULT_LIMITS): CloudEvent {
  checkBodySize(body, limits);
  let envelope: Envelope;
  try {
    envelope = scanEnvelope(body, limits);
  } catch (error) {
    throw scanRefusal(error, body, limits);
  }
  return eventOf(body, envelope.members, limits);
}

/**
 * Makes an event of the members of a JSON object that the scanner has found well-formed.
 *
 * @throws Refusal
 */
export function eventOf(document: Uint8Array, members: ReadonlyMap<string, Member>, limits: DecodeLimits): CloudEvent {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const intake = new AttributeIntake();
  for (const { name, start, end } of members.values()) {
    if (name === 'data' || name === 'data_base64') continue;
    const value = scalar(bytes, start, end);
    if (value === undefined) intake.reject(name, typeFault(name));
    else if (value !== null) intake.add(name, value);
  }
  const data = dataOf(bytes, members, intake);
  refuseFaults(intake.finish(limits));
  return { attributes: intake.attributes, data };
}

/** The value of an attribute; `null` for an attribute that is not set, nothing for a value that no attribute can have. */
function scalar(bytes: Buffer, start: number, end: number): AttributeValue | null | undefined {
  switch (bytes[start]) {
    case QUOTE:
      return stringAt(bytes, start, end);
    case 0x74:
      return true;
    case 0x66:
      return false;
    case 0x6e:
      return null;
    case 0x7b:
    case 0x5b:
      return undefined;
    default: {
      const text = bytes.toString('latin1', start, end);
      return INTEGER.test(text) && isInteger(Number(text)) ? Number(text) : undefined;
    }
  }
}

function stringAt(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start + 1, end - 1);
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text;
}

function dataOf(bytes: Buffer, members: ReadonlyMap<string, Member>, intake: AttributeIntake): EventData {
  const data = members.get('data');
  const base64 = members.get('data_base64');
  const hasBase64 = base64 !== undefined && bytes[base64.start] !== 0x6e;
  if (data && hasBase64) {
    intake.faults.push(fault('SB-1006', '/data_base64', 'data-once', 'data or data_base64, not both'));
    return ABSENT;
  }
  if (hasBase64) return readBase64(bytes, base64, intake.faults);
  if (!data) return ABSENT;
  const type = mediaTypeOf(intake.attributes);
  const isText = type !== undefined && !isJsonMediaType(type) && bytes[data.start] === QUOTE;
  if (isText) return readText(stringAt(bytes, data.start, data.end), intake.faults);
  return { kind: 'json', bytes: bytes.subarray(data.start, data.end) };
}

function mediaTypeOf(attributes: Readonly<Record<string, AttributeValue>>) {
  const type = attributes['datacontenttype'];
  return typeof type === 'string' ? parseMediaType(type) : undefined;
}

function readText(text: string, faults: Fault[]): EventData {
  if (!text.isWellFormed()) {
    faults.push(fault('SB-1003', '/data', 'data-characters', 'text without lone surrogates'));
  }
  return { kind: 'text', bytes: Buffer.from(text) };
}

/** Base64 in its one canonical spelling (RFC 4648 section 4, with padding): what is decoded can be written back as it was. */
function readBase64(bytes: Buffer, { start, end }: Member, faults: Fault[]): EventData {
  const text = bytes[start] === QUOTE ? stringAt(bytes, start, end) : undefined;
  const decoded = Buffer.from(text ?? '', 'base64');
  if (text === undefined || decoded.toString('base64') !== text) {
    faults.push(fault('SB-1003', '/data_base64', 'base64', 'a string of base64 with padding (RFC 4648 section 4)'));
  }
  return { kind: 'binary', bytes: decoded };
}

/**
 * Writes one event in the JSON format. The bytes of JSON content stand in it as they were sent.
 */
export function encodeStructured(event: CloudEvent): Buffer {
  const members = Object.entries(event.attributes).map(([name, value]) => `"${name}":${attributeJson(value)}`);
  const head = `{${members.join(',')}`;
  const { data } = event;
  switch (data.kind) {
    case 'absent':
      return Buffer.from(`${head}}`);
    case 'json':
      return Buffer.concat([Buffer.from(`${head},"data":`), data.bytes, Buffer.from('}')]);
    case 'text':
      return Buffer.from(`${head},"data":${JSON.stringify(asBuffer(data.bytes).toString())}}`);
    case 'binary':
      return Buffer.from(`${head},"data_base64":"${asBuffer(data.bytes).toString('base64')}"}`);
  }
}

/** `-0` is an Integer that JSON can say and `JSON.stringify` cannot. */
function attributeJson(value: AttributeValue): string {
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
