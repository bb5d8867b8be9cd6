import { describe, expect, it } from '@jest/globals';
import { Sessions } from './session.js';
import { SignedCookie } from './signed-cookie.js';

const SECRET = 'a secret for tests that is long enough to be one';
const session = { id: 'one', ods: 'X9G1P', application: 'records', expires: 10_000, idle: 20_000 };
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
  it('ends when nobody asked for a page, before its time', () => {
    const idle = pairOf(sessions.cookieOf({ ...session, idle: 5_000 }, 0));
    expect([sessions.read(idle, 4_999)?.ods, sessions.read(idle, 5_000)]).toEqual(['X9G1P', undefined]);
  });
  it('ends for every copy of its cookie when it is ended, and for no other session', async () => {
    const [own, copy, other] = [session, session, { ...session, id: 'another' }].map((one) =>
      pairOf(sessions.cookieOf(one, 0)),
    );
    await sessions.end(sessions.read(own, 0)!);
    const renewed = pairOf(sessions.cookieOf({ ...session, ods: 'X9H2T', idle: 30_000 }, 0));
    expect([own, copy, renewed, other].map((one) => sessions.read(one, 0)?.id)).toEqual([
      undefined,
      undefined,
      undefined,
      'another',
    ]);
  });
  it('is none where it could not be ended', () => {
    const { id: _id, ...nameless } = session;
    const cookie = new SignedCookie<typeof nameless>(SECRET, 'session', 'signalbox', false).of(nameless, 10);
    expect(sessions.read(pairOf(cookie), 0)).toBeUndefined();
  });
  it('is no other statement of ours under the same name', () => {
    const other = new SignedCookie<typeof session>(SECRET, 'attempt to sign in', 'signalbox', false);
    expect(sessions.read(pairOf(other.of(session, 10)), 0)).toBeUndefined();
  });
  it('cannot be read by scripts, is sent from other sites with a link alone, and needs https where there is https', () => {
    expect(sessions.cookieOf(session, 0)).toMatch(/; Max-Age=10; HttpOnly; SameSite=Lax$/);
    expect(new Sessions(SECRET, true).cookieOf(session, 0)).toMatch(/^__Host-signalbox=.*; Secure$/);
  });
});
