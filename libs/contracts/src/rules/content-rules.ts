import { bundleFirstEntry, bundleFullUrl, bundleIdentity } from './bundle-rules.js';
import { fhirInvariant } from './fhir-invariants.js';
import { messageDefinition, statusMatchesType } from './message-definition.js';
import { nhsNumber, odsCode } from './national-identifiers.js';
import { noPatientData } from './no-patient-data.js';
import { oneDiagnosticReport, onePatient } from './one-of-each.js';
import { referencesResolve } from './references-resolve.js';
import type { ContentRule } from './rule.js';

/**
 * The named rules that a type can list. `instant-has-zone` is said by the schema of every FHIR instant and dateTime
 * already and only gets its name in the finding, so it has nothing to do here; a type lists it to say so.
 */
export const CONTENT_RULES: Readonly<Record<string, ContentRule>> = {
  'bundle-first-entry': bundleFirstEntry,
  'bundle-full-url': bundleFullUrl,
  'bundle-identity': bundleIdentity,
  'references-resolve': referencesResolve,
  'fhir-invariant': fhirInvariant,
  'nhs-number': nhsNumber,
  'ods-code': odsCode,
  'one-patient': onePatient,
  'no-patient-data': noPatientData,
  'one-diagnostic-report': oneDiagnosticReport,
  'message-definition': messageDefinition,
  'status-matches-type': statusMatchesType,
  'instant-has-zone': () => [],
};
