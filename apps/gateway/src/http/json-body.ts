import { Refusal } from '@signalbox/contracts';
import { parseBody } from '@signalbox/runtime';
import type { FastifyRequest } from 'fastify';
import { bodyOf } from './authentication.js';

const JSON_TYPE = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;|$)/i;
const MAX_BYTES = 262_144;

/** Reads one of our own request bodies into its class. @throws {Refusal} SB-4000 with every finding, SB-4150 or SB-4130 */
export function dtoOf<T extends object>(Dto: new () => T, request: FastifyRequest): T {
  const body = bodyOf(request);
  const contentType = request.headers['content-type'];
  if (body.length > 0 && !JSON_TYPE.test(contentType ?? '')) {
    throw new Refusal('SB-4150', 'This call takes application/json');
  }
  if (body.length > MAX_BYTES) throw new Refusal('SB-4130', 'This call takes a body of at most 256 KiB');
  return parseBody(Dto, body.length === 0 ? Buffer.from('{}') : body, (findings) => {
    return new Refusal('SB-4000', undefined, { findings });
  });
}
