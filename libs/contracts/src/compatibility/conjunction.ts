import { isEqual } from './equal.js';
import { holds } from './holds.js';
import { isSame, isSchema, type SchemaNode, type SchemaNodes } from './schema-node.js';

/** The kinds of JSON values; a number is told apart by whether it is whole. */
export const KINDS = ['null', 'boolean', 'integer', 'fraction', 'string', 'array', 'object'] as const;
export type Kind = (typeof KINDS)[number];

type Words = Readonly<Record<string, unknown>>;

/** Some schemas that hold of one value at the same time, references and `allOf` opened up. */
export class Conjunction {
  readonly key: string;
  readonly nodes: readonly SchemaNode[];
  #kinds: ReadonlySet<Kind> | undefined;
  #values: readonly unknown[] | undefined | 'any' = 'any';

  constructor(
    readonly all: SchemaNodes,
    nodes: readonly SchemaNode[],
    /** Alternatives that were taken apart already. */
    readonly spent: ReadonlySet<string> = new Set(),
  ) {
    const flat = new Map<number, SchemaNode>();
    for (const node of nodes) flatten(all, node, flat);
    this.nodes = [...flat.values()].filter(({ schema }) => schema !== true).sort((a, b) => a.id - b.id);
    this.key = `${this.nodes.map(({ id }) => id).join(',')}|${[...spent].sort().join(',')}`;
  }

  /** The same with more that holds. */
  and(more: readonly SchemaNode[], spent?: string): Conjunction {
    return new Conjunction(
      this.all,
      [...this.nodes, ...more],
      spent === undefined ? this.spent : new Set([...this.spent, spent]),
    );
  }

  /** The nodes that have a keyword. */
  *having(keyword: string): Generator<readonly [SchemaNode, Words]> {
    for (const node of this.nodes) {
      const words = node.schema as Words;
      if (typeof words === 'object' && Object.hasOwn(words, keyword)) yield [node, words];
    }
  }

  /** Kinds that a value may have. */
  kinds(): ReadonlySet<Kind> {
    return (this.#kinds ??= this.#findKinds(3));
  }

  /** Every value that is possible, where they can be counted. */
  values(): readonly unknown[] | undefined {
    if (this.#values === 'any') this.#values = this.#findValues();
    return this.#values;
  }

  /** The strictest bound of a keyword, where larger (or smaller) is stricter. */
  bound(keyword: string, stricter: 'larger' | 'smaller'): number | undefined {
    let found: number | undefined;
    for (const [, words] of this.having(keyword)) {
      const value = words[keyword];
      if (typeof value !== 'number') continue;
      found = found === undefined ? value : stricter === 'larger' ? Math.max(found, value) : Math.min(found, value);
    }
    return found;
  }

  required(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const [, { required }] of this.having('required')) {
      if (Array.isArray(required)) for (const name of required) names.add(String(name));
    }
    return names;
  }

  /** Members that are named anywhere. */
  names(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const [, { properties }] of this.having('properties')) for (const name of keysOf(properties)) names.add(name);
    return names;
  }

  patterns(): ReadonlySet<string> {
    const patterns = new Set<string>();
    for (const [, words] of this.having('patternProperties'))
      for (const name of keysOf(words.patternProperties)) patterns.add(name);
    return patterns;
  }

  /** What holds of a member. */
  member(name: string): Conjunction {
    return this.#child(this.nodes.flatMap((node) => memberNodes(this.all, node, name)));
  }

  /** What holds of a member whose name is like a pattern that is listed here. */
  memberLike(pattern: string): Conjunction {
    const nodes: SchemaNode[] = [];
    for (const node of this.nodes) {
      const words = node.schema as Words;
      if (keysOf(words.patternProperties).includes(pattern))
        nodes.push(this.all.below(node, 'patternProperties', pattern));
      else if (keysOf(words.patternProperties).length === 0 && isSchema(words.additionalProperties))
        nodes.push(this.all.below(node, 'additionalProperties'));
    }
    return this.#child(nodes);
  }

  /** What holds of a member that nothing names. */
  otherMember(): Conjunction {
    const nodes = this.nodes.flatMap((node) => otherMemberNodes(this.all, node));
    return this.#child(nodes);
  }

  /** What holds of an item at an index. */
  item(index: number): Conjunction {
    const nodes: SchemaNode[] = [];
    for (const node of this.nodes) {
      const { prefixItems, items } = node.schema as Words;
      const first = Array.isArray(prefixItems) ? prefixItems.length : 0;
      if (index < first) nodes.push(this.all.below(node, 'prefixItems', index));
      else if (isSchema(items)) nodes.push(this.all.below(node, 'items'));
    }
    return this.#child(nodes);
  }

  /** How many items are named one by one. */
  prefix(): number {
    let longest = 0;
    for (const [, { prefixItems }] of this.having('prefixItems'))
      if (Array.isArray(prefixItems)) longest = Math.max(longest, prefixItems.length);
    return longest;
  }

  /** How many items there are at most. */
  maxItems(): number {
    let most = this.bound('maxItems', 'smaller') ?? Infinity;
    for (const [, { items, prefixItems }] of this.having('items'))
      if (items === false) most = Math.min(most, Array.isArray(prefixItems) ? prefixItems.length : 0);
    return most;
  }

  /** Whether it can be seen that nothing is valid. Never true of what has a valid value. */
  isEmpty(depth = 2): boolean {
    const key = `${String(depth)} ${this.key}`;
    const known = this.all.empty.get(key);
    if (known !== undefined) return known;
    const found = this.#isEmpty(depth);
    this.all.empty.set(key, found);
    return found;
  }

  #isEmpty(depth: number): boolean {
    if (this.kinds().size === 0 || this.values()?.length === 0) return true;
    for (const [node] of this.having('not')) {
      const denied = this.all.below(node, 'not');
      if (denied.schema === true || this.nodes.some((other) => isSame(other, denied))) return true;
    }
    const [only, ...more] = this.kinds();
    if (more.length > 0) return false;
    if (only === 'object' && depth > 0)
      return [...this.required()].some((name) => this.member(name).isEmpty(depth - 1));
    if (only === 'array') return (this.bound('minItems', 'larger') ?? 0) > this.maxItems();
    if (only === 'string')
      return (this.bound('minLength', 'larger') ?? 0) > (this.bound('maxLength', 'smaller') ?? Infinity);
    return false;
  }

  #child(nodes: readonly SchemaNode[]): Conjunction {
    return new Conjunction(this.all, nodes);
  }

  #findKinds(depth: number): ReadonlySet<Kind> {
    let kinds = new Set<Kind>(KINDS);
    const keep = (some: ReadonlySet<Kind>) => (kinds = new Set([...kinds].filter((kind) => some.has(kind))));
    for (const node of this.nodes) {
      if (node.schema === false) return new Set();
      const words = node.schema as Words;
      if (words.type !== undefined) keep(kindsTaken(words));
      if (Array.isArray(words.enum)) keep(new Set(words.enum.map(kindOf)));
      if (words.const !== undefined) keep(new Set([kindOf(words.const)]));
      for (const choice of ['anyOf', 'oneOf'] as const) {
        const branches = words[choice];
        if (depth > 0 && Array.isArray(branches)) keep(this.#choiceKinds(node, choice, branches.length, depth - 1));
      }
    }
    return kinds;
  }

  #choiceKinds(node: SchemaNode, choice: string, count: number, depth: number): ReadonlySet<Kind> {
    const key = `${String(node.id)} ${choice} ${String(depth)}`;
    const known = this.all.choices.get(key) as ReadonlySet<Kind> | undefined;
    if (known) return known;
    const found = new Set<Kind>();
    for (let index = 0; index < count; index++) {
      const branch = new Conjunction(this.all, [this.all.below(node, choice, index)]);
      for (const kind of branch.#findKinds(depth)) found.add(kind);
    }
    this.all.choices.set(key, found);
    return found;
  }

  #findValues(): readonly unknown[] | undefined {
    let values: readonly unknown[] | undefined;
    for (const { schema } of this.nodes) {
      const { enum: listed, const: one } = schema as Words;
      const here = one !== undefined ? [one] : Array.isArray(listed) ? (listed as unknown[]) : undefined;
      if (here === undefined) continue;
      values = values === undefined ? here : values.filter((value) => here.some((other) => isEqual(value, other)));
    }
    if (values === undefined) {
      const kinds = [...this.kinds()];
      if (!kinds.every((kind) => kind === 'null' || kind === 'boolean')) return undefined;
      values = kinds.flatMap((kind) => (kind === 'null' ? [null] : [false, true]));
    }
    return values.filter((value) => this.nodes.every((node) => holds(this.all, node, value) !== false));
  }
}

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction';
  return typeof value as Kind;
}

/** The kinds that the keyword `type` names. */
export function kindsNamed(type: unknown): ReadonlySet<Kind> {
  const names = Array.isArray(type) ? type : [type];
  return new Set(names.flatMap((name) => (name === 'number' ? ['integer', 'fraction'] : [name]) as Kind[]));
}

export function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** A pattern as the validators read it; `undefined` for what is no regular expression. */
export function regular(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined;
  }
}

/** Kinds that `type` takes. The validators let null pass beside it where a schema says `nullable`. */
function kindsTaken({ type, nullable }: Words): ReadonlySet<Kind> {
  const kinds = kindsNamed(type);
  return nullable === true ? new Set([...kinds, 'null']) : kinds;
}

function flatten(all: SchemaNodes, node: SchemaNode, into: Map<number, SchemaNode>): void {
  if (into.has(node.id)) return;
  const only = all.onlyTarget(node);
  // A mere reference is what it refers to.
  if (only) return flatten(all, only, into);
  into.set(node.id, node);
  if (typeof node.schema === 'boolean') return;
  if (node.schema.$ref !== undefined) {
    const target = all.target(node);
    if (target) flatten(all, target, into);
  }
  const parts = node.schema.allOf;
  if (Array.isArray(parts)) parts.forEach((_, index) => flatten(all, all.below(node, 'allOf', index), into));
}

function memberNodes(all: SchemaNodes, node: SchemaNode, name: string): SchemaNode[] {
  const words = node.schema as Words;
  const found = keysOf(words.patternProperties)
    .filter((pattern) => regular(pattern)?.test(name) === true)
    .map((pattern) => all.below(node, 'patternProperties', pattern));
  if (keysOf(words.properties).includes(name)) found.push(all.below(node, 'properties', name));
  if (found.length === 0 && isSchema(words.additionalProperties)) found.push(all.below(node, 'additionalProperties'));
  if (isSchema(words.unevaluatedProperties) && isPlain(all, node) && !isEvaluated(all, node, name))
    found.push(all.below(node, 'unevaluatedProperties'));
  return found;
}

function otherMemberNodes(all: SchemaNodes, node: SchemaNode): SchemaNode[] {
  const words = node.schema as Words;
  if (isSchema(words.additionalProperties)) return [all.below(node, 'additionalProperties')];
  if (!isSchema(words.unevaluatedProperties) || !isPlain(all, node)) return [];
  const parts = new Conjunction(all, [node]).nodes;
  const open = parts.every((part) => (part.schema as Words).additionalProperties === undefined);
  return open ? [all.below(node, 'unevaluatedProperties')] : [];
}

/** Keywords whose branches evaluate members in ways that depend on the value. */
const BRANCHING = ['anyOf', 'oneOf', 'if', 'not', 'dependentSchemas', '$dynamicRef'];

/** Whether what a node evaluates does not depend on the value. */
export function isPlain(all: SchemaNodes, node: SchemaNode): boolean {
  return new Conjunction(all, [node]).nodes.every(
    ({ schema }) => typeof schema !== 'object' || !BRANCHING.some((keyword) => Object.hasOwn(schema, keyword)),
  );
}

/** Whether a node's own parts name every member that is like a pattern: by the same pattern, or because they name all. */
export function isPatternEvaluated(all: SchemaNodes, node: SchemaNode, pattern: string): boolean {
  return new Conjunction(all, [node]).nodes.some(({ schema }) => {
    const { patternProperties, additionalProperties } = schema as Words;
    return additionalProperties !== undefined || keysOf(patternProperties).includes(pattern);
  });
}

/** Whether a node's own parts name a member, so that `unevaluatedProperties` beside them does not see it. */
export function isEvaluated(all: SchemaNodes, node: SchemaNode, name: string): boolean {
  return new Conjunction(all, [node]).nodes.some(({ schema }) => {
    const { properties, patternProperties, additionalProperties } = schema as Words;
    if (additionalProperties !== undefined || keysOf(properties).includes(name)) return true;
    return keysOf(patternProperties).some((pattern) => regular(pattern)?.test(name) === true);
  });
}
