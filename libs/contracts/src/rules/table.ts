import { finding, type Finding } from '../findings.js';
import { ENVELOPE_RULES } from './envelope.js';

interface Rule {
  /** What the rule says and why it is there. */
  readonly explanation: string;
  /** What the sender should do when it is broken. */
  readonly fix: string;
}

const rule = (explanation: string, fix: string): Rule => ({ explanation, fix });

/**
 * Every rule that a finding can name: first those of the envelope and its attributes, then the named rules of the content,
 * then the keywords of JSON Schema. The gateway serves this table as `/docs/rules`, with the name as anchor.
 */
export const RULES = {
  ...ENVELOPE_RULES,
  'known-type': rule(
    'The type must be one of the catalogue.',
    'Use a type of GET /catalogue; check spelling and version.',
  ),
  'retired-type': rule(
    'A retired type takes no new events.',
    'Move to the version that replaces it: GET /catalogue/{type}.',
  ),
  source: rule(
    'source says which application of which organisation speaks: urn:ods:<ODS code>:<application>, or an absolute URI.',
    'Send for example urn:ods:X9G1P:referrals.',
  ),
  time: rule(
    'time says when the thing happened. It is an RFC 3339 date and time with seconds.',
    'Send for example 2026-03-02T09:30:00Z.',
  ),
  'instant-has-zone': rule(
    'A time without a zone means two different moments in two systems, and an hour is ambiguous every October.',
    'Append Z for UTC, or an offset such as +01:00.',
  ),
  'data-content-type': rule(
    'datacontenttype is the one that the type states.',
    'Set datacontenttype to the one in GET /catalogue/{type}.',
  ),
  'data-required': rule(
    'An event carries its content in data, or says in dataref where to fetch it.',
    'Send the content as a JSON object in data, or set dataref.',
  ),
  correlationid: rule(
    'correlationid names the journey. It is a UUID, kept over all events of one case.',
    'Send the UUID of the journey, or leave it out to start a new one.',
  ),
  causationid: rule(
    'causationid is the id of the event that this one answers.',
    'Send the id of that event as a non-empty string that is not the id of this event.',
  ),
  'causation-required': rule(
    'An event of this type answers another one.',
    'Set causationid to the id of the event that this one answers.',
  ),
  supersedes: rule(
    'supersedes is the id of the event that this one replaces.',
    'Send the id of that event as a non-empty string that is not the id of this event.',
  ),
  'supersedes-required': rule(
    'A correction or withdrawal goes to everyone who received what it replaces, so it must name that event.',
    'Set supersedes to the id of the event that this one corrects or withdraws.',
  ),
  'attribute-required': rule('The type asks for this attribute.', 'Set the attribute.'),
  urgency: rule(
    'urgency is one of a short list, so that receivers can act on it.',
    'Send routine, urgent, two-week-wait or critical.',
  ),
  dataref: rule(
    'dataref is an absolute http or https URL without credentials.',
    'Send a URL that the receivers can fetch with their own credentials.',
  ),
  'no-patient-identifier': rule(
    'Attributes are seen by operators and stand in logs of other systems. No NHS number may stand in one, alone, spaced or inside a longer number.',
    'Move the NHS number into data. If the attribute holds no NHS number but a long serial number, use a UUID instead.',
  ),

  'no-patient-data': rule(
    'What the exchange tells about itself is read by operators, who may not see who a patient is. No text of it may hold an NHS number.',
    'Name organisations, types, subscriptions and clocks; leave the patient out.',
  ),
  json: rule('Content is well-formed JSON.', 'Send data as RFC 8259 JSON in UTF-8.'),
  'bundle-first-entry': rule(
    'A message starts with its MessageHeader, a document with its Composition (FHIR bdl-11, bdl-12).',
    'Put that resource first, and only there.',
  ),
  'bundle-full-url': rule(
    'Every entry has a fullUrl, once in the Bundle (FHIR bdl-7), so that references can be followed.',
    'Give every entry its own urn:uuid: or absolute URL.',
  ),
  'bundle-identity': rule(
    'A document has an identifier with system and value, and a timestamp (FHIR bdl-9, bdl-10); a message has a timestamp.',
    'Add what is missing to the Bundle.',
  ),
  'references-resolve': rule(
    'A reference by urn:uuid, by a relative URL or by # points at a resource of this Bundle. Absolute URLs may point elsewhere.',
    'Add the resource, or mend the reference so that it equals the fullUrl of the entry.',
  ),
  'nhs-number': rule(
    'An NHS number has ten digits of which the last is the Modulus 11 check digit. Both national systems are known.',
    'Check the number at its source. Leave the identifier out if the number is not known.',
  ),
  'ods-code': rule(
    'An ODS code is 1 to 12 upper-case letters and digits.',
    'Send the code as the Organisation Data Service publishes it.',
  ),
  'one-patient': rule(
    'An event is about one patient. A resource about another one means that two records were mixed up.',
    'Send one event a patient, and let every subject refer to the same Patient.',
  ),
  'one-diagnostic-report': rule(
    'A result event holds exactly one DiagnosticReport, and a document exactly one Composition.',
    'Send one event a report.',
  ),
  'message-definition': rule(
    'Event code, reason, category, focus and the number of each resource follow the message definition that the type names (Booking and Referral Standard).',
    'Compare with the accepted examples of the type: GET /catalogue/{type}.',
  ),
  'status-matches-type': rule(
    'The status of the resource says the same as the type of the event. A status is never assumed.',
    'Send the status that belongs to this type, or use the type that belongs to the status.',
  ),
  'fhir-invariant': rule(
    'A constraint of FHIR R4 that its schema cannot express.',
    'See the constraint, named in what was expected, on the page of the resource in FHIR R4.',
  ),

  'resource-type': rule(
    'resourceType names one of the resources that events may hold.',
    'Use one of the resources in /schemas/fhir/r4.schema.json.',
  ),
  'one-value-per-choice': rule(
    'Of the alternatives of one FHIR choice (value[x], effective[x], …) only one may be present; an extension has a value or extensions.',
    'Keep the one that is meant.',
  ),
  'choice-required': rule('One of the alternatives of a FHIR choice is required.', 'Add one of them.'),
  required: rule('The member must be present.', 'Add the member.'),
  additionalProperties: rule(
    'FHIR has no such member here. A misspelt member would be lost in silence.',
    'Mend the spelling, or use an extension.',
  ),
  dependentRequired: rule('A member that is present asks for another one.', 'Add the other member.'),
  type: rule('The value has the wrong JSON type.', 'Send the type that is expected.'),
  enum: rule(
    'The value is not in the list of codes that are allowed here.',
    'Send one of the codes that are expected, in exactly this spelling.',
  ),
  const: rule('One value only is allowed here.', 'Send that value.'),
  pattern: rule('The text does not have the form of its FHIR type.', 'Send the form that is expected.'),
  format: rule('The text does not have the form that is stated.', 'Send the form that is expected.'),
  minItems: rule(
    'FHIR has no empty arrays; some arrays need more than one item.',
    'Leave the member out, or add an item.',
  ),
  maxItems: rule('The array has too many items.', 'Send fewer items.'),
  uniqueItems: rule('The array holds the same item twice.', 'Send each item once.'),
  contains: rule('The array lacks an item that is needed.', 'Add the item that is expected.'),
  minProperties: rule('A FHIR element has a value or members, never nothing.', 'Leave the element out, or fill it.'),
  maxProperties: rule('The object has too many members.', 'Remove members.'),
  minLength: rule('The text is too short.', 'Send a longer text.'),
  maxLength: rule('The text is too long.', 'Send a shorter text.'),
  minimum: rule('The number is too small.', 'Send a number within the bounds.'),
  maximum: rule('The number is too large.', 'Send a number within the bounds.'),
  exclusiveMinimum: rule('The number is too small.', 'Send a number within the bounds.'),
  exclusiveMaximum: rule('The number is too large.', 'Send a number within the bounds.'),
  multipleOf: rule('The number is not a multiple of the step.', 'Send a multiple of the step.'),
  schema: rule(
    'The content does not meet the schema of its type in another way.',
    'Compare with the schema and the accepted examples of the type.',
  ),
  'more-findings': rule('Only the first findings are listed.', 'Mend these first, then send the event again.'),
} as const satisfies Record<string, Rule>;

/** A name of {@link RULES}. */
export type RuleName = keyof typeof RULES;

/** A finding of a rule of the table; the fix is the rule's own unless this place deserves a better one. */
export function breach(path: string, name: RuleName, expected: string, fix: string = RULES[name].fix): Finding {
  return finding(path, name, expected, fix);
}
