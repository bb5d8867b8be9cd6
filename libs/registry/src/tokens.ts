import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Refusal, type Finding } from '@signalbox/contracts';
import {
  calculateJwkThumbprint,
  decodeProtectedHeader,
  errors,
  importJWK,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose';
import { ASSERTION_TYPE, checkAssertion, clientId, type AssertionLimits, type JtiStore } from './client-assertion.js';
import { importPublicJwk, takePublicJwk } from './public-keys.js';
import type { SigningKey } from './model.js';
import { isPersonId } from './people.js';
import type { Actor, Registry } from './registry.js';

/** Who is calling, from a verified token. */
export interface Principal {
  readonly ods: string;
  /** Id of an application, or of a person. */
  readonly application: string;
  /** `jti` of the token. */
  readonly tokenId: string;
  /** Milliseconds since 1970. */
  readonly expires: number;
  /** The console calls, for whoever is signed in there. */
  readonly console?: true;
}

/** How tokens are issued. Times are in seconds. */
export interface TokenAuthorityOptions {
  /** Private Ed25519 JWK, or the file that holds it. */
  readonly signingKeyFile?: string;
  readonly jwk?: JWK;
  /** `iss` of the tokens: the gateway's own URL. */
  readonly issuer: string;
  /** Exact URL of the token call, which assertions must name as `aud`. */
  readonly audience: string;
  /** Life of a token; default 600. */
  readonly ttlSeconds?: number;
  /** Default 300. */
  readonly maxAssertionSeconds?: number;
  /** Default 30. */
  readonly clockSkewSeconds?: number;
}

/** The answer of the token call after RFC 6749 section 5.1. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
}

/** The type of access tokens in JWT form (RFC 9068). */
const TOKEN_TYPE = 'at+jwt';

/** Exchanges signed assertions for short-lived bearer tokens; its public key is published in the registry for every verifier. */
export class TokenAuthority {
  private constructor(
    private readonly registry: Registry,
    private readonly key: CryptoKey,
    private readonly published: SigningKey,
    private readonly audience: string,
    private readonly ttlSeconds: number,
    private readonly limits: AssertionLimits,
  ) {}

  /** @throws Error in one sentence when the key file cannot be used. */
  static async open(registry: Registry, options: TokenAuthorityOptions): Promise<TokenAuthority> {
    const jwk = options.jwk ?? (await readSigningKey(options.signingKeyFile));
    const { kid, key } = await signingKeyOf(jwk);
    const publicJwk = await takePublicJwk({ kid, alg: 'EdDSA', kty: jwk.kty, crv: jwk.crv, x: jwk.x });
    const published = {
      kid,
      jwk: publicJwk,
      issuer: options.issuer,
      audience: options.issuer,
      created: new Date().toISOString(),
    };
    const known = registry.signingKey(kid);
    const same = known?.jwk.x === publicJwk.x && known?.issuer === published.issuer;
    if (!same) await registry.putSigningKey(published);
    return new TokenAuthority(registry, key, published, options.audience, options.ttlSeconds ?? 600, {
      maxLifetimeSeconds: options.maxAssertionSeconds ?? 300,
      clockSkewSeconds: options.clockSkewSeconds ?? 30,
    });
  }

  /**
   * Client credentials with `private_key_jwt` (RFC 6749 section 4.4, RFC 7523 section 2.2).
   * @throws Refusal SB-4000 (parameters), SB-3004, SB-3007, SB-5033.
   */
  async exchange(form: URLSearchParams, { jtiStore }: { readonly jtiStore: JtiStore }): Promise<TokenAnswer> {
    const assertion = checkForm(form);
    const application = await checkAssertion(assertion, this.registry, this.audience, this.limits, jtiStore);
    const id = clientId(application);
    if (form.has('client_id') && form.get('client_id') !== id) {
      throw new Refusal('SB-3004', 'The parameter client_id is not the one that the assertion names');
    }
    const access_token = await signed(id, this.published, this.key, this.ttlSeconds);
    return { access_token, token_type: 'Bearer', expires_in: this.ttlSeconds };
  }
}

/** Seconds that a token of the console is valid: it is made for one call. */
const CONSOLE_TOKEN_SECONDS = 60;
/** How far the clocks of console and gateway may be apart. */
const CONSOLE_SKEW_SECONDS = 30;

/** Signs for whoever is signed in to the console. The gateway has registered the public key; without that, nothing is signed. */
export class ConsoleTokens {
  private constructor(
    private readonly registry: Pick<Registry, 'signingKey'>,
    private readonly kid: string,
    private readonly key: CryptoKey,
  ) {}

  /** @throws Error in one sentence when the key cannot be used */
  static async open(registry: Pick<Registry, 'signingKey'>, jwk: JWK): Promise<ConsoleTokens> {
    const { kid, key } = await signingKeyOf(jwk);
    return new ConsoleTokens(registry, kid, key);
  }

  /**
   * A token for one call in the name of an application or a person.
   * @returns undefined while the gateway knows no such key
   */
  async of(actor: Actor): Promise<string | undefined> {
    const published = this.registry.signingKey(this.kid);
    if (published?.console !== true) return undefined;
    return signed(clientId({ ods: actor.ods, id: actor.application }), published, this.key, CONSOLE_TOKEN_SECONDS);
  }
}

async function signingKeyOf(jwk: JWK): Promise<{ kid: string; key: CryptoKey }> {
  if (jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || !jwk.d)
    throw new Error('the token signing key must be a private Ed25519 JWK');
  const key = (await importJWK({ ...jwk, alg: 'EdDSA' }, 'EdDSA')) as CryptoKey;
  return { kid: jwk.kid ?? (await calculateJwkThumbprint(jwk)), key };
}

function signed(id: string, { kid, issuer, audience }: SigningKey, key: CryptoKey, seconds: number): Promise<string> {
  return new SignJWT({ client_id: id })
    .setProtectedHeader({ alg: 'EdDSA', typ: TOKEN_TYPE, kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(id)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${String(seconds)} seconds`)
    .sign(key);
}

async function readSigningKey(file: string | undefined): Promise<JWK> {
  if (file === undefined) throw new Error('no token signing key: set SIGNALBOX_TOKEN_SIGNING_KEY_FILE');
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK;
  } catch {
    throw new Error('the file that SIGNALBOX_TOKEN_SIGNING_KEY_FILE names cannot be read as a JWK');
  }
}

const FORM: Readonly<Record<string, string | undefined>> = {
  grant_type: 'client_credentials',
  client_assertion_type: ASSERTION_TYPE,
  client_assertion: undefined,
};

/** @returns the assertion. */
function checkForm(form: URLSearchParams): string {
  const findings: Finding[] = [];
  for (const [name, only] of Object.entries(FORM)) {
    const values = form.getAll(name);
    const expected = only ?? 'a signed JWT';
    if (values.length !== 1)
      findings.push(parameter(name, values.length === 0 ? 'required' : 'once', `${expected}, once`));
    else if (only !== undefined && values[0] !== only) findings.push(parameter(name, 'const', expected));
  }
  if (findings.length > 0)
    throw new Refusal('SB-4000', 'The token request is not client credentials with private_key_jwt', { findings });
  return form.get('client_assertion') ?? '';
}

const parameter = (name: string, rule: string, expected: string): Finding => ({
  path: `/${name}`,
  rule,
  expected,
  fix: 'Send it as a parameter of an application/x-www-form-urlencoded body.',
  doc: '/openapi.json',
});

interface Remembered {
  readonly principal: Principal;
  readonly key: SigningKey;
}

/** Verifies our tokens locally, with the keys that the registry holds. Nothing is asked of the network. */
export class TokenVerifier {
  readonly #remembered = new Map<string, Remembered>();

  /** @param maxRemembered verified tokens kept, the least recently used forgotten first. */
  constructor(
    private readonly registry: Registry,
    private readonly maxRemembered = 10_000,
  ) {}

  /**
   * Who is calling. A token that was verified before costs one digest; that its application, organisation and signing key
   * still stand is looked up every time.
   * @throws Refusal SB-3001 (none), SB-3002 (not ours), SB-3003 (expired), SB-3007 (application switched off).
   */
  async verify(authorization: string | undefined): Promise<Principal> {
    const token = bearerOf(authorization);
    const digest = createHash('sha256').update(token).digest('base64');
    const remembered = this.#remembered.get(digest) ?? (await this.#verifyAnew(token));
    this.#checkStanding(remembered);
    this.#remember(digest, remembered);
    return remembered.principal;
  }

  #checkStanding({ principal, key }: Remembered): void {
    if (principal.expires <= Date.now()) throw new Refusal('SB-3003');
    // The record itself, not its id: a key of the same id may have taken its place.
    if (this.registry.signingKey(key.kid) !== key)
      throw new Refusal('SB-3002', 'The key that signed the access token is no longer valid');
    if (!this.registry.isActive(principal)) throw new Refusal('SB-3007');
  }

  #remember(digest: string, remembered: Remembered): void {
    this.#remembered.delete(digest);
    this.#remembered.set(digest, remembered);
    if (this.#remembered.size <= this.maxRemembered) return;
    const oldest = this.#remembered.keys().next().value;
    if (oldest !== undefined) this.#remembered.delete(oldest);
  }

  async #verifyAnew(token: string): Promise<Remembered> {
    const key = this.#keyOf(token);
    try {
      const { payload } = await jwtVerify(token, await importPublicJwk(key.jwk), {
        algorithms: ['EdDSA'],
        typ: TOKEN_TYPE,
        issuer: key.issuer,
        audience: key.audience,
        requiredClaims: ['exp', 'sub', 'jti'],
      });
      return { principal: principalOf(payload, key), key };
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new Refusal('SB-3003');
      if (error instanceof errors.JOSEError) throw new Refusal('SB-3002');
      throw error;
    }
  }

  #keyOf(token: string): SigningKey {
    let kid: unknown;
    try {
      kid = decodeProtectedHeader(token).kid;
    } catch {
      throw new Refusal('SB-3002');
    }
    const key = typeof kid === 'string' ? this.registry.signingKey(kid) : undefined;
    if (!key) throw new Refusal('SB-3002');
    return key;
  }
}

/** @throws Refusal SB-3002 for a token of the console that was made for longer than one call or for later, and for people signed for by others */
function principalOf({ sub, jti, exp = 0, iat = 0 }: JWTPayload, key: SigningKey): Principal {
  const [ods = '', application = ''] = String(sub).split('.');
  const byConsole = key.console === true;
  const early = iat > Date.now() / 1_000 + CONSOLE_SKEW_SECONDS;
  if (byConsole ? early || exp - iat > CONSOLE_TOKEN_SECONDS : isPersonId(application)) throw new Refusal('SB-3002');
  return { ods, application, tokenId: String(jti), expires: exp * 1000, ...(byConsole && { console: true }) };
}

const MAX_TOKEN_CHARACTERS = 4_096;

function bearerOf(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw new Refusal('SB-3001');
  const token = /^bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(authorization)?.[1];
  if (token === undefined || token.length > MAX_TOKEN_CHARACTERS) throw new Refusal('SB-3002');
  return token;
}
