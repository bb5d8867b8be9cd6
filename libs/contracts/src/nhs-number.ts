/** Systems under which national services write an NHS number: FHIR R4, and the older one of STU3 services. Compare with `sameSystem`. */
export const NHS_NUMBER_SYSTEMS = ['https://fhir.nhs.uk/Id/nhs-number', 'http://fhir.nhs.net/Id/nhs-number'] as const;

const TEN_DIGITS = /^\d{10}$/;
/** Ten digits that no digit touches, in one run or as they are printed and typed: 3, 3 and 4. */
const CANDIDATE = /(?<!\d)\d{3}([ ._-]?)\d{3}\1\d{4}(?!\d)/g;
/** Longer runs of digits, in which a number may be embedded: a date or a serial before it, a sequence behind it. */
const LONG_RUN = /\d{11,}/g;
/** Times as identifiers have them: year to fraction of a second, or milli-, micro- and nanoseconds since 1970. No number hides behind a date in them: none starts with an hour. */
const TIME =
  /^(?:(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d\d{0,6})?|1[0-9]{12}(?:\d{3}){0,2})$/;
/** How the numbers of England, Wales and the Isle of Man begin, and those for tests. Only these are looked for inside longer runs. */
const ISSUED = /^[4679]/;
/** Spaces as URIs and other alphabets write them. */
const SPACE = /%20|\+|\s/g;
/** UUIDs and hexadecimal hashes: among their digits, ten in a row mean nothing. */
const HEXADECIMAL = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?<![0-9a-z])(?=\d*[a-f])[0-9a-f]{16,}(?![0-9a-z])/gi;

/**
 * Whether a value is an NHS number: a string of ten digits whose last one is the check digit by Modulus 11 (NHS Data
 * Dictionary: weights 10 to 2; 11 minus the remainder; 11 counts as 0; 10 cannot be).
 */
export function isNhsNumber(value: unknown): value is string {
  if (typeof value !== 'string' || !TEN_DIGITS.test(value)) return false;
  let sum = 0;
  for (let i = 0; i < 9; i++) sum += Number(value[i]) * (10 - i);
  const check = (11 - (sum % 11)) % 11;
  return check === Number(value[9]);
}

/**
 * Whether an NHS number may stand anywhere in a text: alone, spaced, or inside a longer number. Digits inside UUIDs and
 * hexadecimal hashes do not count, nor do times. A serial number of eleven or more digits is taken for one about once in ten
 * times: a refusal can be seen and mended, an identifier that has leaked cannot.
 */
export function holdsNhsNumber(text: string): boolean {
  if (!/\d{2}/.test(text)) return false;
  const plain = text.normalize('NFKC').replace(HEXADECIMAL, '-').replace(SPACE, ' ');
  const closedUp = plain.replace(/(?<=\d) +(?=\d)/g, '');
  const candidates = [...(plain.match(CANDIDATE) ?? []), ...(closedUp.match(CANDIDATE) ?? [])];
  if (candidates.some((candidate) => isNhsNumber(candidate.replace(/\D/g, '')))) return true;
  return (closedUp.match(LONG_RUN) ?? []).some((run) => !TIME.test(run) && embedsNhsNumber(run));
}

function embedsNhsNumber(run: string): boolean {
  for (let at = 0; at + 10 <= run.length; at++) {
    const window = run.slice(at, at + 10);
    if (ISSUED.test(window) && isNhsNumber(window)) return true;
  }
  return false;
}
