import { describe, expect, it } from '@jest/globals';
import type { Grant, Person, Role } from '@signalbox/registry';
import type { FastifyRequest } from 'fastify';
import { refuseForeignForm, requireRole, Viewers } from './viewers.js';
import { Sessions } from './session.js';

const MINUTE = 60_000;
const sessions = new Sessions('a secret for tests that is long enough to be one', false);
const WHO = { ods: 'X9H2T', application: 'person-0123456789abcdef' };

function viewersOf({ roles = ['viewer'] as Role[], granted = false, active = true } = {}): Viewers {
  const grant: Grant = { id: 'g', ods: WHO.ods, application: '*', action: 'trace', types: '*', purpose: 'test' };
  const person: Person = {
    ...WHO,
    id: WHO.application,
    issuer: 'https://identity.example',
    subject: 's',
    name: 'Ella Frost',
    roles,
    active,
  };
  return new Viewers({
    registry: {
      actsForAll: () => false,
      allows: () => (granted ? grant : undefined),
      isActive: () => active,
      person: (ods, id) => (ods === WHO.ods && id === WHO.application ? person : undefined),
    },
    verifier: {
      verify: () => Promise.resolve({ ...WHO, application: 'pas', tokenId: 't', expires: Date.now() + MINUTE }),
    },
    sessions,
    sessionMs: 480 * MINUTE,
    idleMs: 15 * MINUTE,
  });
}

const request = (headers: Record<string, string | undefined>): FastifyRequest =>
  ({ headers }) as unknown as FastifyRequest;
const cookieOf = (setCookie: string): string => setCookie.split(';')[0]!;
const cookie = (viewers: Viewers, assured?: true) =>
  cookieOf(sessions.cookieOf(viewers.begun({ ...WHO, ...(assured && { assured }) })));

describe('who is looking', () => {
  it('is a person with their roles as the registry has them now, and not as they were at the sign-in', async () => {
    const signedIn = cookie(viewersOf({ roles: ['administrator'] }));
    const known = await viewersOf({ roles: ['operator'] }).of(request({ cookie: signedIn }));
    expect(known).toEqual({
      ...WHO,
      name: 'Ella Frost',
      viewer: { all: false, ods: WHO.ods },
      roles: new Set(['viewer', 'operator']),
      assured: false,
      actsForAll: false,
    });
  });
  it('is assured only where the provider said so at the sign-in', async () => {
    const viewers = viewersOf();
    expect((await viewers.of(request({ cookie: cookie(viewers, true) }))).assured).toBe(true);
  });
  it('is nobody once the person is switched off', async () => {
    const signedIn = cookie(viewersOf());
    const viewers = viewersOf({ active: false });
    await expect(viewers.of(request({ cookie: signedIn }))).rejects.toMatchObject({ code: 'SB-3007' });
    expect(viewers.ofCookie(request({ cookie: signedIn }))).toBeUndefined();
  });
  it('is the application of a token, which may do what its grants say', async () => {
    const known = await viewersOf({ granted: true }).of(request({ authorization: 'Bearer t' }));
    expect([known.application, known.viewer, known.name]).toEqual(['pas', { all: true }, undefined]);
  });
  it('is refused what needs a role that they do not have', async () => {
    const viewers = viewersOf({ roles: ['operator'] });
    const known = await viewers.of(request({ cookie: cookie(viewers) }));
    expect(() => requireRole(known, 'operator')).not.toThrow();
    expect(() => requireRole(known, 'administrator')).toThrow('needs the role administrator');
  });
});

describe('how long somebody stays signed in', () => {
  const viewers = viewersOf();
  const now = 1_800_000_000_000;
  const at = (session: { idle: number; expires: number }) =>
    cookieOf(sessions.cookieOf({ id: 'one', ...WHO, ...session }, now));
  const page = { 'sec-fetch-dest': 'document' };

  it('is fifteen minutes after the last page that they asked for, and eight hours at most', () => {
    const { idle, expires } = viewers.begun(WHO, now);
    expect([idle - now, expires - now]).toEqual([15 * MINUTE, 480 * MINUTE]);
    const later = now + 10 * MINUTE;
    const renewed = viewers.goesOn(request({ cookie: at({ idle, expires }), ...page }), later)!;
    const session = sessions.read(cookieOf(renewed), later);
    expect(session).toMatchObject({ idle: later + 15 * MINUTE, expires });
  });
  it('is not longer for what an open page asks by itself, nor for programs', () => {
    const signedIn = at(viewers.begun(WHO, now));
    const later = now + 10 * MINUTE;
    expect(viewers.goesOn(request({ cookie: signedIn, 'sec-fetch-dest': 'empty' }), later)).toBeUndefined();
    expect(viewers.goesOn(request({ cookie: signedIn, authorization: 'Bearer t', ...page }), later)).toBeUndefined();
  });
  it('is not said anew with every page', () => {
    expect(viewers.goesOn(request({ cookie: at(viewers.begun(WHO, now)), ...page }), now + 1_000)).toBeUndefined();
  });
  it('is over when it is over', () => {
    const signedIn = at(viewers.begun(WHO, now));
    expect(viewers.goesOn(request({ cookie: signedIn, ...page }), now + 15 * MINUTE)).toBeUndefined();
    expect(sessions.read(signedIn, now + 15 * MINUTE)).toBeUndefined();
  });
});

describe('a form', () => {
  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'none' }, true],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ origin: 'http://console.example', host: 'console.example' }, true],
    [{ origin: 'http://console.example:8084', host: 'console.example:8081' }, false],
    [{ origin: 'null', host: 'console.example' }, false],
    [{}, true],
  ])('is taken from our own pages alone: %j', (headers, taken) => {
    const take = () => refuseForeignForm(request(headers));
    if (taken) expect(take).not.toThrow();
    else expect(take).toThrow('another site');
  });
});
