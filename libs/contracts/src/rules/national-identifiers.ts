import { sameSystem } from '../code-system.js';
import { isNhsNumber, NHS_NUMBER_SYSTEMS } from '../nhs-number.js';
import { isOdsCode, ODS_CODE_SYSTEM } from '../ods-code.js';
import { asText, pointerOf, type JsonObject } from './json-tree.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

/** Whether an identifier is written in one of the national systems of NHS numbers. */
export function isNhsNumberIdentifier({ system }: JsonObject): boolean {
  return NHS_NUMBER_SYSTEMS.some((known) => sameSystem(known, asText(system)));
}

/** Every identifier in a national NHS number system holds ten digits that pass Modulus 11. */
export const nhsNumber: ContentRule = (bundle) =>
  bundle.identifiers
    .filter(({ object }) => isNhsNumberIdentifier(object) && !isNhsNumber(object.value))
    .map(({ trail }) => breach(pointerOf(trail, 'value'), 'nhs-number', 'ten digits, no spaces, that pass Modulus 11'));

/** Every identifier in the system of ODS codes has the form of one. */
export const odsCode: ContentRule = (bundle) =>
  bundle.identifiers
    .filter(({ object }) => sameSystem(asText(object.system), ODS_CODE_SYSTEM) && !isOdsCode(object.value))
    .map(({ trail }) =>
      breach(pointerOf(trail, 'value'), 'ods-code', 'an ODS code: 1 to 12 upper-case letters and digits'),
    );
