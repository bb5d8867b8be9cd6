/**
 * The formats that CloudEvents attributes are made of. Each check is linear in the length of its input.
 */
const TIMESTAMP = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const URI_PARTS = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;
const AUTHORITY = /^(?:[^@[\]]*@)?(?:\[(?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+\.[^[\]@/]+)\]|[^@[\]:]*)(?::\d*)?$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const FORBIDDEN_CHARACTER = /[\p{Cc}\p{Cs}\p{NChar}]/u;

/** Whether it is a timestamp after RFC 3339, with a day that exists and a leap second only where there can be one. */
export function isTimestamp(value: string): boolean {
  const match = TIMESTAMP.exec(value);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const offsetHour = Number(match[8] ?? 0);
  const offsetMinute = Number(match[9] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return false;
  if (second < 60) return true;
  const offset = (offsetHour * 60 + offsetMinute) * (match[7] === '-' ? -1 : 1);
  return (hour * 60 + minute - offset + 2880) % 1440 === 1439;
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

/** Whether it is a URI-reference after RFC 3986: absolute, or relative to something. Empty ones are refused, as CloudEvents asks. */
export function isUriReference(value: string): boolean {
  if (!URI_CHARACTERS.test(value)) return false;
  const [, scheme, authority, path, query, fragment] = URI_PARTS.exec(value)!;
  if (scheme !== undefined && !SCHEME.test(scheme)) return false;
  if (authority !== undefined && !AUTHORITY.test(authority)) return false;
  return ![path, query, fragment?.slice(1)].some((part) => part !== undefined && /[[\]#]/.test(part));
}

/** Whether it is a URI with its scheme after RFC 3986. */
export function isAbsoluteUri(value: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value) && isUriReference(value);
}

/** Whether it holds only characters that a CloudEvents String may hold: no controls, noncharacters, lone surrogates. */
export function isAttributeText(value: string): boolean {
  return PRINTABLE_ASCII.test(value) || !FORBIDDEN_CHARACTER.test(value);
}
