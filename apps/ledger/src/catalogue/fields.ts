import type { EventType } from '@signalbox/contracts';

type Words = Readonly<Record<string, unknown>>;

/** One field of an event's content. */
export interface Field {
  /** From the section on: `status`, `about.organisation`, `entry[].fullUrl`. */
  readonly path: string;
  /** A type of FHIR, or of JSON. */
  readonly type: string;
  readonly required: boolean;
  /** `1`, `0..1`, `0..*`, `1..*`. */
  readonly cardinality: string;
  readonly meaning?: string;
  /** The only values that it may have. */
  readonly values?: readonly string[];
  /** In how many of the accepted examples it stands. */
  readonly examples: number;
}

/** Fields that belong together: those of one resource, or all of them. */
export interface Section {
  readonly name: string;
  readonly meaning?: string;
  /** In how many of the accepted examples it stands. */
  readonly examples: number;
  /** Required ones, and what stands in an example. */
  readonly fields: readonly Field[];
  /** What else may be sent. */
  readonly further: readonly Field[];
}

/** What the shared FHIR schema has, and what its elements mean. */
export interface SharedSchema {
  readonly definitions: Readonly<Record<string, Words>>;
  readonly meanings: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The fields of a type's content, for people: of FHIR by resource, of plain JSON as one list. */
export function sectionsOf(type: EventType, shared: SharedSchema): Section[] {
  const contents = type.examples.accepts.flatMap(({ event }) => (event.data === undefined ? [] : [event.data]));
  const schema = type.schema as Words;
  const bundle = definitionOf(schema.$ref);
  if (bundle === undefined) {
    const fields = fieldsBelow(schema, '', contents);
    return [section('Content', text(schema.description), contents.length, fields)];
  }
  const resources = resourcesIn(contents);
  const own = definitionFields(bundle, shared, contents, schema);
  return [
    section(bundle, 'What holds the resources', contents.length, own),
    ...named(type, resources).map((name) => {
      const found = resources.get(name) ?? [];
      return section(
        name,
        undefined,
        new Set(found.map(([of]) => of)).size,
        definitionFields(
          name,
          shared,
          found.map(([, one]) => one),
          {},
        ),
      );
    }),
  ];
}

function section(name: string, meaning: string | undefined, examples: number, all: readonly Field[]): Section {
  const shown = new Set<string>();
  for (const { path, required, examples: times } of all) {
    const holder = path.slice(0, Math.max(0, path.lastIndexOf('.')));
    // What a part requires matters where the part itself is sent.
    if (times > 0 || (required && (holder === '' || shown.has(holder)))) shown.add(path);
  }
  const isShown = ({ path }: Field) => shown.has(path);
  return {
    name,
    ...(meaning !== undefined && { meaning }),
    examples,
    fields: all.filter(isShown),
    further: all.filter((field) => !isShown(field)),
  };
}

/** Resources that the type names, and then those that its examples hold. */
function named(type: EventType, inExamples: ReadonlyMap<string, unknown>): string[] {
  const names = [
    ...Object.keys(type.message?.counts ?? {}),
    ...(type.states ?? []).flatMap(({ status }) => Object.keys(status)),
    ...type.identifiers.map(({ resource }) => resource),
    ...(type.patient ? [type.patient.resource] : []),
    ...inExamples.keys(),
  ];
  return [...new Set(names)].filter((name) => name !== '' && name !== 'Bundle');
}

/** Every resource of the examples by its type, with the example that holds it. */
function resourcesIn(contents: readonly unknown[]): ReadonlyMap<string, readonly (readonly [number, unknown])[]> {
  const found = new Map<string, (readonly [number, unknown])[]>();
  contents.forEach((content, index) => {
    for (const entry of listOf((content as Words).entry)) {
      const resource = (entry as Words).resource as Words | undefined;
      const name = text(resource?.resourceType);
      if (name !== undefined) found.set(name, [...(found.get(name) ?? []), [index, resource]]);
    }
  });
  return found;
}

/** How deep the members of parts are listed: those that have no name of their own outside of a resource, or of plain JSON. */
const MOST_DEEP = 4;

/** The fields of one definition of FHIR, with what a type narrows; what only stands beside primitives is left out. */
function definitionFields(
  name: string,
  shared: SharedSchema,
  values: readonly unknown[],
  narrowed: Words,
  { prefix, depth }: { readonly prefix: string; readonly depth: number } = { prefix: '', depth: 0 },
): Field[] {
  const definition = shared.definitions[name] ?? {};
  const own = (definition.properties ?? {}) as Readonly<Record<string, Words>>;
  const more = (narrowed.properties ?? {}) as Readonly<Record<string, Words>>;
  const required = new Set([...listOf(definition.required), ...listOf(narrowed.required)]);
  const members = Object.entries(own).filter(([member]) => !member.startsWith('_') && member !== 'resourceType');
  return members.flatMap(([member, schema]) => {
    const meaning = shared.meanings[name]?.[member];
    const field = fieldOf(member, { ...schema, ...more[member] }, required.has(member), values, meaning);
    const path = `${prefix}${member}${schema.items === undefined ? '' : '[]'}`;
    const part = definitionOf(((schema.items ?? schema) as Words).$ref);
    const isPart = part !== undefined && part.startsWith(`${name.split('_')[0] ?? ''}_`) && depth < MOST_DEEP;
    const inside = isPart
      ? definitionFields(part, shared, valuesAt(values, member), {}, { prefix: `${path}.`, depth: depth + 1 })
      : [];
    return [{ ...field, path, ...(isPart && { type: 'part' }) }, ...inside];
  });
}

/** Everything that stands at a member of some values, items of lists one by one. */
function valuesAt(values: readonly unknown[], member: string): unknown[] {
  return values.filter(isObject).flatMap((value) => {
    const one = (value as Words)[member];
    return one === undefined ? [] : Array.isArray(one) ? (one as unknown[]) : [one];
  });
}

function fieldOf(path: string, schema: Words, required: boolean, values: readonly unknown[], meaning?: string): Field {
  const item = (schema.items ?? schema) as Words;
  const isList = schema.items !== undefined || schema.type === 'array';
  const least = required ? (isList ? Number(schema.minItems ?? 1) : 1) : 0;
  const most = !isList ? '1' : typeof schema.maxItems === 'number' ? String(schema.maxItems) : '*';
  const only =
    item.const !== undefined ? [item.const] : Array.isArray(item.enum) ? (item.enum as unknown[]) : undefined;
  return {
    path,
    type: definitionOf(item.$ref) ?? typeWords(item),
    required,
    cardinality: String(least) === most ? most : `${String(least)}..${most}`,
    // A meaning that only lists the values is no meaning.
    ...(meaning !== undefined && !(only && meaning.includes(' | ')) && { meaning }),
    ...(only && { values: only.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))) }),
    examples: values.filter((value) => isObject(value) && Object.hasOwn(value, path)).length,
  };
}

function typeWords({ type, format, enum: only }: Words): string {
  if (format !== undefined) return text(format) ?? 'text';
  const names = Array.isArray(type) ? type : [type ?? (only === undefined ? 'any' : 'string')];
  return names.map((name) => (name === 'string' ? 'text' : String(name))).join(' or ');
}

function fieldsBelow(schema: Words, prefix: string, values: readonly unknown[], depth = 0): Field[] {
  const required = new Set(listOf(schema.required));
  return Object.entries((schema.properties ?? {}) as Readonly<Record<string, Words>>).flatMap(([member, below]) => {
    const field = fieldOf(member, below, required.has(member), values.filter(isObject), text(below.description));
    const item = (below.items ?? below) as Words;
    const inside = depth < MOST_DEEP && item.properties !== undefined;
    const path = `${prefix}${member}${below.items === undefined ? '' : '[]'}`;
    const deeper = inside ? fieldsBelow(item, `${path}.`, valuesAt(values, member), depth + 1) : [];
    return [{ ...field, path }, ...deeper];
  });
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** The name of the definition that a reference leads to. */
function definitionOf(reference: unknown): string | undefined {
  return typeof reference === 'string' ? /#\/\$defs\/(\w+)$/.exec(reference)?.[1] : undefined;
}
