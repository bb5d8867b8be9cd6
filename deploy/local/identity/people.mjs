/**
 * Who works with the demonstration's console: for each organisation one person of each role, and one of the exchange with
 * both roles that it takes to act for other organisations. Nobody of them exists.
 */
import { OPERATOR } from '../secrets.mjs';

/**
 * @typedef {'viewer' | 'operator' | 'information-governance' | 'administrator'} Role
 * @typedef {{ subject: string, name: string, belongs: { ods: string, roles: Role[] }[] }} DemoPerson
 */

/** @type {Role[]} */
const ROLES = ['viewer', 'operator', 'information-governance', 'administrator'];

/** @type {Record<string, string>} what each of them is */
export const ORGANISATIONS = {
  X9G1P: 'the practice',
  X9H2T: 'the hospital trust',
  X9L3B: 'the laboratory',
  [OPERATOR.ods]: 'the operator of the exchange',
};

/** @type {Record<string, string[]>} by organisation, in the order of the roles */
const NAMES = {
  X9G1P: ['Ada Birch', 'Ben Cole', 'Cora Dale', 'Dev Elm'],
  X9H2T: ['Ella Frost', 'Finn Gray', 'Gita Hill', 'Hugh Ives'],
  X9L3B: ['Iris Jay', 'Jon Kerr', 'Kira Lowe', 'Liam Moss'],
  [OPERATOR.ods]: ['Mina Nash', 'Noor Oak', 'Omar Pike', 'Pia Quinn'],
};

/** @type {DemoPerson[]} */
export const PEOPLE = [
  ...Object.entries(NAMES).flatMap(([ods, names]) =>
    ROLES.map((role, at) => ({
      subject: `${ods}-${role}`,
      name: names[at] ?? role,
      belongs: [{ ods, roles: [role] }],
    })),
  ),
  {
    subject: `${OPERATOR.ods}-acts-for-all`,
    name: 'Quinn Reed',
    belongs: [{ ods: OPERATOR.ods, roles: ['operator', 'administrator'] }],
  },
  {
    subject: 'two-organisations',
    name: 'Rosa Stone',
    belongs: [
      { ods: 'X9G1P', roles: ['viewer'] },
      { ods: 'X9H2T', roles: ['operator'] },
    ],
  },
  { subject: 'no-organisation', name: 'Sam Thorn', belongs: [] },
];
