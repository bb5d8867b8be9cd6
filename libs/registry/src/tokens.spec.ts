import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Refusal } from '@signalbox/contracts';
import { RevisionConflict, type KeyValue, type KeyValueEntry } from '@signalbox/messaging';
import { createLog } from '@signalbox/runtime';
import { exportJWK, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose';
import { ASSERTION_TYPE, type JtiStore } from './client-assertion.js';
import { KEY_ALGORITHMS, takePublicJwk, type KeyAlgorithm, type PublicJwk } from './public-keys.js';
import { Registry } from './registry.js';
import { ensureConsole } from './console-key.js';
import { personId } from './people.js';
import { ConsoleTokens, TokenAuthority, TokenVerifier } from './tokens.js';

const AUDIENCE = 'https://broker.example/oauth2/token';
const ISSUER = 'https://broker.example';

/** The bucket's contract in memory: the rules judged here are about tokens; the bucket itself is tried live. */
class MemoryBucket implements KeyValue {
  readonly entries = new Map<string, KeyValueEntry>();
  #revision = 0;
  #tell: (entry: KeyValueEntry) => void = () => undefined;

  get = (key: string): Promise<KeyValueEntry | undefined> => Promise.resolve(this.entries.get(key));

  put = (key: string, value: Uint8Array | string): Promise<number> => {
    const entry = { key, value: Buffer.from(value), revision: ++this.#revision };
    this.entries.set(key, entry);
    this.#tell(entry);
    return Promise.resolve(entry.revision);
  };

  create = (key: string, value: Uint8Array | string): Promise<number> => this.update(key, value, 0);

  update = (key: string, value: Uint8Array | string, revision: number): Promise<number> =>
    (this.entries.get(key)?.revision ?? 0) === revision
      ? this.put(key, value)
      : Promise.reject(new RevisionConflict(key));

  delete = (key: string): Promise<void> => {
    this.entries.delete(key);
    this.#tell({ key, value: undefined, revision: ++this.#revision });
    return Promise.resolve();
  };

  forget = (key: string): Promise<void> => this.delete(key);

  some = async (pattern: string): Promise<boolean> => (await this.keys(pattern)).length > 0;
  keys = (pattern: string): Promise<string[]> =>
    Promise.resolve([...this.entries.keys()].filter((key) => key.startsWith(pattern.replace(/[*>].*$/, ''))));

  watch = (
    onEntry: (entry: KeyValueEntry) => void,
  ): Promise<{ ready: Promise<void>; ended: Promise<void>; stop(): void }> => {
    this.#tell = onEntry;
    return Promise.resolve({ ready: Promise.resolve(), ended: new Promise(() => undefined), stop: () => undefined });
  };
}

class MemoryJti implements JtiStore {
  readonly claims = new Map<string, number>();
  away = false;

  claim(jti: string, ttlSeconds: number): Promise<boolean> {
    if (this.away) return Promise.reject(new Error('connection refused'));
    if (this.claims.has(jti)) return Promise.resolve(false);
    this.claims.set(jti, ttlSeconds);
    return Promise.resolve(true);
  }
}

const pairs = new Map<KeyAlgorithm, { key: CryptoKey; jwk: PublicJwk }>();
let signing: JWK;
let registry: Registry;
let jtiStore: MemoryJti;
let authority: TokenAuthority;

const CLIENT = { ods: 'X9G1P', id: 'main', name: 'Practice system', active: true };
const seconds = (): number => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  for (const alg of KEY_ALGORITHMS) {
    const pair = await generateKeyPair(alg, { extractable: true });
    pairs.set(alg, {
      key: pair.privateKey,
      jwk: await takePublicJwk({ ...(await exportJWK(pair.publicKey)), alg, kid: `key-${alg}` }),
    });
  }
  signing = await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey);
});

beforeEach(async () => {
  const bucket = new MemoryBucket();
  registry = await Registry.open(
    { kv: () => Promise.resolve(bucket), status: () => ({ connected: true }) },
    createLog('test', 'silent'),
  );
  await registry.putOrganisation({ ods: 'X9G1P', name: 'Practice', active: true });
  await registry.putApplication({ ...CLIENT, keys: [...pairs.values()].map(({ jwk }) => jwk) });
  jtiStore = new MemoryJti();
  authority = await TokenAuthority.open(registry, { jwk: signing, issuer: ISSUER, audience: AUDIENCE });
});

const pair = (alg: KeyAlgorithm = 'ES256'): { key: CryptoKey; jwk: PublicJwk } =>
  pairs.get(alg) as { key: CryptoKey; jwk: PublicJwk };

/** A good assertion, changed as a test wants; a member set to undefined is left out. */
async function assertion(claims: object = {}, header: object = {}, alg: KeyAlgorithm = 'ES256'): Promise<string> {
  const good = {
    iss: 'X9G1P.main',
    sub: 'X9G1P.main',
    aud: AUDIENCE,
    jti: crypto.randomUUID(),
    iat: seconds(),
    exp: seconds() + 60,
  };
  return new SignJWT({ ...good, ...claims })
    .setProtectedHeader({ alg, kid: `key-${alg}`, typ: 'JWT', ...header })
    .sign(pair(alg).key);
}

const form = (jwt: string, more: Record<string, string> = {}): URLSearchParams =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: jwt,
    ...more,
  });

const exchange = async (jwt: string | Promise<string>): Promise<string> =>
  (await authority.exchange(form(await jwt), { jtiStore })).access_token;

async function refusalFrom(attempt: Promise<unknown>): Promise<Refusal> {
  const outcome = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Refusal)) throw new Error('it was not refused', { cause: outcome });
  return outcome;
}

describe('exchanging an assertion for a token', () => {
  it.each(KEY_ALGORITHMS)('accepts an assertion signed with %s and issues a token that verifies', async (alg) => {
    const token = await exchange(assertion({}, {}, alg));
    const principal = await new TokenVerifier(registry).verify(`Bearer ${token}`);
    expect(principal).toMatchObject({ ods: 'X9G1P', application: 'main' });
    expect(principal.expires).toBeGreaterThan(Date.now() + 590_000);
  });

  it('accepts aud as an array of exactly the token URL', async () => {
    await expect(exchange(assertion({ aud: [AUDIENCE] }))).resolves.toMatch(/^ey/);
  });

  it.each<[string, string, { header?: object; [claim: string]: unknown }]>([
    ['an audience with a trailing slash', 'aud', { aud: `${AUDIENCE}/` }],
    ['an audience among others', 'aud', { aud: [AUDIENCE, 'https://other.example'] }],
    ['no audience', 'aud', { aud: undefined }],
    ['an expiry that has passed', 'exp has passed', { exp: seconds() - 31 }],
    ['an expiry more than five minutes ahead', 'exp is more than 300 seconds', { exp: seconds() + 1_000 }],
    ['no expiry', 'exp is missing', { exp: undefined }],
    ['an issue time in the future', 'iat', { iat: seconds() + 1_000 }],
    ['a start in the future', 'nbf', { nbf: seconds() + 1_000 }],
    ['no jti', 'jti is missing', { jti: undefined }],
    ['an endless jti', 'jti is longer', { jti: 'j'.repeat(300) }],
    ['iss and sub that differ', 'iss and sub differ', { sub: 'X9G1P.other' }],
    ['no issuer', 'iss is missing', { iss: undefined }],
    ['no subject', 'sub is missing', { sub: undefined }],
    ['a kid that is not registered', 'kid names no key', { header: { kid: 'other' } }],
    ['no kid', 'kid is missing', { header: { kid: undefined } }],
    ['a kid of another algorithm', 'header alg is not the one', { header: { kid: 'key-RS512' } }],
  ])('refuses %s and says so: %s', async (_what, told, { header, ...claims }) => {
    const refusal = await refusalFrom(exchange(assertion(claims, header)));
    expect(refusal.code).toBe('SB-3004');
    expect(refusal.detail).toContain(told);
    expect(jtiStore.claims.size).toBe(0);
  });

  it('refuses an unsigned assertion by its alg', async () => {
    const unsigned = new UnsecuredJWT({
      iss: 'X9G1P.main',
      sub: 'X9G1P.main',
      aud: AUDIENCE,
      jti: 'a',
      exp: seconds() + 60,
    }).encode();
    expect((await refusalFrom(exchange(unsigned))).detail).toContain('alg');
  });

  it('refuses an assertion whose claims were changed after signing', async () => {
    const [header, , signature] = (await assertion()).split('.') as [string, string, string];
    const [, payload] = (await assertion()).split('.') as [string, string];
    expect((await refusalFrom(exchange(`${header}.${payload}.${signature}`))).detail).toContain('signature');
  });

  it.each(['', 'a.b', 'not a jwt', 'x'.repeat(9000)])('refuses what is not a JWT', async (text) => {
    const refusal = await refusalFrom(exchange(text || '.'));
    expect([refusal.code, refusal.status]).toEqual(['SB-3004', 401]);
  });

  it('takes each jti once, for as long as the assertion could be used again', async () => {
    const exp = seconds() + 100;
    const jwt = await assertion({ exp });
    await exchange(jwt);
    // The clocks of others may be behind by half a minute.
    const left = exp + 30 - Date.now() / 1_000;
    expect((await refusalFrom(exchange(jwt))).detail).toContain('jti was used before');
    const [ttl] = [...jtiStore.claims.values()];
    expect(ttl).toBeGreaterThanOrEqual(left);
  });

  it('lets exactly one of many simultaneous uses of an assertion through', async () => {
    const jwt = await assertion();
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => exchange(jwt)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('issues nothing while it cannot check what was used before, and says to try again', async () => {
    jtiStore.away = true;
    const refusal = await refusalFrom(exchange(assertion()));
    expect([refusal.code, refusal.status, refusal.retryable]).toEqual(['SB-5033', 503, true]);
  });

  it.each([
    ['application', (): Promise<unknown> => registry.putApplication({ ...CLIENT, active: false, keys: [pair().jwk] })],
    [
      'organisation',
      (): Promise<unknown> => registry.putOrganisation({ ods: 'X9G1P', name: 'Practice', active: false }),
    ],
  ])('refuses a switched-off %s', async (_what, switchOff) => {
    await switchOff();
    expect((await refusalFrom(exchange(assertion()))).code).toBe('SB-3007');
  });

  it('refuses an application that nobody registered', async () => {
    expect((await refusalFrom(exchange(assertion({ iss: 'X9H2T.x', sub: 'X9H2T.x' })))).code).toBe('SB-3007');
  });

  it('never repeats what was sent', async () => {
    const marker = '9990000018';
    for (const claims of [{ aud: marker }, { iss: marker, sub: marker }, { jti: marker.repeat(40) }, { exp: marker }]) {
      const refusal = await refusalFrom(exchange(assertion(claims)));
      expect(JSON.stringify(refusal.toProblem())).not.toContain(marker);
    }
  });

  it('names every parameter of the form that is missing, wrong or sent twice', async () => {
    const twice = form(await assertion(), { grant_type: 'password' });
    twice.append('client_assertion', 'again');
    twice.delete('client_assertion_type');
    const refusal = await refusalFrom(authority.exchange(twice, { jtiStore }));
    expect(refusal.code).toBe('SB-4000');
    expect(refusal.findings.map(({ path, rule }) => [path, rule])).toEqual([
      ['/grant_type', 'const'],
      ['/client_assertion_type', 'required'],
      ['/client_assertion', 'once'],
    ]);
  });
});

describe('verifying a token', () => {
  const verifier = (): TokenVerifier => new TokenVerifier(registry);

  it.each<[string, string | undefined, string]>([
    ['no header', undefined, 'SB-3001'],
    ['another scheme', 'Basic abc', 'SB-3002'],
    ['what is not a JWT', 'Bearer abc', 'SB-3002'],
  ])('refuses %s', async (_what, header, code) => {
    expect((await refusalFrom(verifier().verify(header))).code).toBe(code);
  });

  it('refuses an assertion offered as a token, and a token signed by a stranger', async () => {
    expect((await refusalFrom(verifier().verify(`Bearer ${await assertion()}`))).code).toBe('SB-3002');
    const token = await exchange(assertion());
    const kid = registry.signingKeys()[0]?.kid ?? '';
    const stranger = await new SignJWT({ client_id: 'X9G1P.main' })
      .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
      .setSubject('X9G1P.main')
      .setJti('1')
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setExpirationTime('1 minute')
      .sign(pair('EdDSA').key);
    expect((await refusalFrom(verifier().verify(`Bearer ${stranger}`))).code).toBe('SB-3002');
    await expect(verifier().verify(`bearer ${token}`)).resolves.toMatchObject({ ods: 'X9G1P' });
  });

  it('refuses an expired token, also one that it remembers', async () => {
    const brief = await TokenAuthority.open(registry, {
      jwk: signing,
      issuer: ISSUER,
      audience: AUDIENCE,
      ttlSeconds: 1,
    });
    const one = verifier();
    const issued = async (): Promise<string> =>
      `Bearer ${(await brief.exchange(form(await assertion()), { jtiStore })).access_token}`;
    let token = await issued();
    // Its second may be over before it is verified for the first time: then it is not remembered.
    let known = await one.verify(token).catch(() => undefined);
    while (known === undefined) known = await one.verify((token = await issued())).catch(() => undefined);
    while (Date.now() <= known.expires) await new Promise(setImmediate);
    expect((await refusalFrom(one.verify(token))).code).toBe('SB-3003');
    expect((await refusalFrom(verifier().verify(token))).code).toBe('SB-3003');
  });

  it('refuses a remembered token as soon as its application, organisation or signing key is gone', async () => {
    const one = verifier();
    const header = `Bearer ${await exchange(assertion())}`;
    await one.verify(header);
    await registry.putOrganisation({ ods: 'X9G1P', name: 'Practice', active: false });
    expect((await refusalFrom(one.verify(header))).code).toBe('SB-3007');
    await registry.putOrganisation({ ods: 'X9G1P', name: 'Practice', active: true });
    await registry.deleteSigningKey(registry.signingKeys()[0]?.kid ?? '');
    expect((await refusalFrom(one.verify(header))).code).toBe('SB-3002');
  });

  it('refuses a remembered token when another key has taken the place of the one that signed it', async () => {
    const one = verifier();
    const header = `Bearer ${await exchange(assertion())}`;
    await one.verify(header);
    const known = registry.signingKeys()[0];
    if (!known) throw new Error('no signing key');
    await registry.putSigningKey({ ...known, jwk: pair('EdDSA').jwk });
    expect((await refusalFrom(one.verify(header))).code).toBe('SB-3002');
  });

  it('forgets the least recently used beyond its bound and still verifies it', async () => {
    const small = new TokenVerifier(registry, 2);
    const headers = [];
    for (let i = 0; i < 3; i++) headers.push(`Bearer ${await exchange(assertion())}`);
    for (const header of [...headers, ...headers])
      await expect(small.verify(header)).resolves.toMatchObject({ application: 'main' });
  });
});

describe('tokens of the console', () => {
  const somebody = { ods: 'X9G1P', application: personId('https://identity.example', 'somebody') };
  const [issuer, subject] = ['https://identity.example', 'somebody'];
  let consoleJwk: JWK;
  let consoleKey: CryptoKey;
  let tokens: ConsoleTokens;

  const publicOf = ({ kty, crv, x }: JWK) => ({ kty, crv, x, kid: 'console', alg: 'EdDSA' });

  beforeEach(async () => {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    consoleKey = pair.privateKey;
    consoleJwk = { ...(await exportJWK(consoleKey)), kid: 'console' };
    await ensureConsole(registry, publicOf(consoleJwk), ISSUER);
    const { ods, application: id } = somebody;
    const person = { ods, id, issuer, subject, name: 'Somebody', roles: ['viewer'], active: true } as const;
    await registry.create('person', person);
    tokens = await ConsoleTokens.open(registry, consoleJwk);
  });

  const verified = async (token: string | undefined) => new TokenVerifier(registry).verify(`Bearer ${String(token)}`);
  const signed = (key: CryptoKey, kid: string, sub: string, lifetime: string) =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(sub)
      .setJti('j')
      .setIssuedAt()
      .setExpirationTime(lifetime)
      .sign(key);

  it('stand for a person for a minute, and say that the console calls', async () => {
    const principal = await verified(await tokens.of(somebody));
    expect(principal).toMatchObject({ ...somebody, console: true });
    expect(principal.expires).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it('are refused once the person is switched off, and where they were made for longer than a call', async () => {
    const token = await tokens.of(somebody);
    const sub = `${somebody.ods}.${somebody.application}`;
    const long = await signed(consoleKey, 'console', sub, '10m');
    expect((await refusalFrom(verified(long))).code).toBe('SB-3002');
    const hour = Math.floor(Date.now() / 1_000) + 3_600;
    const later = await new SignJWT({})
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid: 'console' })
      .setIssuer(ISSUER)
      .setAudience(ISSUER)
      .setSubject(sub)
      .setJti('later')
      .setIssuedAt(hour - 60)
      .setExpirationTime(hour)
      .sign(consoleKey);
    expect((await refusalFrom(verified(later))).code).toBe('SB-3002');
    await registry.changePerson(somebody.ods, somebody.application, (person) => ({ ...person, active: false }));
    expect((await refusalFrom(verified(token))).code).toBe('SB-3007');
  });

  it('alone stand for people: no other key of ours signs for one', async () => {
    const sub = `${somebody.ods}.${somebody.application}`;
    const own = registry.signingKeys().find(({ kid }) => kid !== 'console')!;
    const key = (await importJWK({ ...signing, alg: 'EdDSA' }, 'EdDSA')) as CryptoKey;
    expect((await refusalFrom(verified(await signed(key, own.kid, sub, '1m')))).code).toBe('SB-3002');
  });

  it('are made only while the key is registered; another key takes its place', async () => {
    const other = await exportJWK((await generateKeyPair('EdDSA', { crv: 'Ed25519' })).publicKey);
    await ensureConsole(registry, { ...publicOf(other), kid: 'console-2' }, ISSUER);
    expect(await tokens.of(somebody)).toBeUndefined();
    expect(registry.signingKeys().filter(({ console }) => console === true)).toHaveLength(1);
  });
});

describe('taking a public key', () => {
  const offered = (change: object): Promise<PublicJwk> => takePublicJwk({ ...pair().jwk, ...change });

  it.each<[string, object, string]>([
    ['a private key', { d: 'AAAA' }, 'jwk-private'],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }, 'jwk-private'],
    ['an unknown algorithm', { alg: 'HS256' }, 'jwk-alg'],
    ['another curve', { crv: 'P-384' }, 'jwk-crv'],
    ['a kty that does not fit', { kty: 'RSA' }, 'jwk-kty'],
    ['a missing coordinate', { y: undefined }, 'jwk-member'],
    ['a point that is not on the curve', { x: 'AAAA' }, 'jwk-key'],
    ['an id with spaces', { kid: 'a b' }, 'jwk-kid'],
  ])('refuses %s', async (_what, change, rule) => {
    expect((await refusalFrom(offered(change))).findings.map((finding) => finding.rule)).toContain(rule);
  });

  it('refuses an RSA key of 1024 bits', async () => {
    const weak = { kty: 'RSA', alg: 'RS512', n: Buffer.alloc(128, 200).toString('base64url'), e: 'AQAB' };
    expect((await refusalFrom(takePublicJwk(weak))).findings.map((finding) => finding.rule)).toEqual(['jwk-size']);
  });

  it('gives a key without an id its thumbprint, and keeps no member that it does not need', async () => {
    const key = await offered({ kid: undefined, extra: 'x', key_ops: ['verify'] });
    expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'x', 'y']);
    expect(key.kid).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});
