import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Caching of a public document: may it change at this address, or never. */
export type Freshness = 'immutable' | 'revalidate';

/** A document with the strong validator of its bytes (RFC 9110, section 8.8.3). */
export interface PublicDocument {
  readonly body: string | Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/** Makes a document whose validator is the digest of its bytes. */
export function documentOf(body: string | Buffer, contentType: string): PublicDocument {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 32);
  return { body, contentType, etag: `"${digest}"` };
}

/** Sends it, or 304 when the caller has these bytes already. */
export function sendDocument(
  request: FastifyRequest,
  reply: FastifyReply,
  document: PublicDocument,
  freshness: Freshness = 'revalidate',
): FastifyReply {
  reply.header('etag', document.etag);
  reply.header('cache-control', freshness === 'immutable' ? 'public, max-age=31536000, immutable' : 'public, no-cache');
  reply.header('cross-origin-resource-policy', 'cross-origin');
  if (matchesAny(request.headers['if-none-match'], document.etag)) return reply.code(304).send();
  return reply.header('content-type', document.contentType).send(document.body);
}

/** Weak comparison, as If-None-Match asks for (RFC 9110, section 13.1.2). */
export function matchesAny(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag);
}
