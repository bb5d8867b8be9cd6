import { Refusal } from '@signalbox/contracts';
import { type Person, personIsActive, type Registry, type Role } from '@signalbox/registry';
import { type Known, requireRole } from '../console/viewers.js';

/** Somebody who signs in for an organisation. Times are RFC 3339. */
export interface PersonLine {
  /** `person-` and 16 hex digits: what records of what somebody did name them by. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Address of the provider that says who they are. */
  readonly issuer: string;
  /** Whether they may sign in now; else whether somebody switched them off, or their time is over. */
  readonly state: 'active' | 'switched-off' | 'over';
  readonly expires?: string;
  /** Who last decided about them, and when. */
  readonly by?: string;
  readonly updated?: string;
}

/**
 * Who signs in for an organisation, by name: for its administrators, and for who acts for all.
 *
 * @throws Refusal SB-4040 for another organisation's, and for one that nobody knows; SB-3005 without the role administrator
 */
export function peopleOf(
  known: Pick<Known, 'ods' | 'roles' | 'actsForAll'>,
  ods: string,
  registry: Pick<Registry, 'organisation' | 'people'>,
  now: Date,
): PersonLine[] {
  if (ods !== known.ods && !known.actsForAll) throw new Refusal('SB-4040');
  requireRole(known, 'administrator');
  if (registry.organisation(ods) === undefined) throw new Refusal('SB-4040');
  return registry
    .people({ ods })
    .map((person) => lineOf(person, now))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en-GB') || (one.id < other.id ? -1 : 1));
}

function lineOf(person: Person, now: Date): PersonLine {
  const { id, name, roles, issuer, active, expires, by, updated } = person;
  const may = personIsActive(person, now.getTime());
  return {
    ...{ id, name, roles, issuer, state: may ? 'active' : active ? 'over' : 'switched-off' },
    ...(expires !== undefined && { expires }),
    ...(by !== undefined && { by }),
    ...(updated !== undefined && { updated }),
  };
}
