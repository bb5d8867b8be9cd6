import { createHash } from 'node:crypto';
import { typeMatches } from '@signalbox/contracts';
import { OPERATOR, type Action, type Grant, type Person, type Role } from './model.js';

/** The id of a person, the same in every organisation that they belong to; it stands where an application's id stands. */
export function personId(issuer: string, subject: string): string {
  const digest = createHash('sha256').update(JSON.stringify([issuer, subject]));
  return `person-${digest.digest('hex').slice(0, 16)}`;
}

/** Whether an actor is a person and not an application; no application can have an id of this form. */
export function isPersonId(application: string): boolean {
  return application.startsWith('person-');
}

/** What somebody is allowed to be: whoever may do anything may look. */
export function rolesOf({ roles }: Pick<Person, 'roles'>): ReadonlySet<Role> {
  return new Set<Role>(roles.length > 0 ? ['viewer', ...roles] : []);
}

/** @param at milliseconds since 1970 */
export function personIsActive({ active, expires }: Person, at: number): boolean {
  return active && (expires === undefined || Date.parse(expires) > at);
}

/**
 * What lets a person do something. An organisation's grants count where they are for all of its applications, save that
 * nobody publishes as a person, and that administering is a matter of roles alone: of administrators of the operator.
 * People of the operator see every journey, whatever their role.
 *
 * @param held the grants of the person's organisation, those that hold
 */
export function grantOfPerson(person: Person, held: Iterable<Grant>, action: Action, type: string): Grant | undefined {
  if (person.roles.length === 0 || action === 'publish') return undefined;
  if (action === 'administer') return runsExchange(person) ? byRole(person, action) : undefined;
  if (action === 'trace' && person.ods === OPERATOR.ods) return byRole(person, action);
  for (const grant of held) {
    if (grant.application !== '*' || grant.action !== action || !typeMatches(grant.types, type)) continue;
    const ends = [grant.expires, person.expires].filter((one) => one !== undefined).sort(earlier)[0];
    return { ...grant, ...(ends !== undefined && { expires: ends }) };
  }
  return undefined;
}

/**
 * Whether a person may be the second one for any organisation: agree to an act on many that others asked for, or stop it.
 * Whoever is on call for the exchange may; to begin such an act takes an administrator of it too.
 */
export function agreesForAll({ ods, roles }: Person): boolean {
  return ods === OPERATOR.ods && roles.includes('operator');
}

function runsExchange({ ods, roles }: Person): boolean {
  return ods === OPERATOR.ods && roles.includes('administrator');
}

function byRole({ ods, id, expires }: Person, action: Action): Grant {
  const grant = { id: `role-${id}`, ods, application: id, action, types: '*', purpose: 'running the exchange' };
  return { ...grant, ...(expires !== undefined && { expires }) };
}

const earlier = (one: string, other: string): number => Date.parse(one) - Date.parse(other);
