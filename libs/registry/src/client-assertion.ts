import { createHash } from 'node:crypto';
import { Refusal } from '@signalbox/contracts';
import { compactVerify, decodeJwt, decodeProtectedHeader, errors, type JWTPayload } from 'jose';
import type { Application } from './model.js';
import { importPublicJwk, KEY_ALGORITHMS, type PublicJwk } from './public-keys.js';
import type { Registry } from './registry.js';

/** Remembers which assertions were used. Shared by every gateway. */
export interface JtiStore {
  /**
   * Claims an assertion's hashed identity for `ttlSeconds`.
   * @returns false when it was claimed before.
   * @throws when the store cannot answer: then no token is issued.
   */
  claim(jti: string, ttlSeconds: number): Promise<boolean>;
}

/** How much an assertion may stretch time, in seconds. */
export interface AssertionLimits {
  /** Longest time ahead that `exp` may lie. */
  readonly maxLifetimeSeconds: number;
  /** How far the clocks of the two sides may differ. */
  readonly clockSkewSeconds: number;
}

/** RFC 7523 section 2.2. */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const MAX_ASSERTION_CHARACTERS = 8_192;
const MAX_JTI_CHARACTERS = 256;

/** `<ODS>.<application>`: the client id, which is also `iss` and `sub` of its assertions. */
export function clientId(application: { readonly ods: string; readonly id: string }): string {
  return `${application.ods}.${application.id}`;
}

/**
 * Checks a `private_key_jwt` assertion (RFC 7523 section 3, RFC 7521) and spends its `jti`.
 * Each refusal names the one header or claim that was wrong and never its value.
 * @param audience the exact URL of the token call.
 * @throws Refusal SB-3004 (the assertion), SB-3007 (the application), SB-5033 (the store of used assertions is away).
 */
export async function checkAssertion(
  assertion: string,
  registry: Registry,
  audience: string,
  limits: AssertionLimits,
  jtiStore: JtiStore,
): Promise<Application> {
  if (assertion.length > MAX_ASSERTION_CHARACTERS) throw wrong('client_assertion is longer than 8192 characters');
  const { alg, kid, payload } = opened(assertion);
  const application = applicationOf(payload, registry);
  const key = keyFor(application, alg, kid);
  await checkSignature(assertion, key);
  checkAudience(payload, audience);
  const expires = checkTimes(payload, limits, Math.floor(Date.now() / 1000));
  await spend(payload, clientId(application), expires + limits.clockSkewSeconds, jtiStore);
  return application;
}

function opened(assertion: string): { alg: string; kid: string; payload: JWTPayload } {
  let header: { alg?: string; kid?: string; crit?: unknown };
  let payload: JWTPayload;
  try {
    header = decodeProtectedHeader(assertion);
    payload = decodeJwt(assertion);
  } catch {
    throw wrong('client_assertion is not a signed JWT in compact form');
  }
  const { alg, kid } = header;
  if (!KEY_ALGORITHMS.some((one) => one === alg))
    throw wrong(`the header alg must be one of ${KEY_ALGORITHMS.join(', ')}`);
  if (typeof kid !== 'string' || kid === '') throw wrong('the header kid is missing');
  if (header.crit !== undefined) throw wrong('the header crit names extensions that are not understood here');
  return { alg: alg ?? '', kid, payload };
}

function applicationOf(payload: JWTPayload, registry: Registry): Application {
  const { iss, sub } = payload;
  if (typeof iss !== 'string' || iss === '') throw wrong('the claim iss is missing');
  if (typeof sub !== 'string' || sub === '') throw wrong('the claim sub is missing');
  if (iss !== sub) throw wrong('the claims iss and sub differ; both are the client id <ODS>.<application>');
  const dot = iss.indexOf('.');
  const [ods, id] = [iss.slice(0, Math.max(dot, 0)), iss.slice(dot + 1)];
  const application = registry.application(ods, id);
  if (!application) throw new Refusal('SB-3007', 'The claim iss names no application that is registered here');
  if (!registry.isActive({ ods, application: id }))
    throw new Refusal('SB-3007', 'The application or its organisation is switched off');
  return application;
}

function keyFor(application: Application, alg: string, kid: string): PublicJwk {
  const key = application.keys.find((one) => one.kid === kid);
  if (!key) throw wrong('the header kid names no key of this application');
  if (key.alg !== alg) throw wrong('the header alg is not the one that this key was registered with');
  return key;
}

async function checkSignature(assertion: string, key: PublicJwk): Promise<void> {
  try {
    await compactVerify(assertion, await importPublicJwk(key), { algorithms: [key.alg] });
  } catch (error) {
    if (error instanceof errors.JOSEError) throw wrong('the signature does not verify with the key that kid names');
    throw error;
  }
}

function checkAudience({ aud }: JWTPayload, audience: string): void {
  const named = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (named === undefined) throw wrong('the claim aud is missing');
  if (named !== audience) throw wrong('the claim aud is not exactly the URL of this token call');
}

/** @returns `exp`, in seconds since 1970. */
function checkTimes(
  { exp, iat, nbf }: JWTPayload,
  { maxLifetimeSeconds, clockSkewSeconds }: AssertionLimits,
  now: number,
): number {
  if (exp === undefined) throw wrong('the claim exp is missing');
  for (const [name, value] of Object.entries({ exp, iat, nbf })) {
    if (value !== undefined && !Number.isFinite(value))
      throw wrong(`the claim ${name} is not a number of seconds since 1970`);
  }
  if (exp <= now - clockSkewSeconds) throw wrong('the claim exp has passed');
  if (exp > now + maxLifetimeSeconds + clockSkewSeconds)
    throw wrong(`the claim exp is more than ${String(maxLifetimeSeconds)} seconds ahead`);
  if (iat !== undefined && iat > now + clockSkewSeconds) throw wrong('the claim iat is in the future');
  if (nbf !== undefined && nbf > now + clockSkewSeconds) throw wrong('the claim nbf is in the future');
  return exp;
}

async function spend({ jti }: JWTPayload, client: string, until: number, store: JtiStore): Promise<void> {
  if (typeof jti !== 'string' || jti === '') throw wrong('the claim jti is missing');
  if (jti.length > MAX_JTI_CHARACTERS)
    throw wrong(`the claim jti is longer than ${String(MAX_JTI_CHARACTERS)} characters`);
  // Hashed with the client, so that the store holds nothing that was sent and clients cannot spend each other's.
  const identity = createHash('sha256')
    .update(JSON.stringify([client, jti]))
    .digest('base64url');
  const ttl = Math.max(1, Math.ceil(until - Date.now() / 1000) + 1);
  let first: boolean;
  try {
    first = await store.claim(identity, ttl);
  } catch (error) {
    throw new Refusal('SB-5033', 'It cannot be checked now whether the assertion was used before', {
      retryAfter: 2,
      cause: error,
    });
  }
  if (!first) throw wrong('the claim jti was used before; make a new assertion for every call');
}

const wrong = (detail: string): Refusal => new Refusal('SB-3004', capitalised(detail));

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
