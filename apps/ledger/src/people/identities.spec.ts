import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Refusal } from '@signalbox/contracts';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { ClientSecretBasic } from 'openid-client';
import { Identities, type Proof } from './identities.js';

const CLIENT = 'signalbox-console';
const SUBJECT = 'somebody';

/** A provider that says whatever it is told to: what a real one, or whoever stands before it, could. */
describe('who somebody is', () => {
  let server: Server;
  let issuer: string;
  let shown: JWK[];
  let signing: { key: CryptoKey; kid: string };
  let claims: (proof: Proof) => JWTPayload;
  let proof: Proof;

  beforeEach(async () => {
    signing = await newKey('first');
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url!, issuer);
      const answer = async (): Promise<object> => {
        if (pathname === '/jwks') return { keys: shown };
        if (pathname === '/token')
          return { access_token: 'a', token_type: 'Bearer', id_token: await idToken(claims(proof)) };
        const at = { authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token` };
        const can = { response_types_supported: ['code'], id_token_signing_alg_values_supported: ['ES256'] };
        return { issuer, ...at, ...can, jwks_uri: `${issuer}/jwks`, subject_types_supported: ['public'] };
      };
      void answer().then((body) => {
        response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    claims = said;
  });
  afterEach(() => new Promise<void>((resolve) => void server.close(() => resolve())));

  async function newKey(kid: string): Promise<{ key: CryptoKey; kid: string }> {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    shown = [{ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }];
    return { key: privateKey, kid };
  }
  const idToken = (payload: JWTPayload) =>
    new SignJWT(payload).setProtectedHeader({ alg: 'ES256', kid: signing.kid }).sign(signing.key);
  const seconds = () => Math.floor(Date.now() / 1_000);
  const said = ({ nonce }: Proof): JWTPayload => {
    const now = seconds();
    return { iss: issuer, aud: CLIENT, sub: SUBJECT, iat: now, exp: now + 300, auth_time: now, nonce };
  };
  const identities = () =>
    new Identities({
      ...{ issuer: new URL(issuer), name: 'test', clientId: CLIENT, scopes: ['openid'] },
      clientAuth: () => ClientSecretBasic('secret'),
      assured: { amr: ['mfa'], acr: [] },
      ...{ callback: 'http://127.0.0.1/sign-in/callback', left: 'http://127.0.0.1/sign-in' },
      ...{ timeoutMs: 5_000, discoveryMs: 60_000, maxAgeSeconds: 3_600 },
    });
  async function signedIn(one = identities()): Promise<string> {
    ({ proof } = await one.begin());
    const found = await one
      .finish(`?code=c&state=${proof.state}`, proof)
      .catch((error: unknown) => (error instanceof Refusal ? error : Promise.reject(error as Error)));
    return found instanceof Refusal ? found.code : found.subject;
  }

  it('is what the provider has signed, with a key that it shows; also with the next one', async () => {
    expect(await signedIn()).toBe(SUBJECT);
    signing = await newKey('second');
    expect(await signedIn()).toBe(SUBJECT);
  });
  it('is nobody where another key has signed, under whatever name', async () => {
    const { privateKey: key } = await generateKeyPair('ES256');
    signing = { key, kid: 'first' };
    expect(await signedIn()).toBe('SB-3010');
    signing = { key, kid: 'unheard-of' };
    expect(await signedIn()).toBe('SB-3010');
  });
  it.each<[string, (claims: JWTPayload) => JWTPayload]>([
    ['for somebody else', (all) => ({ ...all, aud: 'another-client' })],
    ['of another provider', (all) => ({ ...all, iss: 'https://evil.example' })],
    ['to another attempt', (all) => ({ ...all, nonce: 'another' })],
    ['and is over', (all) => ({ ...all, iat: seconds() - 600, exp: seconds() - 60 })],
    ['about a proof that is too old', (all) => ({ ...all, auth_time: seconds() - 7_200 })],
    ['without when it was proved', ({ auth_time: _time, ...all }) => all],
  ])('is nobody where the answer is %s', async (_what, change) => {
    claims = (one) => change(said(one));
    expect(await signedIn()).toBe('SB-3010');
  });
  it('is told though clocks are some seconds apart', async () => {
    claims = (one) => ({ ...said(one), iat: seconds() + 15, auth_time: seconds() + 15, exp: seconds() + 315 });
    expect(await signedIn()).toBe(SUBJECT);
    claims = (one) => ({ ...said(one), exp: seconds() - 15 });
    expect(await signedIn()).toBe(SUBJECT);
  });
});
