import { randomUUID } from 'node:crypto';

import { importJWK, SignJWT } from 'jose';
import type { JWK } from 'jose';

import { exchange, withSlash } from './exchange.js';
import { errorOfAnswer, errorOfTransport, isRecord, parsed, SignalboxError } from './problem.js';

/** Who asks, and how that is proven: a private key (`private_key_jwt`, RFC 7523), or a token obtained elsewhere. */
export type Credentials = KeyCredentials | { readonly token: string };

/** A private key registered for an application of an organisation. */
export interface KeyCredentials {
  /** ODS code. */
  readonly organisation: string;
  readonly application: string;
  /** Private JWK: RSA, EC P-256 or Ed25519. `alg` is taken from it, else derived from the key's type. */
  readonly privateKey: JWK;
  /** Key id under which the public half is registered; defaults to the JWK's own `kid`. */
  readonly kid?: string;
}

/** Where tokens come from. */
export interface TokenSource {
  /** Whether {@link TokenSource.forget} leads to another token. */
  readonly renewable: boolean;
  token(signal?: AbortSignal): Promise<string>;
  /** The token was refused: the next call fetches another. */
  forget(): void;
}

/** The client id of an application, as `iss` and `sub` of the assertion carry it. */
export function clientId(organisation: string, application: string): string {
  return `${organisation}.${application}`;
}

/** Seconds that one client assertion is good for; the exchange allows at most five minutes. */
const ASSERTION_SECONDS = 60;
/** A token is renewed once this share of its life is spent, so that none expires on the way. */
const RENEW_AFTER = 0.8;

const ALGORITHMS: Readonly<Record<string, string>> = { RSA: 'RS512', EC: 'ES256', OKP: 'EdDSA' };

/** A signed client assertion: who we are, for this audience, once, for one minute. */
export async function clientAssertion(credentials: KeyCredentials, audience: string): Promise<string> {
  const { organisation, application, privateKey } = credentials;
  const alg = privateKey.alg ?? ALGORITHMS[privateKey.kty ?? ''];
  const kid = credentials.kid ?? privateKey.kid;
  if (alg === undefined || kid === undefined || privateKey.d === undefined) throw unusableKey();
  const id = clientId(organisation, application);
  const assertion = new SignJWT({})
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${ASSERTION_SECONDS} seconds`);
  return importJWK(privateKey, alg)
    .then((key) => assertion.sign(key))
    .catch((cause: unknown) => {
      throw unusableKey(cause);
    });
}

/** Never holds anything of the key. */
function unusableKey(cause?: unknown): SignalboxError {
  return new SignalboxError({
    code: 'SB-3004',
    title: 'The private key cannot be used',
    detail: 'The private key must be a private JWK of type RSA, EC (P-256) or OKP (Ed25519) with a kid.',
    status: 401,
    retryable: false,
    cause,
  });
}

/** What a token is asked with. */
export interface TokenOptions {
  readonly gateway: string;
  /** Public URL of the gateway, if it is reached under another one: the assertion's `aud` is `<audience>/oauth2/token`. */
  readonly audience?: string | undefined;
  readonly timeoutMs: number;
}

/** The source of tokens for these credentials. */
export function tokenSource(credentials: Credentials, options: TokenOptions): TokenSource {
  if ('token' in credentials) {
    const { token } = credentials;
    return { renewable: false, token: () => Promise.resolve(token), forget: () => undefined };
  }
  return new KeyTokenSource(credentials, options);
}

/** An access token and how many seconds it is good for. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

class KeyTokenSource implements TokenSource {
  readonly renewable = true;
  private current: { token: string; renewAt: number } | undefined;
  private pending: Promise<string> | undefined;

  constructor(
    private readonly credentials: KeyCredentials,
    private readonly options: TokenOptions,
  ) {}

  async token(): Promise<string> {
    if (this.current !== undefined && performance.now() < this.current.renewAt) return this.current.token;
    // Many requests at once ask for one token, not for many; none of them can take it from the others by being aborted.
    this.pending ??= this.fetch().finally(() => {
      this.pending = undefined;
    });
    return this.pending;
  }

  forget(): void {
    this.current = undefined;
  }

  private async fetch(): Promise<string> {
    const issued = await fetchToken(this.credentials, this.options);
    this.current = {
      token: issued.token,
      renewAt: performance.now() + issued.expiresInSeconds * 1000 * RENEW_AFTER,
    };
    return issued.token;
  }
}

/** One token by client credentials (RFC 6749, 4.4 with RFC 7523 section 2.2). */
export async function fetchToken(credentials: KeyCredentials, options: TokenOptions): Promise<IssuedToken> {
  const url = new URL('oauth2/token', withSlash(options.gateway));
  const audience = new URL('oauth2/token', withSlash(options.audience ?? options.gateway)).href;
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await clientAssertion(credentials, audience),
  });
  const answer = await exchange(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new TextEncoder().encode(form.toString()),
    timeoutMs: options.timeoutMs,
  }).catch((error: unknown) => {
    throw errorOfTransport(error, 'The gateway, asked for a token,');
  });
  if (answer.status >= 300) throw errorOfAnswer(answer.status, answer.headers, answer.body);
  return issuedToken(answer.status, parsed(answer.body));
}

function issuedToken(status: number, body: unknown): IssuedToken {
  if (isRecord(body) && typeof body['access_token'] === 'string' && typeof body['expires_in'] === 'number') {
    return { token: body['access_token'], expiresInSeconds: body['expires_in'] };
  }
  throw new SignalboxError({
    code: 'not-understood',
    title: 'The answer of the token endpoint was not understood',
    detail: 'The token endpoint answered without access_token and expires_in. Is the gateway address right?',
    status,
    retryable: false,
  });
}
