import { describe, expect, it } from '@jest/globals';
import { problemsOf } from './wiring.js';

const HTTPS = new URL('https://identity.example');
const SAFE = {
  environment: 'production',
  publicUrl: new URL('https://console.example'),
  oidcClientSecret: 's',
  oidcScopes: ['openid'],
} as const;

const problems = (change: object, issuer = HTTPS) =>
  problemsOf({ ...SAFE, oidcScopes: ['openid'], ...change }, issuer).map((line) => line.split(':')[0]);

describe('the settings of signing in', () => {
  it('are taken where everything goes over https', () => {
    expect(problems({})).toEqual([]);
  });
  it.each(['http://127.0.0.1:8084', 'http://localhost:8084', 'http://[::1]:8084'])(
    'may name %s in development, and not in production',
    (local) => {
      const [url, development] = [new URL(local), { environment: 'development' }];
      expect(problems({ ...development, publicUrl: url }, url)).toEqual([]);
      expect(problems({ publicUrl: url }, url)).toEqual(['SIGNALBOX_OIDC_ISSUER', 'SIGNALBOX_LEDGER_URL']);
    },
  );
  it.each(['http://identity.example', 'http://127.0.0.1.evil.example', 'http://10.0.0.7', 'ftp://127.0.0.1'])(
    'never name %s',
    (url) => expect(problems({ environment: 'development' }, new URL(url))).toEqual(['SIGNALBOX_OIDC_ISSUER']),
  );
  it('must say where people come back to, and one way in which the console proves itself', () => {
    expect(problems({ publicUrl: undefined })).toEqual(['SIGNALBOX_LEDGER_URL']);
    expect(problems({ oidcClientSecret: undefined })).toEqual(['SIGNALBOX_OIDC_CLIENT_SECRET']);
    expect(problems({ oidcClientKey: '{}' })).toEqual(['SIGNALBOX_OIDC_CLIENT_SECRET']);
    expect(problems({ oidcScopes: ['profile'] })).toEqual(['SIGNALBOX_OIDC_SCOPES']);
  });
});
