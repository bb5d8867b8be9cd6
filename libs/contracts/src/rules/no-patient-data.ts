import type { Finding } from '../findings.js';
import { holdsNhsNumber } from '../nhs-number.js';
import { pointerOf, type Trail } from './json-tree.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

/** No text anywhere in the content holds an NHS number: for content that people read who may not know the patient. */
export const noPatientData: ContentRule = (bundle) => numbersIn(bundle.root, undefined);

function numbersIn(value: unknown, trail: Trail | undefined): Finding[] {
  if (typeof value === 'string') {
    return holdsNhsNumber(value) ? [breach(pointerOf(trail), 'no-patient-data', 'a text without an NHS number')] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => numbersIn(member, { parent: trail, key }));
}
