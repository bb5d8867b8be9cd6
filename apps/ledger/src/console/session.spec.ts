import { describe, expect, it } from '@jest/globals';
import { Sessions } from './session.js';

const SECRET = 'a secret for tests that is long enough to be one';
const session = { ods: 'X9G1P', application: 'records', expires: 10_000, idle: 20_000 };
const pairOf = (cookie: string) => cookie.split(';')[0]!;

describe('Sessions', () => {
  const sessions = new Sessions(SECRET, false);

  it('reads back who signed in', () => {
    expect(sessions.read(`other=1; ${pairOf(sessions.cookieOf(session, 0))}`, 9_999)).toEqual(session);
  });
  it('ends with its time', () => {
    expect(sessions.read(pairOf(sessions.cookieOf(session, 0)), 10_000)).toBeUndefined();
  });
  it('refuses a cookie that names another organisation under the same signature', () => {
    const [, signature] = pairOf(sessions.cookieOf(session, 0)).split('.');
    const forged = Buffer.from(JSON.stringify({ ...session, ods: 'X9H2T' })).toString('base64url');
    expect(sessions.read(`signalbox=${forged}.${String(signature)}`, 0)).toBeUndefined();
  });
  it('refuses a cookie of another secret, an empty one and none', () => {
    expect(new Sessions(`${SECRET}!`, false).read(pairOf(sessions.cookieOf(session, 0)), 0)).toBeUndefined();
    expect(sessions.read(pairOf(sessions.noCookie()), 0)).toBeUndefined();
    expect(sessions.read(undefined, 0)).toBeUndefined();
  });
  it('cannot be read by scripts, is not sent from other sites, and needs https where there is https', () => {
    expect(sessions.cookieOf(session, 0)).toMatch(/; Max-Age=10; HttpOnly; SameSite=Strict$/);
    expect(new Sessions(SECRET, true).cookieOf(session, 0)).toMatch(/^__Host-signalbox=.*; Secure$/);
  });
});
