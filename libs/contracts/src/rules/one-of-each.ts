import type { Entry } from './bundle.js';
import { asText, dig, pointerOf } from './json-tree.js';
import type { ContentRule } from './rule.js';
import { breach } from './table.js';

/** A result event is one report; a document states it in one Composition (after the European laboratory profiles). */
export const oneDiagnosticReport: ContentRule = (bundle) => {
  const kinds = bundle.root.type === 'document' ? ['DiagnosticReport', 'Composition'] : ['DiagnosticReport'];
  return kinds.flatMap((kind) => {
    const [first, ...more] = bundle.all(kind);
    if (!first) return [breach('/data/entry', 'one-diagnostic-report', `exactly one ${kind}`)];
    return more.map((entry) =>
      breach(pointerOf(entry.trail), 'one-diagnostic-report', `no second ${kind} in this Bundle`),
    );
  });
};

/** Members that say whom a resource is about. */
const SUBJECTS = ['subject', 'patient', 'for', 'beneficiary'] as const;

/** Two patients in one event, or a resource about another patient, means that records were mixed up. */
export const onePatient: ContentRule = (bundle) => {
  const [patient, ...more] = bundle.all('Patient');
  if (!patient) return [];
  return [
    ...more.map((entry) => breach(pointerOf(entry.trail), 'one-patient', 'no second Patient in this Bundle')),
    ...bundle.entries.flatMap((entry) => strayMember(entry, (reference) => bundle.resolve(reference), patient)),
  ];
};

function strayMember(entry: Entry, resolve: (reference: string) => Entry | undefined, patient: Entry) {
  return SUBJECTS.flatMap((member) => {
    const reference = asText(dig(entry.resource, member, 'reference'));
    const target = reference === undefined ? undefined : resolve(reference);
    if (!target || target === patient) return [];
    // A subject may be a group, a device or a place; only another patient is a mix-up, and that one is reported above as well.
    if (target.resourceType !== 'Patient') return [];
    return [
      breach(
        pointerOf(entry.trail, member, 'reference'),
        'one-patient',
        'the same Patient as in the rest of the Bundle',
      ),
    ];
  });
}
