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

/**
 * Two patients in one event, or a resource about another patient, means that records were mixed up. A subject may also be a
 * group, a device or a place.
 */
export const onePatient: ContentRule = (bundle) => {
  const [patient, ...more] = bundle.all('Patient');
  const findings = more.map((entry) =>
    breach(pointerOf(entry.trail), 'one-patient', 'no second Patient in this Bundle'),
  );
  // With one Patient only, no reference inside the Bundle can lead to another.
  if (!patient || more.length === 0) return findings;
  for (const entry of bundle.entries) {
    for (const member of SUBJECTS) {
      const reference = asText(dig(entry.resource, member, 'reference'));
      const target = reference === undefined ? undefined : bundle.resolve(reference);
      if (!target || target === patient || target.resourceType !== 'Patient') continue;
      findings.push(
        breach(
          pointerOf(entry.trail, member, 'reference'),
          'one-patient',
          'the same Patient as in the rest of the Bundle',
        ),
      );
    }
  }
  return findings;
};
