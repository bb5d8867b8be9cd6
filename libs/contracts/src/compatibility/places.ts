import { Conjunction } from './conjunction.js';
import { isSchema, type SchemaNode } from './schema-node.js';
import type { Court } from './court.js';

/** A place in an example, and what the two versions say of it. */
export interface Place {
  /** From the event on. */
  readonly path: readonly string[];
  readonly value: unknown;
  readonly narrow: Conjunction;
  readonly wide: Conjunction;
}

/** Enough for every example of ours, and a bound for what is not ours. */
const MOST_PLACES = 2_000;

/** Every place of an example that the schemas describe, the outer ones first. */
export function placesOf(event: unknown, { root, narrow, wide }: Pick<Court, 'root' | 'narrow' | 'wide'>): Place[] {
  const value = root.reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], event);
  if (value === undefined) return [];
  const found: Place[] = [];
  const next: Place[] = [{ path: root, value, narrow, wide }];
  while (next.length > 0 && found.length < MOST_PLACES) {
    const place = next.shift()!;
    const [own, other] = [meant(place.narrow, place.value), meant(place.wide, place.value)];
    found.push({ ...place, narrow: own, wide: other });
    for (const [name, item] of entriesOf(place.value)) {
      const child = (all: Conjunction) => (Array.isArray(place.value) ? all.item(Number(name)) : all.member(name));
      next.push({ path: [...place.path, name], value: item, narrow: child(own), wide: child(other) });
    }
  }
  return found;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** With the alternatives that a value takes, as far as constants of its members tell. */
export function meant(all: Conjunction, value: unknown, depth = 3): Conjunction {
  const more: SchemaNode[] = [];
  for (const keyword of ['oneOf', 'anyOf'] as const) {
    for (const [node, words] of all.having(keyword)) {
      if (!Array.isArray(words[keyword])) continue;
      const branches = words[keyword].map((_, index) => all.all.below(node, keyword, index));
      const fitting = branches.filter((branch) => mayTake(all, branch, value));
      if (fitting[0] !== undefined && !all.nodes.includes(fitting[0])) more.push(fitting[0]);
    }
  }
  return more.length === 0 || depth === 0 ? all : meant(all.and(more), value, depth - 1);
}

function mayTake(all: Conjunction, branch: SchemaNode, value: unknown): boolean {
  for (const { schema } of new Conjunction(all.all, [branch]).nodes) {
    if (typeof schema === 'boolean') return schema;
    if (typeof value !== 'object' || value === null || !isSchema(schema.properties) || schema.properties === true)
      continue;
    for (const [name, member] of Object.entries(schema.properties)) {
      const { const: wanted } = (member ?? {}) as { const?: unknown };
      if (wanted !== undefined && (value as Record<string, unknown>)[name] !== wanted) return false;
    }
  }
  return true;
}
