import { describe, expect, it } from '@jest/globals';
import { type Action, ACTIONS, type Grant, OPERATOR, type Person, type Role, ROLES } from './model.js';
import { agreesForAll, grantOfPerson, isPersonId, personId, personIsActive, rolesOf } from './people.js';

const HOSPITAL = 'X9H2T';
const ANY: Grant = { id: 'g', ods: HOSPITAL, application: '*', action: 'trace', types: '*', purpose: 'test' };

function person(ods: string, roles: readonly Role[], more: Partial<Person> = {}): Person {
  const [issuer, subject] = ['https://identity.example', 'somebody'];
  return { ods, id: personId(issuer, subject), issuer, subject, name: 'Somebody', roles, active: true, ...more };
}

/** Grants of everything to every application of the organisation. */
const everything = (ods: string): Grant[] => ACTIONS.map((action) => ({ ...ANY, ods, id: action, action }));

describe('what a person may do', () => {
  const may = (who: Person, action: Action) => grantOfPerson(who, everything(who.ods), action, '*') !== undefined;

  it.each(ROLES.flatMap((role) => [HOSPITAL, OPERATOR.ods].map((ods) => ({ role, ods }))))(
    'as $role of $ods is never to publish, and to administer only as administrator of the operator',
    ({ role, ods }) => {
      const who = person(ods, [role]);
      expect(may(who, 'publish')).toBe(false);
      expect(may(who, 'administer')).toBe(ods === OPERATOR.ods && role === 'administrator');
    },
  );
  it('as the one on call for the exchange is to be the second person for any organisation, and as nobody else', () => {
    const agreeing = ROLES.flatMap((role) =>
      [HOSPITAL, OPERATOR.ods].filter((ods) => agreesForAll(person(ods, [role]))).map((ods) => [ods, role]),
    );
    expect(agreeing).toEqual([[OPERATOR.ods, 'operator']]);
  });
  it('of the operator is to see every journey, whatever the role, and of nobody else without a grant', () => {
    for (const role of ROLES) {
      expect(grantOfPerson(person(OPERATOR.ods, [role]), [], 'trace', '*')).toBeDefined();
      expect(grantOfPerson(person(HOSPITAL, [role]), [], 'trace', '*')).toBeUndefined();
    }
  });
  it('is what their organisation gave to all of its applications, and not what it gave to one', () => {
    expect(grantOfPerson(person(HOSPITAL, ['viewer']), [ANY], 'trace', '*')).toBeDefined();
    const one = { ...ANY, application: 'bookings' };
    expect(grantOfPerson(person(HOSPITAL, ['viewer']), [one], 'trace', '*')).toBeUndefined();
  });
  it('ends with the grant or with their time, whichever is first', () => {
    const [early, late] = ['2027-01-01T00:00:00Z', '2027-06-01T00:00:00Z'];
    const ends = (grant: string, until: string) =>
      grantOfPerson(person(HOSPITAL, ['viewer'], { expires: until }), [{ ...ANY, expires: grant }], 'trace', '*')
        ?.expires;
    expect([ends(early, late), ends(late, early)]).toEqual([early, early]);
  });
  it('is nothing without a role', () => {
    const nobody = person(OPERATOR.ods, []);
    expect([...rolesOf(nobody)]).toEqual([]);
    for (const action of ACTIONS) expect(may(nobody, action)).toBe(false);
  });
  it('includes to look for whoever may do anything', () => {
    expect(rolesOf(person(HOSPITAL, ['operator']))).toEqual(new Set(['viewer', 'operator']));
  });
});

describe('a person', () => {
  it('has one id in every organisation, and another for another provider', () => {
    const id = personId('https://identity.example', 'somebody');
    expect([id, isPersonId(id), isPersonId('bookings')]).toEqual([
      expect.stringMatching(/^person-[0-9a-f]{16}$/),
      true,
      false,
    ]);
    expect(personId('https://other.example', 'somebody')).not.toBe(id);
    expect(personId('https://identity.example/s', 'omebody')).not.toBe(id);
  });
  it('is nobody once switched off or out of time', () => {
    const now = Date.parse('2026-11-22T00:00:00Z');
    expect(personIsActive(person(HOSPITAL, []), now)).toBe(true);
    expect(personIsActive(person(HOSPITAL, [], { active: false }), now)).toBe(false);
    expect(personIsActive(person(HOSPITAL, [], { expires: '2026-11-22T00:00:00Z' }), now)).toBe(false);
  });
});
