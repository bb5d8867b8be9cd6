import { finding, holdsNhsNumber, pointer, Refusal, type Finding } from '@signalbox/contracts';
import { parseBody } from '@signalbox/runtime';
import type { FastifyRequest } from 'fastify';
import { bodyOf } from './authentication.js';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;
const MAX_BYTES = 262_144;

/**
 * Reads a request body that is kept (a subscription, an organisation, a grant) into its class. Operators see what is
 * kept, and a sink's address stands in logs of others, so no patient identifier may be in it.
 * @throws {Refusal} SB-4220 with every place that holds one, and as {@link dtoOf}
 */
export function keptDtoOf<T extends object>(Dto: new () => T, request: FastifyRequest): T {
  const body = dtoOf(Dto, request);
  const findings = identifierFindings(body, '');
  if (findings.length > 0) throw new Refusal('SB-4220', 'A patient identifier stands in the request', { findings });
  return body;
}

/**
 * Reads a JSON request body of a foreign form that is kept, with the same rule about patient identifiers.
 * @throws {Refusal} SB-4000, SB-4130, SB-4150, SB-4220
 */
export function keptJsonOf(request: FastifyRequest): unknown {
  const body = jsonBytesOf(request);
  let read: unknown;
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal('SB-4000', 'The body is not JSON in UTF-8');
  }
  const findings = identifierFindings(read, '');
  if (findings.length > 0) throw new Refusal('SB-4220', 'A patient identifier stands in the request', { findings });
  return read;
}

/** Reads one of our own request bodies into its class. @throws {Refusal} SB-4000 with every finding, SB-4150 or SB-4130 */
export function dtoOf<T extends object>(Dto: new () => T, request: FastifyRequest): T {
  const body = jsonBytesOf(request);
  return parseBody(Dto, body.length === 0 ? Buffer.from('{}') : body, (findings) => {
    return new Refusal('SB-4000', undefined, { findings });
  });
}

function jsonBytesOf(request: FastifyRequest): Buffer {
  const body = bodyOf(request);
  const contentType = request.headers['content-type'];
  if (body.length > 0 && !JSON_TYPE.test(contentType ?? '')) {
    throw new Refusal('SB-4150', 'This call takes application/json');
  }
  if (body.length > MAX_BYTES) throw new Refusal('SB-4130', 'This call takes a body of at most 256 KiB');
  return body;
}

function identifierFindings(value: unknown, path: string): Finding[] {
  if (typeof value !== 'object' || value === null) return holdsIdentifier(String(value)) ? [identifierAt(path)] : [];
  return Object.entries(value).flatMap(([name, member]) =>
    // A name that holds one is not told.
    holdsIdentifier(name) ? [identifierAt(path)] : identifierFindings(member, pointer(path, name)),
  );
}

const identifierAt = (path: string): Finding =>
  finding(
    path,
    'no-patient-identifier',
    'no NHS number',
    'Leave the NHS number out; it belongs into the data of events.',
  );

function holdsIdentifier(text: string): boolean {
  return holdsNhsNumber(text) || (text.includes('%') && holdsNhsNumber(percentDecoded(text)));
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_whole, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
