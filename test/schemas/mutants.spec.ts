import { describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder } from '@signalbox/contracts';

/** Resources are changed at will, which is what mutants are. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;

const catalogue = await Catalogue.load(defaultSchemasFolder());
const type = catalogue.find('org.signalbox.result.reported.v1')!;

function contentOf(example: string): Loose {
  return structuredClone(type.examples.accepts.find(({ name }) => name === example)!.event.data);
}

const resource = (bundle: Loose, kind: string): Loose =>
  bundle.entry.find((entry: Loose) => entry.resource.resourceType === kind).resource;

/** What is done to a valid result, and the rule that must notice. */
const MUTANTS: readonly (readonly [string, string, (bundle: Loose) => void])[] = [
  ['an Observation without status', 'required', (b) => delete resource(b, 'Observation').status],
  ['an Observation without code', 'required', (b) => delete resource(b, 'Observation').code],
  ['an order without intent', 'required', (b) => delete resource(b, 'ServiceRequest').intent],
  ['an order without subject', 'required', (b) => delete resource(b, 'ServiceRequest').subject],
  ['a report without status', 'required', (b) => delete resource(b, 'DiagnosticReport').status],
  ['a Bundle without type', 'required', (b) => delete b.type],
  ['an extension without url', 'required', (b) => (resource(b, 'Patient').extension = [{ valueString: 'x' }])],
  ['a code that is not in the list', 'enum', (b) => (resource(b, 'Observation').status = 'done')],
  ['a gender of HL7 v2', 'enum', (b) => (resource(b, 'Patient').gender = 'M')],
  ['a date in British order', 'pattern', (b) => (resource(b, 'Patient').birthDate = '17/04/1962')],
  ['a date with month thirteen', 'pattern', (b) => (resource(b, 'Patient').birthDate = '1962-13-01')],
  ['the thirty-first of April', 'pattern', (b) => (resource(b, 'Patient').birthDate = '1962-04-31')],
  ['an instant without a zone', 'instant-has-zone', (b) => (resource(b, 'DiagnosticReport').issued = '2026-03-05T16:40:00')],
  ['an instant that is a date', 'pattern', (b) => (resource(b, 'DiagnosticReport').issued = '2026-03-05')],
  ['a boolean written as a string', 'type', (b) => (resource(b, 'Patient').active = 'true')],
  ['a number written as a string', 'type', (b) => (resource(b, 'Observation').valueQuantity.value = '58')],
  ['an object where an array belongs', 'type', (b) => (resource(b, 'Patient').name = resource(b, 'Patient').name[0])],
  ['a null', 'type', (b) => (resource(b, 'Patient').gender = null)],
  ['two values', 'one-value-per-choice', (b) => (resource(b, 'Observation').valueString = 'high')],
  ['two times of effect', 'one-value-per-choice', (b) => (resource(b, 'Observation').effectivePeriod = { start: '2026-03-05' })],
  ['an extension with a value and extensions', 'one-value-per-choice', (b) =>
    (resource(b, 'Patient').extension = [{ url: 'https://example.org/a', valueString: 'x', extension: [{ url: 'https://example.org/b', valueCode: 'y' }] }])],
  ['an extension with nothing', 'minProperties', (b) => (resource(b, 'Patient').extension = [{ url: 'https://example.org/a' }])],
  ['an unknown member', 'additionalProperties', (b) => (resource(b, 'Observation').vlaueQuantity = {})],
  ['an empty array', 'minItems', (b) => (resource(b, 'Patient').name = [])],
  ['an empty object', 'minProperties', (b) => (resource(b, 'Patient').name = [{}])],
  ['a blank string', 'pattern', (b) => (resource(b, 'DiagnosticReport').conclusion = '  ')],
  ['an unknown resource', 'resource-type', (b) => (resource(b, 'Specimen').resourceType = 'Sample')],
  ['a resource without a type', 'resource-type', (b) => delete resource(b, 'Specimen').resourceType],
  ['a value and a reason for its absence', 'fhir-invariant', (b) => (resource(b, 'Observation').dataAbsentReason = { text: 'x' })],
  ['a coded unit without its system', 'fhir-invariant', (b) => delete resource(b, 'Observation').valueQuantity.system],
  ['a dangling reference', 'references-resolve', (b) => (resource(b, 'Observation').specimen.reference = 'urn:uuid:4f0d0f8e-0000-4000-8000-000000000000')],
  ['a dangling relative reference', 'references-resolve', (b) => (resource(b, 'Observation').specimen.reference = 'Specimen/1')],
  ['a dangling contained reference', 'references-resolve', (b) => (resource(b, 'Observation').specimen.reference = '#specimen')],
  ['a bad NHS number', 'nhs-number', (b) => (resource(b, 'Patient').identifier[0].value = '9990000019')],
  ['a bad NHS number in the system in other letters', 'nhs-number', (b) =>
    (resource(b, 'Patient').identifier[0] = { system: 'HTTPS://FHIR.NHS.UK/id/NHS-NUMBER', value: '999 000 0018' })],
  ['an ODS code in lower case', 'ods-code', (b) => (resource(b, 'Organization').identifier[0].value = 'x9g1p')],
  ['no first resource of its kind', 'bundle-first-entry', (b) => b.entry.shift()],
  ['two entries with one fullUrl', 'bundle-full-url', (b) => (b.entry[2].fullUrl = b.entry[1].fullUrl)],
  ['no report', 'one-diagnostic-report', (b) => (b.entry = b.entry.filter((entry: Loose) => entry.resource.resourceType !== 'DiagnosticReport'))],
]; // prettier-ignore

describe.each(['benchmark-result-7.5-kB', 'critical-potassium-message'])('a valid result (%s)', (example) => {
  it('has no finding', () => {
    expect(catalogue.validate(type, contentOf(example))).toEqual([]);
  });

  it.each(MUTANTS)('with %s breaks the rule %s', (_, rule, mutate) => {
    const content = contentOf(example);
    mutate(content);
    const findings = catalogue.validate(type, content);
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });
});

describe('content that is nothing like a Bundle', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 0],
    ['a string', 'text'],
    ['an array', []],
    ['an empty object', {}],
    ['entries that are no objects', { resourceType: 'Bundle', type: 'document', entry: [null, 1, 'a', [], {}] }],
    [
      'resources that are no objects',
      { resourceType: 'Bundle', type: 'message', entry: [{ resource: [] }, { resource: null }] },
    ],
    [
      'members of the wrong types',
      { resourceType: 'Bundle', type: [], identifier: 1, entry: { resource: {} }, timestamp: {} },
    ],
  ])('has findings and does not throw: %s', (_, content) => {
    for (const each of catalogue.types()) expect(catalogue.validate(each, content).length).toBeGreaterThan(0);
  });
});
