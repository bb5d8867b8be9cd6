import type { Catalogue } from '@signalbox/contracts';

/** The schema that the content of most types refers to, in the catalogue's folder. */
const SHARED = 'fhir/r4.schema.json';

/**
 * The names of members that contracts know, by type: what stands under `properties` somewhere in the schema of the type or
 * in the shared FHIR schema. Only these are shown of a document; a name that a sender made up could be a patient's.
 */
export class KnownNames {
  readonly #shared: ReadonlySet<string>;
  readonly #byType = new Map<string, ReadonlySet<string>>();

  constructor(private readonly catalogue: Pick<Catalogue, 'find' | 'schemaFile'>) {
    const file = catalogue.schemaFile(SHARED);
    this.#shared = namesIn(file === undefined ? {} : (JSON.parse(file.bytes.toString()) as unknown));
  }

  /** Those of a type; of one that the catalogue does not know, those of the shared schema. */
  of(type: string): ReadonlySet<string> {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const schema = this.catalogue.find(type)?.schema;
    const names = schema === undefined ? this.#shared : namesIn(schema, new Set(this.#shared));
    this.#byType.set(type, names);
    return names;
  }
}

/** Every name under a `properties`, however deep. */
export function namesIn(schema: unknown, names = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return names;
  for (const [key, member] of Object.entries(schema) as [string, unknown][]) {
    if (key === 'properties' && typeof member === 'object' && member !== null)
      for (const name of Object.keys(member)) names.add(name);
    namesIn(member, names);
  }
  return names;
}
