import { kindsNamed, type Conjunction, type Kind } from './conjunction.js';
import { isEqual } from './equal.js';
import { holds } from './holds.js';
import type { Check } from './prover.js';
import { obstacle, type Obstacle } from './obstacle.js';

/** As a reader of JSON writes it; long lists are cut. */
export function listed(values: readonly unknown[]): string {
  const shown = values.slice(0, 8).map((value) => JSON.stringify(value));
  return values.length > 8 ? `${shown.join(', ')} and ${String(values.length - 8)} more` : shown.join(', ');
}

const type: Check = (_, narrow, __, words) => {
  const allowed = kindsNamed(words.type);
  const more = [...narrow.kinds()].filter((kind) => !allowed.has(kind));
  if (more.length === 0) return [];
  const named = [...new Set(more.map((kind) => (kind === 'fraction' ? 'number that is not whole' : kind)))];
  const wanted = Array.isArray(words.type) ? words.type.join(' or ') : String(words.type);
  return [obstacle('type', `{narrow} takes ${named.join(', ')} here, {wide} takes ${wanted} only.`)];
};

const values =
  (kind: 'const' | 'enum'): Check =>
  (_, narrow, __, words) => {
    const allowed = kind === 'const' ? [words.const] : (words.enum as unknown[]);
    const possible = narrow.values();
    if (possible === undefined)
      return [obstacle(kind, `{narrow} takes values here that are not in the list of {wide}: ${listed(allowed)}.`)];
    const more = possible.filter((value) => !allowed.some((one) => isEqual(one, value)));
    if (more.length === 0) return [];
    return [obstacle(kind, `{narrow} takes ${listed(more)} here, {wide} does not.`, undefined, more)];
  };

interface Side {
  readonly keyword: string;
  readonly stricter: 'larger' | 'smaller';
  readonly kinds: readonly Kind[];
  readonly what: string;
}

const NUMBERS: readonly Kind[] = ['integer', 'fraction'];

/** Keywords with a number that is a bound of its own kind of values. */
const SIDES: readonly Side[] = [
  { keyword: 'minLength', stricter: 'larger', kinds: ['string'], what: 'texts shorter than' },
  { keyword: 'maxLength', stricter: 'smaller', kinds: ['string'], what: 'texts longer than' },
  { keyword: 'minItems', stricter: 'larger', kinds: ['array'], what: 'lists shorter than' },
  { keyword: 'maxItems', stricter: 'smaller', kinds: ['array'], what: 'lists longer than' },
  { keyword: 'minProperties', stricter: 'larger', kinds: ['object'], what: 'objects with fewer members than' },
  { keyword: 'maxProperties', stricter: 'smaller', kinds: ['object'], what: 'objects with more members than' },
];

/** What bounds the same thing without saying so. */
function implied(narrow: Conjunction, { keyword }: Side): number | undefined {
  if (keyword === 'minProperties') return narrow.required().size;
  if (keyword === 'maxItems') return narrow.maxItems();
  if (keyword === 'maxProperties' && narrow.patterns().size === 0 && narrow.otherMember().isEmpty())
    return narrow.names().size;
  return undefined;
}

const side =
  (one: Side): Check =>
  (_, narrow, __, words) => {
    const limit = words[one.keyword];
    if (typeof limit !== 'number' || !one.kinds.some((kind) => narrow.kinds().has(kind))) return [];
    const isMet = (bound: number | undefined): boolean =>
      bound !== undefined && (one.stricter === 'larger' ? bound >= limit : bound <= limit);
    if (
      (one.stricter === 'larger' && limit <= 0) ||
      [narrow.bound(one.keyword, one.stricter), implied(narrow, one)].some(isMet)
    )
      return [];
    if (one.keyword.endsWith('Length') && narrow.values()?.every((value) => meets(value, one, limit)) === true)
      return [];
    return [obstacle(one.keyword, `{narrow} takes ${one.what} ${String(limit)}, {wide} does not.`)];
  };

function meets(value: unknown, { stricter }: Side, limit: number): boolean {
  if (typeof value !== 'string') return true;
  const { length } = Array.from(value);
  return stricter === 'larger' ? length >= limit : length <= limit;
}

/** The least (or greatest) number that may be valid, and whether it is itself. */
function edge(narrow: Conjunction, low: boolean): { readonly at: number; readonly open: boolean } | undefined {
  const [inclusive, exclusive] = low
    ? [narrow.bound('minimum', 'larger'), narrow.bound('exclusiveMinimum', 'larger')]
    : [narrow.bound('maximum', 'smaller'), narrow.bound('exclusiveMaximum', 'smaller')];
  if (inclusive === undefined && exclusive === undefined) return undefined;
  const isOpen =
    exclusive !== undefined && (inclusive === undefined || (low ? exclusive >= inclusive : exclusive <= inclusive));
  const found = { at: isOpen ? exclusive : inclusive!, open: isOpen };
  if (narrow.kinds().has('fraction')) return found;
  const step = low ? 1 : -1;
  const whole = low ? Math.ceil(found.at) : Math.floor(found.at);
  return { at: found.open && whole === found.at ? whole + step : whole, open: false };
}

const range: Check = ({ all }, narrow, _, words) => {
  if (!NUMBERS.some((kind) => narrow.kinds().has(kind))) return [];
  const found: Obstacle[] = [];
  for (const [keyword, low, open] of [
    ['minimum', true, false],
    ['exclusiveMinimum', true, true],
    ['maximum', false, false],
    ['exclusiveMaximum', false, true],
  ] as const) {
    const limit = words[keyword];
    if (typeof limit !== 'number') continue;
    const own = edge(narrow, low);
    const beyond = own !== undefined && (low ? own.at > limit : own.at < limit);
    if (beyond || (own?.at === limit && (own.open || !open))) continue;
    if (narrow.values()?.every((value) => holds(all, all.made({ [keyword]: limit }), value) === true) === true)
      continue;
    found.push(obstacle(keyword, `{narrow} takes numbers beyond the ${keyword} ${String(limit)} of {wide}.`));
  }
  return found;
};

/** Each keyword of a range is looked at by itself. */
const rangeOf =
  (keyword: string): Check =>
  (prover, narrow, wide, words) =>
    range(prover, narrow, wide, { [keyword]: words[keyword] });

const multipleOf: Check = ({ all }, narrow, _, words) => {
  const step = words.multipleOf;
  if (typeof step !== 'number' || !NUMBERS.some((kind) => narrow.kinds().has(kind))) return [];
  for (const [, { multipleOf: own }] of narrow.having('multipleOf'))
    if (typeof own === 'number' && isMultiple(own, step)) return [];
  if (!narrow.kinds().has('fraction') && isMultiple(1, step)) return [];
  if (narrow.values()?.every((value) => holds(all, all.made({ multipleOf: step }), value) === true) === true) return [];
  return [obstacle('multipleOf', `{narrow} takes numbers that are no multiple of ${String(step)}, {wide} does not.`)];
};

/** Whether every multiple of `a` is one of `b`, in binary fractions as the validators divide: 0.3 is no multiple of 0.1. */
function isMultiple(a: number, b: number): boolean {
  return b > 0 && a % b === 0;
}

/** Patterns that every text has. */
const ANY_TEXT = new Set(['', '.*', '^', '^.*', '.*$', '$']);

const text =
  (keyword: 'pattern' | 'format', what: string): Check =>
  ({ all }, narrow, _, words) => {
    const wanted = words[keyword];
    if (!narrow.kinds().has('string') || (keyword === 'pattern' && ANY_TEXT.has(String(wanted)))) return [];
    for (const [, own] of narrow.having(keyword)) if (own[keyword] === wanted) return [];
    const isMet = narrow.values()?.every((value) => holds(all, all.made({ [keyword]: wanted }), value) === true);
    if (isMet === true) return [];
    return [
      obstacle(keyword, `{narrow} takes texts that are not sure to have the ${what} ${String(wanted)} of {wide}.`),
    ];
  };

/** What a text holds says nothing about what is valid, but what is said of it must stay. */
const content =
  (keyword: string): Check =>
  (_, narrow, __, words) => {
    for (const [, own] of narrow.having(keyword)) if (isEqual(own[keyword], words[keyword])) return [];
    return narrow.kinds().has('string')
      ? [obstacle(keyword, `{wide} says ${keyword} of the text, {narrow} says something else.`)]
      : [];
  };

export const scalarObstacles: Readonly<Record<string, Check>> = {
  type,
  enum: values('enum'),
  const: values('const'),
  ...Object.fromEntries(SIDES.map((one) => [one.keyword, side(one)])),
  minimum: rangeOf('minimum'),
  exclusiveMinimum: rangeOf('exclusiveMinimum'),
  maximum: rangeOf('maximum'),
  exclusiveMaximum: rangeOf('exclusiveMaximum'),
  multipleOf,
  pattern: text('pattern', 'pattern'),
  format: text('format', 'format'),
  contentEncoding: content('contentEncoding'),
  contentMediaType: content('contentMediaType'),
  contentSchema: content('contentSchema'),
};
