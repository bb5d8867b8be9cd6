import { describe, expect, it } from '@jest/globals';
import { type Person, personId, type Role } from '@signalbox/registry';
import type { Identities, Identity } from '../people/identities.js';
import { type Attempt, SignIn } from './sign-in.js';
import { SignedCookie } from './signed-cookie.js';

const ISSUER = 'https://identity.example';
const NOW = 1_800_000_000_000;
const PROOF = { state: 's', nonce: 'n', verifier: 'v' };

/** A sign-in with these people, at a provider that says this of whoever comes back. */
function signInOf(people: readonly Partial<Person>[], said: Partial<Identity> = {}) {
  const all = people.map((one): Person => {
    const subject = one.subject ?? 'ella';
    const person = { ods: 'X9H2T', issuer: ISSUER, subject, name: 'Ella', roles: ['viewer'] as Role[], active: true };
    return { ...person, id: personId(one.issuer ?? ISSUER, subject), ...one };
  });
  const asked: unknown[] = [];
  const identities = {
    begin: () => Promise.resolve({ at: new URL(`${ISSUER}/authorize`), proof: PROOF }),
    finish: (query: string, proof: unknown) => {
      asked.push([query, proof]);
      return Promise.resolve({ issuer: ISSUER, subject: 'ella', assured: false, ...said });
    },
  } as unknown as Identities;
  const attempts = new SignedCookie<Attempt>('a secret for tests that is long enough', 'attempt', 'attempt', false);
  const signIn = new SignIn({
    identities,
    registry: {
      isActive: ({ ods, application }) => all.some((one) => one.ods === ods && one.id === application && one.active),
      organisation: (ods) => ({ ods, name: `Organisation ${ods}`, active: true }),
      people: (filter) => all.filter((one) => one.id === filter?.id),
    },
    viewers: { begun: (who) => ({ ...who, id: 'one', expires: NOW + 2, idle: NOW + 1 }) },
    attempts,
    attemptMs: 600_000,
  });
  return { signIn, asked };
}

async function cameBack({ signIn }: ReturnType<typeof signInOf>, at = NOW) {
  const { cookie } = await signIn.begin('/find', NOW);
  return signIn.finish('?code=c&state=s', cookie.split(';')[0], at);
}

describe('whoever comes back from the provider', () => {
  it('is signed in for the organisation that knows them, with what it was asked to prove', async () => {
    const tried = signInOf([{}, { ods: 'X9G1P', subject: 'somebody else' }]);
    const { session, to, several } = await cameBack(tried);
    expect([session.ods, session.application, to, several]).toEqual([
      'X9H2T',
      personId(ISSUER, 'ella'),
      '/find',
      false,
    ]);
    expect(tried.asked).toEqual([['?code=c&state=s', expect.objectContaining(PROOF)]]);
  });
  it('is assured only where the provider says so', async () => {
    expect((await cameBack(signInOf([{}]))).session.assured).toBeUndefined();
    expect((await cameBack(signInOf([{}], { assured: true }))).session.assured).toBe(true);
  });
  it.each([
    ['of another provider', [{ issuer: 'https://other.example' }]],
    ['who is switched off', [{ active: false }]],
    ['whom nobody knows', []],
    ['whose record has the id and another name', [{ id: personId(ISSUER, 'ella'), subject: 'eve' }]],
  ])('is nobody here: somebody %s', async (_who, people) => {
    await expect(cameBack(signInOf(people))).rejects.toMatchObject({ code: 'SB-3011' });
  });
  it('must have left from this browser, and not long ago', async () => {
    const tried = signInOf([{}]);
    await expect(tried.signIn.finish('?code=c', undefined, NOW)).rejects.toMatchObject({ code: 'SB-3010' });
    await expect(tried.signIn.finish('?code=c', 'attempt=e30.forged', NOW)).rejects.toMatchObject({ code: 'SB-3010' });
    await expect(cameBack(tried, NOW + 600_000)).rejects.toMatchObject({ code: 'SB-3010' });
    expect(tried.asked).toEqual([]);
  });
});

describe('somebody who belongs to several organisations', () => {
  const people = [{ roles: ['operator'] as Role[] }, { ods: 'X9G1P' }, { ods: 'X9L3B', active: false }];

  it('is told so, and may change to those where they are active, for no longer and no better proved', async () => {
    const { signIn } = signInOf(people, { assured: true });
    const { session, several } = await cameBack(signInOf(people, { assured: true }));
    expect([session.ods, several]).toEqual(['X9G1P', true]);
    expect(signIn.organisationsOf(session).map(({ ods, roles }) => [ods, roles])).toEqual([
      ['X9G1P', ['viewer']],
      ['X9H2T', ['operator']],
    ]);
    expect(signIn.switched(session, 'X9H2T')).toEqual({ ...session, ods: 'X9H2T' });
    for (const other of ['X9L3B', 'X9S0B', '']) expect(() => signIn.switched(session, other)).toThrow('SB-4040');
  });
  it('is never an application', () => {
    const { signIn } = signInOf(people);
    const session = { id: 'one', ods: 'X9G1P', application: 'system', expires: 0, idle: 0 };
    expect(signIn.organisationsOf(session)).toEqual([]);
    expect(() => signIn.switched(session, 'X9H2T')).toThrow('SB-4040');
    expect(signIn.isOfProvider(session)).toBe(false);
  });
});
