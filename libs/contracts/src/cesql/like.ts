/**
 * Patterns of LIKE (CESQL 1.0.0, section 3.4.3): `%` is any characters, `_` is one, and a backslash takes either literally. A
 * character is a Unicode code point.
 *
 * Between two `%` a pattern has a part of fixed length. Each part is looked for once, from the left, and the first place where it
 * fits is final, since a later one could only leave less for the rest. So nothing is tried again, and since a part is looked for
 * by 32 of its characters at a time, the work is at most the length of the text times the length of the pattern, over 32.
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
    const found = endOf(part, characters, from, end);
    if (found === undefined) return false;
    from = found;
  }
  return true;
}

/**
 * Where the first place of a part within `from` and `end` ends. Shift-And: bit i of the state says that the first i + 1 characters
 * of the part fit right before here, so that one step of a few words follows every place where the part might have begun.
 */
function endOf(part: Part, characters: Uint32Array, from: number, end: number): number | undefined {
  if (part.length === 0) return from;
  const { any, of } = masks(part);
  const state = new Uint32Array(any.length);
  const last = part.length - 1;
  for (let at = from; at < end; at++) {
    const mask = of.get(characters[at]!) ?? any;
    let carry = 1;
    for (let word = 0; word < state.length; word++) {
      const bits = state[word]!;
      state[word] = ((bits << 1) | carry) & mask[word]!;
      carry = bits >>> 31;
    }
    if ((state[last >>> 5]! >>> (last & 31)) & 1) return at + 1;
  }
  return undefined;
}

/** For every character of a part the places where it fits, as bits; `any` holds those where every character does. */
function masks(part: Part): { any: Uint32Array; of: Map<number, Uint32Array> } {
  const any = new Uint32Array(Math.ceil(part.length / 32));
  for (const [at, wanted] of part.entries()) if (wanted === undefined) setBit(any, at);
  const of = new Map<number, Uint32Array>();
  for (const [at, wanted] of part.entries()) {
    if (wanted === undefined) continue;
    const mask = of.get(wanted) ?? any.slice();
    setBit(mask, at);
    of.set(wanted, mask);
  }
  return { any, of };
}

function setBit(words: Uint32Array, at: number): void {
  words[at >>> 5]! |= 1 << (at & 31);
}

function fits(part: Part, characters: Uint32Array, from: number): boolean {
  for (let at = 0; at < part.length; at++) {
    const wanted = part[at];
    if (wanted !== undefined && wanted !== characters[from + at]) return false;
  }
  return true;
}

function codePoints(text: string): Uint32Array {
  const characters = new Uint32Array(text.length);
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.codePointAt(at)!;
    if (character > 0xffff) at++;
    characters[count++] = character;
  }
  return characters.subarray(0, count);
}
