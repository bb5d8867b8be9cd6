import { isAbsoluteUri, isTimestamp } from './codec/formats.js';
import { isUtf8Charset, parseMediaType } from './codec/media-type.js';
import type { AttributeValue, CloudEvent } from './event.js';
import type { EventType } from './catalogue-type.js';
import { URGENCIES } from './precedence.js';
import type { Finding } from './findings.js';
import { attributePath } from './codec/attributes.js';
import { holdsNhsNumber } from './nhs-number.js';
import { isOdsCode } from './ods-code.js';
import { breach, type RuleName } from './rules/table.js';

type Attributes = CloudEvent['attributes'];

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const ODS_SOURCE = /^urn:ods:[A-Z0-9]{1,12}:[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const ZONELESS = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/;

/** Attributes whose digits mean something else, as long as they have their form. */
const OTHER_DIGITS: Readonly<Record<string, (value: string) => boolean>> = {
  time: isTimestamp,
  recordedtime: isTimestamp,
  traceparent: (value) => TRACEPARENT.test(value),
};

/** What an attribute must look like when it is there. */
const FORMS: Readonly<Record<string, { rule: RuleName; test: (value: string) => boolean; expected: string }>> = {
  correlationid: { rule: 'correlationid', test: (value) => UUID.test(value), expected: 'a UUID' },
  sourceorg: { rule: 'ods-code', test: isOdsCode, expected: 'an ODS code: 1 to 12 upper-case letters and digits' },
  targetorg: { rule: 'ods-code', test: isOdsCode, expected: 'an ODS code: 1 to 12 upper-case letters and digits' },
  urgency: {
    rule: 'urgency',
    test: (value) => URGENCIES.some((known) => known === value),
    expected: `one of ${URGENCIES.join(', ')}`,
  },
  dataref: {
    rule: 'dataref',
    test: isFetchable,
    expected: 'an absolute http or https URL without user name or password',
  },
};

/** Everything that the rules of this exchange find in the attributes, whatever the type is. */
export function attributeFindings({ attributes, data }: CloudEvent): Finding[] {
  return [
    ...sourceFindings(attributes.source),
    ...timeFindings(attributes.time),
    ...Object.entries(FORMS).flatMap(([name, form]) => formFindings(attributes[name], name, form)),
    ...eventReference(attributes, 'causationid'),
    ...eventReference(attributes, 'supersedes'),
    ...(data.kind === 'absent' && attributes.dataref === undefined
      ? [breach('/data', 'data-required', 'content in data, or a URL in dataref')]
      : []),
  ];
}

/** What the type asks of the attributes beyond that. */
export function typeAttributeFindings({ attributes, data }: CloudEvent, type: EventType): Finding[] {
  const needs = type.requires.filter((name) => attributes[name] === undefined || attributes[name] === '');
  const findings = needs.map((name) =>
    breach(`/${name}`, REQUIRED_BY_TYPE[name] ?? 'attribute-required', `the attribute ${name}`),
  );
  const sent = parseMediaType(String(attributes.datacontenttype ?? ''));
  // Without content there is nothing to describe.
  if (data.kind === 'absent' && attributes.datacontenttype === undefined) return findings;
  if (sent?.essence === type.dataContentType && isUtf8Charset(sent)) return findings;
  return [...findings, breach('/datacontenttype', 'data-content-type', `${type.dataContentType}, in UTF-8`)];
}

const REQUIRED_BY_TYPE: Readonly<Record<string, RuleName>> = {
  supersedes: 'supersedes-required',
  causationid: 'causation-required',
};

/** NHS numbers in attributes, names of attributes included. */
export function patientFindings({ attributes }: CloudEvent): Finding[] {
  return Object.entries(attributes)
    .filter(
      ([name, value]) =>
        holdsNhsNumber(name) || (!OTHER_DIGITS[name]?.(String(value)) && holdsNhsNumber(String(value))),
    )
    .map(([name]) => breach(attributePath(name), 'no-patient-identifier', 'no NHS number in an attribute'));
}

function sourceFindings(source: AttributeValue | undefined): Finding[] {
  const text = String(source ?? '');
  const isOurs = /^urn:ods:/i.test(text);
  if (isOurs ? ODS_SOURCE.test(text) : isAbsoluteUri(text)) return [];
  const expected = isOurs ? 'urn:ods:<ODS code>:<application>' : 'urn:ods:<ODS code>:<application>, or an absolute URI';
  return [breach('/source', 'source', expected)];
}

function timeFindings(time: AttributeValue | undefined): Finding[] {
  if (time === undefined)
    return [breach('/time', 'required', 'the attribute time', 'Set time to when the thing happened.')];
  if (isTimestamp(String(time))) return [];
  if (ZONELESS.test(String(time))) return [breach('/time', 'instant-has-zone', 'a time with its zone')];
  return [breach('/time', 'time', 'a date and time that exists, with seconds and zone')];
}

function formFindings(value: AttributeValue | undefined, name: string, form: (typeof FORMS)[string]): Finding[] {
  if (value === undefined || (typeof value === 'string' && form.test(value))) return [];
  return [breach(`/${name}`, form.rule, form.expected)];
}

/** `causationid` and `supersedes` hold the id of another event. */
function eventReference(attributes: Attributes, name: 'causationid' | 'supersedes'): Finding[] {
  const value = attributes[name];
  if (value === undefined) return [];
  if (typeof value !== 'string' || value === '') return [breach(`/${name}`, name, 'the id of an event, as a string')];
  return value === attributes.id ? [breach(`/${name}`, name, 'the id of another event than this one')] : [];
}

function isFetchable(value: string): boolean {
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
