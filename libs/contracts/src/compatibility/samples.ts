import type { Conjunction } from './conjunction.js';
import { textSamples } from './sample-texts.js';
import { meant } from './places.js';

/** How deep a value is made. */
const DEPTH = 2;

/** Of what may be anything. */
const ANYTHING: readonly unknown[] = ['text', 1, 1.5, true, null, {}, []];

/** Values that the narrow side may take, at its edges and at those of the wide side. They are only proposals. */
export function samples(narrow: Conjunction, wide: Conjunction, depth = DEPTH): readonly unknown[] {
  const counted = narrow.values();
  if (counted !== undefined) return counted.slice(0, 20);
  if (narrow.nodes.length + wide.nodes.length === 0) return ANYTHING;
  const key = `${String(depth)} ${narrow.key}>${wide.key}`;
  const known = narrow.all.samples.get(key);
  if (known) return known;
  const made = samplesMade(narrow, wide, depth);
  narrow.all.samples.set(key, made);
  return made;
}

function samplesMade(narrow: Conjunction, wide: Conjunction, depth: number): unknown[] {
  const own = withFirstChoice(narrow);
  const kinds = own.kinds();
  const found: unknown[] = [...(wide.values() ?? [])];
  if (kinds.has('string')) found.push(...textSamples(own, wide));
  if (kinds.has('integer') || kinds.has('fraction')) found.push(...numberSamples(own, wide));
  if (kinds.has('boolean')) found.push(true, false);
  if (kinds.has('null')) found.push(null);
  if (kinds.has('array')) found.push(...arraySamples(own, wide, depth));
  if (kinds.has('object')) found.push(...objectSamples(own, wide, depth));
  return distinct(found);
}

/** Alternatives have to be taken to make anything: the first one of each. */
function withFirstChoice(all: Conjunction): Conjunction {
  return meant(all, undefined, 2);
}

function numberSamples(narrow: Conjunction, wide: Conjunction): number[] {
  const found = [0, 1, -1];
  for (const all of [narrow, wide]) {
    for (const keyword of ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const) {
      const bound = all.bound(keyword, keyword.endsWith('imum') && /min/i.test(keyword) ? 'larger' : 'smaller');
      if (bound !== undefined) found.push(bound, bound + 1, bound - 1, bound * 2);
    }
  }
  if (narrow.kinds().has('fraction')) found.push(0.5, 1.5, ...found.map((one) => one + 0.25));
  return found;
}

function arraySamples(narrow: Conjunction, wide: Conjunction, depth: number): unknown[] {
  const least = narrow.bound('minItems', 'larger') ?? 0;
  const most = Math.min(narrow.maxItems(), MOST_ITEMS);
  const item = (index: number): unknown => {
    const options = depth === 0 ? [] : samples(narrow.item(index), wide.item(index), depth - 1);
    return options[index % Math.max(1, options.length)] ?? null;
  };
  const items = Array.from({ length: MOST_ITEMS + 1 }, (_, index) => item(Math.min(index, narrow.prefix() + 2)));
  const counts = [
    least,
    least + 1,
    Math.min(wide.maxItems(), MOST_ITEMS) + 1,
    (wide.bound('minItems', 'larger') ?? 1) - 1,
    0,
    most,
  ];
  return [...new Set(counts)]
    .filter((count) => count >= 0 && count <= MOST_ITEMS + 1)
    .map((count) => items.slice(0, count));
}

/** Longer lists are not made. */
const MOST_ITEMS = 8;

function objectSamples(narrow: Conjunction, wide: Conjunction, depth: number): unknown[] {
  if (depth === 0) return [{}];
  const member = (name: string, at = 0): unknown =>
    samples(narrow.member(name), wide.member(name), depth - 1)[at] ?? null;
  const least = Object.fromEntries([...narrow.required()].map((name) => [name, member(name)]));
  const optional = [...narrow.names()].filter((name) => !narrow.required().has(name)).slice(0, MOST_MEMBERS);
  const possible = optional.filter((name) => !narrow.member(name).isEmpty());
  return [
    least,
    ...possible.map((name) => ({ ...least, [name]: member(name) })),
    ...(possible.length > 1 ? [{ ...least, ...Object.fromEntries(possible.map((name) => [name, member(name)])) }] : []),
    ...further(narrow, least),
    {},
  ];
}

/** With members that nothing names, one by one more. */
function further(narrow: Conjunction, least: object): unknown[] {
  if (narrow.otherMember().isEmpty()) return [];
  const names = ['more', 'andMore', 'stillMore', 'evenMore'];
  return names.map((_, index) => ({
    ...least,
    ...Object.fromEntries(names.slice(0, index + 1).map((name) => [name, null])),
  }));
}

/** Members that are tried one by one when an object is made. */
const MOST_MEMBERS = 12;

function distinct(values: readonly unknown[]): unknown[] {
  const seen = new Map(values.map((value) => [JSON.stringify(value), value]));
  return [...seen.values()].slice(0, MOST_SAMPLES);
}

const MOST_SAMPLES = 40;
