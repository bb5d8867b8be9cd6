import { isUtf8 } from 'node:buffer';
import type { AttributeValue, EventData } from '../event.js';
import { scanValue } from '../json/scan.js';
import { Refusal } from '../problems.js';
import { breach } from '../rules/table.js';
import { attributePath, type AttributeIntake } from './attributes.js';
import { fault, scanRefusal } from './faults.js';
import type { DecodeLimits } from './limits.js';
import { isJsonMediaType, parseMediaType } from './media-type.js';
import { decodeHeaderValue, encodeHeaderValue, PercentFault } from './percent.js';

/** What stands before the attribute names in headers, over HTTP and NATS alike. */
export const HEADER_PREFIX = 'ce-';

/** Takes one `ce-` header into an event; one that cannot be decoded is noted as a fault. */
export function addHeader(intake: AttributeIntake, name: string, header: string): void {
  try {
    intake.add(name, decodeHeaderValue(header));
  } catch (error) {
    if (!(error instanceof PercentFault)) throw error;
    const expected = 'CloudEvents percent-encoding of UTF-8';
    intake.reject(
      name,
      fault(
        'SB-1005',
        attributePath(name),
        'percent-encoding',
        expected,
        `Encode the value again: there is ${error.message}.`,
      ),
    );
  }
}

/** An attribute as the value of its header. */
export function headerValueOf(value: AttributeValue): string {
  return Object.is(value, -0) ? '-0' : encodeHeaderValue(String(value));
}

/** Which kind of content a body without any further hint is, by its content type. */
export function impliedKind(contentType: string | undefined, body: Uint8Array): EventData['kind'] {
  if (body.byteLength === 0) return 'absent';
  const type = contentType === undefined ? undefined : parseMediaType(contentType);
  return type && isJsonMediaType(type) ? 'json' : 'binary';
}

/**
 * The body of a binary-mode message as the content of an event, after checking that it is what its kind promises.
 *
 * @throws Refusal SB-1001, SB-2006, SB-2007
 */
export function contentOf(kind: EventData['kind'], body: Uint8Array, limits: DecodeLimits): EventData {
  if (kind === 'absent') return { kind };
  if (kind === 'json') {
    try {
      scanValue(body, limits);
    } catch (error) {
      throw scanRefusal(error, body, limits, 0, '/data');
    }
  }
  if (kind === 'text' && !isUtf8(body)) {
    const wrong = breach('/data', 'data-characters', 'text as UTF-8');
    throw new Refusal('SB-1001', 'The text is not valid UTF-8', { findings: [wrong] });
  }
  return { kind, bytes: body };
}
