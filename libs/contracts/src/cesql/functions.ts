/** The built-in functions of CESQL 1.0.0, section 3.5, and the explicit casts of its public test kit. */
import { cast, integer, type Outcome, type Type, type Value } from './value.js';

/** One function: what it takes, what it gives. A call is told apart by name and number of arguments. */
export interface BuiltIn {
  readonly takes: readonly (Type | 'any')[];
  /** Any further arguments. */
  readonly more?: Type;
  readonly gives: Type;
  /** Called with arguments of the types that it takes. */
  readonly call: (args: readonly Value[]) => Outcome;
}

/** Characters (UTF-16 units) that a function may join: calls inside one another would make a text of any size out of a short one. */
export const MAX_JOINED_LENGTH = 131_072;

/** White space of Unicode (property White_Space), which is not what `String.prototype.trim` removes: U+FEFF is none, U+0085 is. */
const SPACE = /\p{White_Space}/u;

const give = (value: Value): Outcome => ({ value });
const text = (value: Value | undefined): string => value as string;
const number = (value: Value | undefined): number => value as number;

const STRING_TO_STRING = (change: (value: string) => string): BuiltIn[] => [
  { takes: ['string'], gives: 'string', call: ([x]) => give(change(text(x))) },
];
const TO = (type: Type): BuiltIn[] => [{ takes: ['any'], gives: type, call: ([x]) => cast(x!, type) }];
const IS = (type: Type): BuiltIn[] => [
  { takes: ['any'], gives: 'boolean', call: ([x]) => give(cast(x!, type).error === undefined) },
];

const FUNCTIONS: ReadonlyMap<string, readonly BuiltIn[]> = new Map<string, readonly BuiltIn[]>([
  ['LENGTH', [{ takes: ['string'], gives: 'integer', call: ([x]) => integer(Array.from(text(x)).length) }]],
  ['CONCAT', [{ takes: [], more: 'string', gives: 'string', call: (args) => join(args, '') }]],
  [
    'CONCAT_WS',
    [
      {
        takes: ['string'],
        more: 'string',
        gives: 'string',
        call: ([between, ...rest]) => join(rest, text(between)),
      },
    ],
  ],
  ['LOWER', STRING_TO_STRING((value) => value.toLowerCase())],
  ['UPPER', STRING_TO_STRING((value) => value.toUpperCase())],
  ['TRIM', STRING_TO_STRING(trim)],
  [
    'LEFT',
    [
      {
        takes: ['string', 'integer'],
        gives: 'string',
        call: ([x, y]) => part(text(x), number(y), (all, n) => all.slice(0, n)),
      },
    ],
  ],
  [
    'RIGHT',
    [
      {
        takes: ['string', 'integer'],
        gives: 'string',
        call: ([x, y]) => part(text(x), number(y), (all, n) => (n < all.length ? all.slice(all.length - n) : all)),
      },
    ],
  ],
  [
    'SUBSTRING',
    [
      {
        takes: ['string', 'integer'],
        gives: 'string',
        call: ([x, from]) => substring(text(x), number(from), Number.POSITIVE_INFINITY),
      },
      {
        takes: ['string', 'integer', 'integer'],
        gives: 'string',
        call: ([x, from, length]) => substring(text(x), number(from), number(length)),
      },
    ],
  ],
  [
    'ABS',
    [
      {
        takes: ['integer'],
        gives: 'integer',
        call: ([x]) => (x === -(2 ** 31) ? { value: 2 ** 31 - 1, error: 'math' } : give(Math.abs(number(x)))),
      },
    ],
  ],
  ['INT', TO('integer')],
  ['BOOL', TO('boolean')],
  ['STRING', TO('string')],
  ['IS_INT', IS('integer')],
  ['IS_BOOL', IS('boolean')],
]);

/** The function of a name, in any case of letters, that takes this number of arguments. */
export function builtIn(name: string, count: number): BuiltIn | undefined {
  return FUNCTIONS.get(name.toUpperCase())?.find(
    ({ takes, more }) => count === takes.length || (more !== undefined && count > takes.length),
  );
}

function join(texts: readonly Value[], between: string): Outcome {
  const length = texts.reduce<number>((sum, one) => sum + text(one).length + between.length, 0);
  return length > MAX_JOINED_LENGTH ? { value: '', error: 'functionEvaluation' } : give(texts.join(between));
}

/** From both ends, one character at a time: a regular expression would look at a run of spaces again from each of its places. */
function trim(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && SPACE.test(value[start]!)) start++;
  while (end > start && SPACE.test(value[end - 1]!)) end--;
  return value.slice(start, end);
}

function part(value: string, count: number, cut: (all: string[], count: number) => string[]): Outcome {
  return count < 0 ? { value, error: 'functionEvaluation' } : give(cut(Array.from(value), count).join(''));
}

/** Characters count from 1, or from the end when `from` is negative; 0 stands for no place, which gives the empty text. */
function substring(value: string, from: number, length: number): Outcome {
  const characters = Array.from(value);
  if (Math.abs(from) > characters.length || length < 0) return { value: '', error: 'functionEvaluation' };
  if (from === 0) return give('');
  const start = from > 0 ? from - 1 : characters.length + from;
  return give(characters.slice(start, start + length).join(''));
}
