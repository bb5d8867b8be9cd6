/**
 * Header values of CloudEvents, as its HTTP and NATS bindings write them (section 3.1.3.2 of both): space, quote, percent
 * and everything outside printable ASCII is percent-encoded as UTF-8; a reader first undoes a double-quoted string, then
 * decodes once.
 */
const NEEDS_ENCODING = /[^\x21\x23\x24\x26-\x7e]/;
const NEEDS_ENCODING_ALL = /[^\x21\x23\x24\x26-\x7e]+/gu;
const FOREIGN_CHARACTER = /[^\x20-\x7e\t]/;
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** Why a header value cannot be read. */
export class PercentFault extends Error {
  override readonly name = 'PercentFault';
}

/** Encodes an attribute value for a header. */
export function encodeHeaderValue(value: string): string {
  if (!NEEDS_ENCODING.test(value)) return value;
  return value.replace(NEEDS_ENCODING_ALL, (run) =>
    Array.from(Buffer.from(run), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/**
 * Decodes a header value into an attribute value.
 *
 * @throws PercentFault when it holds characters that had to be encoded, an unfinished escape, or bytes that are not UTF-8
 */
export function decodeHeaderValue(header: string): string {
  if (FOREIGN_CHARACTER.test(header)) throw new PercentFault('a character outside printable ASCII that is not encoded');
  const value = header.startsWith('"') ? unquote(header) : header;
  if (!value.includes('%')) return value;
  if (BAD_ESCAPE.test(value)) throw new PercentFault('a percent sign that begins no escape');
  try {
    return decodeURIComponent(value);
  } catch {
    throw new PercentFault('escapes that are not valid UTF-8');
  }
}

function unquote(header: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(header)?.[1];
  if (inner === undefined) throw new PercentFault('a quoted string without its end, or text behind it');
  return inner.replace(/\\(.)/g, '$1');
}
