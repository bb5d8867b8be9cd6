/**
 * Patterns of LIKE (CESQL 1.0.0, section 3.4.3): `%` is any characters, `_` is one, and a backslash takes either literally. A
 * character is a Unicode code point.
 *
 * Between two `%` a pattern has a part of fixed length. Each part is looked for once, from the left, and the first place where it
 * fits is final, since a later one could only leave less for the rest. So nothing is tried again, and the work is at most the
 * length of the text times the length of the pattern.
 */

/** A pattern, read once: the parts between its `%`, in which `undefined` is any one character. */
export type Pattern = readonly Part[];

type Part = readonly (number | undefined)[];

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const UNDERSCORE = 0x5f;

export function readPattern(text: string): Pattern {
  const characters = codePoints(text);
  let part: (number | undefined)[] = [];
  const parts = [part];
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!;
    const next = characters[at + 1];
    if (character === BACKSLASH && (next === PERCENT || next === UNDERSCORE)) {
      part.push(next);
      at++;
    } else if (character === PERCENT) parts.push((part = []));
    else part.push(character === UNDERSCORE ? undefined : character);
  }
  return parts;
}

export function like(text: string, pattern: Pattern): boolean {
  const characters = codePoints(text);
  const first = pattern[0]!;
  if (pattern.length === 1) return characters.length === first.length && fits(first, characters, 0);
  const last = pattern.at(-1)!;
  const end = characters.length - last.length;
  if (first.length > end || !fits(first, characters, 0) || !fits(last, characters, end)) return false;
  let from = first.length;
  for (const part of pattern.slice(1, -1)) {
    while (from + part.length <= end && !fits(part, characters, from)) from++;
    from += part.length;
    if (from > end) return false;
  }
  return true;
}

function fits(part: Part, characters: readonly number[], from: number): boolean {
  for (let at = 0; at < part.length; at++) {
    const wanted = part[at];
    if (wanted !== undefined && wanted !== characters[from + at]) return false;
  }
  return true;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}
