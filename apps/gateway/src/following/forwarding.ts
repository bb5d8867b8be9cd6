import { Refusal } from '@signalbox/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bodyOf } from '../http/authentication.js';
import type { LedgerClient } from './ledger-client.js';

const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const PASSED_ON = ['content-type', 'content-disposition', 'etag', 'cache-control', 'retry-after', 'link'] as const;

/**
 * Asks the ledger the same question at the same path, with the caller's own token, and passes its answer on.
 *
 * @param path its parts, as they are before they are escaped
 * @param kind an act may take longer than a question
 * @throws {Refusal} SB-4040, SB-4150, SB-5032
 */
export async function forward(
  ledger: LedgerClient,
  path: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
  kind: 'question' | 'act' = 'question',
): Promise<void> {
  // A URL takes these for steps through folders, escaped or not: they must not lead to other calls of the ledger.
  if (path.some((part) => part === '.' || part === '..')) throw new Refusal('SB-4040');
  const { authorization = '', accept, 'content-type': type = '' } = request.headers;
  if (request.method === 'POST' && !JSON_TYPE.test(type)) {
    throw new Refusal('SB-4150', 'This call takes application/json');
  }
  const query = /\?[^#]*/.exec(request.url)?.[0] ?? '';
  const target = `/${path.map((part) => encodeURIComponent(part)).join('/')}${query}`;
  const answer =
    request.method === 'POST'
      ? await ledger[kind === 'act' ? 'act' : 'post'](target, authorization, bodyOf(request))
      : await ledger.get(target, authorization, accept);
  for (const name of PASSED_ON) {
    const value = answer.headers.get(name);
    if (value !== null) reply.header(name, value);
  }
  reply.code(answer.status).send(answer.body);
}
