import type { Principal, Registry, TokenVerifier } from '@signalbox/registry';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuseUnfit } from '../people/duties.js';

/** The routes that work without a token. Everything else is closed, a route added tomorrow included. */
export const PUBLIC_ROUTES: ReadonlySet<string> = new Set([
  '/oauth2/token',
  '/catalogue',
  '/catalogue/:type',
  '/schemas/*',
  '/asyncapi.json',
  '/openapi.json',
  '/fhir/metadata',
  '/fhir/SubscriptionTopic/:name',
  '/docs',
  '/docs/codes',
  '/docs/rules',
  '/docs/style.css',
  '/health/live',
  '/health/ready',
  '/metrics',
]);

const PRINCIPAL = Symbol('signalbox.principal');
type Authenticated = FastifyRequest & { [PRINCIPAL]?: Principal };

/** Checks the access token of every other request before its body is read, and what people may call. */
export function authenticateRequests(
  fastify: FastifyInstance,
  verifier: TokenVerifier,
  registry: Pick<Registry, 'person'>,
): void {
  fastify.decorateRequest(PRINCIPAL as unknown as string, undefined);
  fastify.addHook('onRequest', (request: Authenticated, _reply, done) => {
    const route = request.routeOptions.url ?? '';
    if (request.is404 || PUBLIC_ROUTES.has(route)) return done();
    verifier
      .verify(request.headers.authorization)
      .then((principal) => {
        refuseUnfit(principal, `${request.method} ${route}`, registry);
        request[PRINCIPAL] = principal;
      })
      .then(
        () => done(),
        (error: unknown) => done(error as Error),
      );
  });
}

/** Who sent the request. */
export function principalOf(request: FastifyRequest): Principal {
  const principal = (request as Authenticated)[PRINCIPAL];
  if (principal === undefined) throw new TypeError('a handler of a public route asked for a principal');
  return principal;
}

/** The body as it was sent; empty when there was none. */
export function bodyOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
}
