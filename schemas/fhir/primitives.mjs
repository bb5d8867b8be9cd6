/**
 * The primitive types of FHIR R4 (hl7.org/fhir/R4/datatypes.html#primitive) as JSON Schema.
 *
 * They differ from the official JSON Schema where that one is wrong or dangerous: numbers carry bounds (a `pattern` on a
 * number is never checked), days exist in their month, and base64 is matched without nested repetition (the official
 * pattern takes exponential time on a hostile string).
 */
const YEAR = '([1-9][0-9]{3}|0[0-9]{2}[1-9]|0[0-9][1-9]0|0[1-9]00)';
const MONTH = '(0[1-9]|1[0-2])';
const MONTH_AND_DAY =
  '((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))';
const TIME = '([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\\.[0-9]+)?';
const ZONE = '(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))';

const text = (pattern) => ({ type: 'string', pattern });
const MAX_INTEGER = 2147483647;

export const PRIMITIVES = {
  base64Binary: text('^[0-9A-Za-z+/=\\s]+$'),
  boolean: { type: 'boolean' },
  canonical: text('^\\S+$'),
  code: text('^\\S+( \\S+)*$'),
  date: text(`^${YEAR}(-${MONTH}|-${MONTH_AND_DAY})?$`),
  dateTime: text(`^${YEAR}(-${MONTH}|-${MONTH_AND_DAY}(T${TIME}${ZONE})?)?$`),
  decimal: { type: 'number' },
  id: text('^[A-Za-z0-9.-]{1,64}$'),
  instant: text(`^${YEAR}-${MONTH_AND_DAY}T${TIME}${ZONE}$`),
  integer: { type: 'integer', minimum: -MAX_INTEGER - 1, maximum: MAX_INTEGER },
  markdown: text('\\S'),
  oid: text('^urn:oid:[0-2](\\.(0|[1-9][0-9]*))+$'),
  positiveInt: { type: 'integer', minimum: 1, maximum: MAX_INTEGER },
  string: text('\\S'),
  time: text(`^${TIME}$`),
  unsignedInt: { type: 'integer', minimum: 0, maximum: MAX_INTEGER },
  uri: text('^\\S+$'),
  url: text('^\\S+$'),
  uuid: text('^urn:uuid:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'),
  xhtml: text('^\\s*<div[\\s>]'),
};
