import type { SchemaError } from '../catalogue-compile.js';
import { pointer, type Finding } from '../findings.js';
import { isShowableName } from '../json/locate.js';
import { breach, RULES, type RuleName } from './table.js';

/** A time of day without a zone behind it: the most frequent of all date faults, so it gets a name of its own. */
const ZONELESS = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

/** What the forms of FHIR's primitive types look like, by the name of the type. */
const FORMS: Readonly<Record<string, string>> = {
  base64Binary: 'base64',
  canonical: 'a URL without spaces',
  code: 'a code without spaces at its ends',
  date: 'a date that exists: YYYY, YYYY-MM or YYYY-MM-DD',
  dateTime: 'a date that exists, or a date and time with seconds and zone: YYYY-MM-DDThh:mm:ss+zz:zz',
  id: '1 to 64 letters, digits, hyphens and dots',
  instant: 'a date and time with seconds and zone: YYYY-MM-DDThh:mm:ss+zz:zz',
  markdown: 'text that is not blank',
  oid: 'urn:oid: and numbers with dots',
  string: 'text that is not blank',
  time: 'a time of day with seconds: hh:mm:ss',
  uri: 'a URI without spaces',
  url: 'a URL without spaces',
  uuid: 'urn:uuid: and a UUID',
  xhtml: 'a div element of XHTML',
};

/**
 * Of how many errors findings are made. Content can be written to fail in a hundred thousand places; nobody reads more
 * than a hundred findings, and turning them all into findings would stop the process for seconds.
 */
const MAX_ERRORS = 300;

/** Keywords that only gather what their branches found. */
const GATHERING = new Set(['if', 'allOf', 'dependentSchemas']);

/**
 * Turns the errors of Ajv into findings: one for each fault, at the place where it is mended. Errors that only repeat what
 * their branches said are left out, and no value that was sent is repeated.
 */
export function schemaFindings(all: readonly SchemaError[], data: unknown): Finding[] {
  const errors = all.slice(0, MAX_ERRORS);
  const unions = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const branchesOf = (union: SchemaError): SchemaError[] =>
    errors.filter((error) => error !== union && error.schemaPath.startsWith(`${union.schemaPath}/`));
  const repeated = new Set(unions.flatMap(branchesOf));
  const findings = errors
    .filter((error) => !repeated.has(error))
    .flatMap((error) =>
      unions.includes(error) ? unionFinding(error, branchesOf(error)) : (toFinding(error, data) ?? []),
    );
  if (findings.length > 0 || errors.length === 0) return findings;
  return [breach(`/data${errors[0]!.instancePath}`, 'schema', 'content that meets the schema of its type')];
}

/** A choice of FHIR is a list of `required` with one name each, so the finding can name what would do. */
function unionFinding(union: SchemaError, branches: readonly SchemaError[]): Finding {
  const path = `/data${union.instancePath}`;
  const here = branches.filter(({ instancePath }) => instancePath === union.instancePath);
  if (here.length === 0 || here.some(({ keyword }) => keyword !== 'required')) {
    return breach(path, 'schema', 'content that meets one of the alternatives of its schema');
  }
  const names = new Set(here.map(({ params }) => String(params.missingProperty)));
  return breach(
    path,
    'choice-required',
    names.size > 12 ? 'one of the alternatives' : `one of ${[...names].join(', ')}`,
  );
}

function toFinding(error: SchemaError, data: unknown): Finding | undefined {
  const { keyword, params } = error;
  const path = `/data${error.instancePath}`;
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
      return breach(
        pointer(path, String(params.missingProperty)),
        keyword,
        `the member ${String(params.missingProperty)}`,
      );
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownMember(path, params.additionalProperty ?? params.unevaluatedProperty);
    case 'discriminator':
      return breach(
        pointer(path, String(params.tag)),
        'resource-type',
        `the name of a resource that events may hold, in ${String(params.tag)}`,
      );
    case 'false schema':
      return breach(path, 'one-value-per-choice', 'only one of the alternatives of this choice');
    case 'pattern':
    case 'format':
      return formFinding(error, path, data);
    default:
      return GATHERING.has(keyword) ? undefined : keywordFinding(error, path);
  }
}

/** The name of a member is sent by someone too, and is only shown when it looks like a name. */
function unknownMember(path: string, name: unknown): Finding {
  const shown = typeof name === 'string' && isShowableName(name);
  return breach(shown ? pointer(path, name) : path, 'additionalProperties', 'only members that the schema has here');
}

function formFinding({ instancePath, schemaPath, keyword, params }: SchemaError, path: string, data: unknown): Finding {
  const primitive = /\$defs\/(\w+)\/pattern$/.exec(schemaPath)?.[1] ?? '';
  const isTime = primitive === 'instant' || primitive === 'dateTime' || params.format === 'date-time';
  const value = valueAt(data, instancePath);
  if (isTime && typeof value === 'string' && ZONELESS.test(value)) {
    return breach(path, 'instant-has-zone', 'a time with its zone');
  }
  const stated =
    keyword === 'format' ? `the format ${String(params.format)}` : `text that matches ${String(params.pattern)}`;
  return breach(path, keyword as RuleName, FORMS[primitive] ?? stated);
}

function keywordFinding({ keyword, params }: SchemaError, path: string): Finding {
  const name = keyword in RULES ? (keyword as RuleName) : 'schema';
  return breach(path, name, expectedOf(keyword, params));
}

function expectedOf(keyword: string, params: SchemaError['params']): string {
  const { limit } = params;
  switch (keyword) {
    case 'type':
      return `the JSON type ${String(params.type)}`;
    case 'enum':
      return `one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'const':
      return String(params.allowedValue);
    case 'minItems':
      return `at least ${String(limit)} items`;
    case 'maxItems':
      return `at most ${String(limit)} items`;
    case 'minProperties':
      return 'a value or further members';
    case 'minLength':
    case 'maxLength':
      return `${keyword === 'minLength' ? 'at least' : 'at most'} ${String(limit)} characters`;
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum':
      return `a number ${String(params.comparison)} ${String(limit)}`;
    default:
      return `what the keyword ${keyword} of the schema asks for`;
  }
}

function valueAt(data: unknown, instancePath: string): unknown {
  return instancePath
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (at, key) => (at as Record<string, unknown>)[key.replaceAll('~1', '/').replaceAll('~0', '~')],
      data,
    );
}
