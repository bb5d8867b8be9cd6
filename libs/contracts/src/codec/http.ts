import type { CloudEvent } from '../event.js';
import { AttributeIntake } from './attributes.js';
import { type BatchItem, decodeBatchBody } from './batch.js';
import { addHeader, contentOf, HEADER_PREFIX, headerValueOf, impliedKind } from './binary.js';
import { type HttpMode, modeOf, unsupportedMediaType } from './content-mode.js';
import { checkBodySize, fault, refuseFaults } from './faults.js';
import { DEFAULT_LIMITS, type DecodeLimits } from './limits.js';
import { decodeStructured } from './structured.js';

/** Headers as Node gives them; names in any case. */
export type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Tells the content mode by the content type, without regard to case.
 *
 * @throws Refusal SB-4150 for a CloudEvents format that is not spoken here, or when the message is no CloudEvent at all;
 * SB-4151 for JSON in another charset than UTF-8
 */
export function httpMode(headers: IncomingHeaders): HttpMode {
  const hasAttributes = Object.keys(headers).some((name) => name.toLowerCase().startsWith(HEADER_PREFIX));
  return modeOf(contentTypeOf(headers), hasAttributes);
}

/**
 * Reads one event from an HTTP message in structured or binary mode.
 *
 * @throws Refusal SB-1001 to SB-1006, SB-2006, SB-2007, SB-4130, SB-4150 (a batch included), SB-4151
 */
export function decodeHttp(
  headers: IncomingHeaders,
  body: Uint8Array,
  limits: DecodeLimits = DEFAULT_LIMITS,
): CloudEvent {
  const mode = httpMode(headers);
  if (mode === 'batch') throw unsupportedMediaType('One event is taken here, not a batch');
  return mode === 'structured' ? decodeStructured(body, limits) : decodeBinary(headers, body, limits);
}

/**
 * Reads a batch from an HTTP message. Each item is an event or a refusal of its own.
 *
 * @throws Refusal SB-1001, SB-2007, SB-4130, SB-4150, SB-4151 for the batch as a whole
 */
export function decodeBatch(
  headers: IncomingHeaders,
  body: Uint8Array,
  limits: DecodeLimits = DEFAULT_LIMITS,
): BatchItem[] {
  if (httpMode(headers) !== 'batch') throw unsupportedMediaType('A batch is expected here');
  return decodeBatchBody(body, limits);
}

function decodeBinary(headers: IncomingHeaders, body: Uint8Array, limits: DecodeLimits): CloudEvent {
  checkBodySize(body, limits);
  const intake = new AttributeIntake();
  for (const [header, values] of Object.entries(headers)) {
    if (values === undefined || !header.toLowerCase().startsWith(HEADER_PREFIX)) continue;
    const name = header.toLowerCase().slice(HEADER_PREFIX.length);
    if (name === 'datacontenttype') intake.reject(name, contentTypeTwice());
    else for (const value of typeof values === 'string' ? [values] : values) addHeader(intake, name, value);
  }
  const contentType = contentTypeOf(headers);
  if (contentType !== undefined) intake.add('datacontenttype', contentType);
  refuseFaults(intake.finish(limits));
  return { attributes: intake.attributes, data: contentOf(impliedKind(contentType, body), body, limits) };
}

function contentTypeTwice() {
  const expected = 'the content type in Content-Type alone';
  return fault('SB-1003', '/datacontenttype', 'content-type-header', expected);
}

function contentTypeOf(headers: IncomingHeaders): string | undefined {
  const value =
    headers['content-type'] ?? Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return typeof value === 'string' ? value.trim() : value?.[0]?.trim();
}

/**
 * Writes one event in binary mode. JSON content without a content type gets the one that its format implied
 * (CloudEvents JSON format, section 3.1.2); nothing else is added.
 */
export function encodeBinaryHttp(event: CloudEvent): { headers: Record<string, string>; body: Buffer } {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(event.attributes)) {
    if (name === 'datacontenttype') headers['content-type'] = String(value);
    else headers[HEADER_PREFIX + name] = headerValueOf(value);
  }
  const { data } = event;
  if (data.kind === 'json') headers['content-type'] ??= 'application/json';
  return { headers, body: data.kind === 'absent' ? Buffer.alloc(0) : Buffer.from(data.bytes) };
}
