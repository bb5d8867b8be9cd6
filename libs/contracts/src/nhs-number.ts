/** Systems under which national services write an NHS number: FHIR R4, and the older one of STU3 services. Compare with `sameSystem`. */
export const NHS_NUMBER_SYSTEMS = ['https://fhir.nhs.uk/Id/nhs-number', 'http://fhir.nhs.net/Id/nhs-number'] as const;

const TEN_DIGITS = /^\d{10}$/;
/** Ten digits that no digit touches, in one run or as they are printed and typed: 3, 3 and 4. */
const CANDIDATE = /(?<!\d)\d{3}([ ._-]?)\d{3}\1\d{4}(?!\d)/g;
/** However they are spaced. */
const TEN_IN_A_ROW = /\d(?:[\s.-]?\d){9}/;
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
 * Whether ten digits or more stand in a row, however they are spaced: an NHS number has ten. Stricter than
 * {@link holdsNhsNumber}, for free text about work, where no long number is needed.
 */
export function holdsTenDigits(text: string): boolean {
  return TEN_IN_A_ROW.test(text);
}

/**
 * Whether an NHS number stands anywhere in a text, alone or spaced. Digits inside UUIDs and hexadecimal hashes do not
 * count, nor do ten digits within a longer number: one serial number in ten would be refused by chance, and with it an
 * event that somebody waits for.
 */
export function holdsNhsNumber(text: string): boolean {
  if (!/\d{2}/.test(text)) return false;
  const plain = text.normalize('NFKC').replace(HEXADECIMAL, '-').replace(SPACE, ' ');
  const closedUp = plain.replace(/(?<=\d) +(?=\d)/g, '');
  const candidates = [...(plain.match(CANDIDATE) ?? []), ...(closedUp.match(CANDIDATE) ?? [])];
  return candidates.some((candidate) => isNhsNumber(candidate.replace(/\D/g, '')));
}
