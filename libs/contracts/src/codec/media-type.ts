/** A media type with its parameters (RFC 2046, RFC 9110 section 8.3). Names and parameter names in lower case. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const ESSENCE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(?:;|$)`);
const PARAMETER = new RegExp(
  `[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[\\t !#-\\[\\]-~]|\\\\[\\t -~])*)")[ \\t]*(?:;|$)`,
  'y',
);
const EMPTY_PARAMETER = /[ \t]*(?:;|$)/y;

/** Reads a media type, or answers nothing when it is not one. Empty parameters (`text/plain;`) are tolerated, as RFC 9110 asks. */
export function parseMediaType(value: string): MediaType | undefined {
  const head = ESSENCE.exec(value);
  if (!head) return undefined;
  const parameters = new Map<string, string>();
  let at = head[0].length;
  while (at < value.length) {
    EMPTY_PARAMETER.lastIndex = PARAMETER.lastIndex = at;
    if (EMPTY_PARAMETER.test(value)) {
      at = EMPTY_PARAMETER.lastIndex;
      continue;
    }
    const [, name, token, quoted] = PARAMETER.exec(value) ?? [];
    if (name === undefined) return undefined;
    at = PARAMETER.lastIndex;
    parameters.set(name.toLowerCase(), token ?? quoted!.replace(/\\(.)/g, '$1'));
  }
  return { essence: head[1]!.toLowerCase(), parameters };
}

/** Whether a media type declares JSON: its subtype is `json` or ends in `+json` (CloudEvents JSON format 3.1.1). */
export function isJsonMediaType(type: MediaType): boolean {
  return type.essence.endsWith('/json') || type.essence.endsWith('+json');
}

/** Whether text of this media type is UTF-8: no charset at all, or UTF-8 in any spelling. */
export function isUtf8Charset(type: MediaType): boolean {
  const charset = type.parameters.get('charset');
  return charset === undefined || /^utf-?8$/i.test(charset);
}
