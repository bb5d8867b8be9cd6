import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SchemaCompiler, schemaDigest, type ContentValidator } from './catalogue-compile.js';

/** What the build writes: validators by name, and which digest of schemas belongs to which name. */
type Precompiled = Readonly<Record<string, ContentValidator>> & { readonly digests?: Readonly<Record<string, string>> };

/** Where the build puts them, seen from the compiled library as well as from its sources. */
const PLACES = ['./validators/validators.cjs', '../dist/validators/validators.cjs'];

/**
 * Finds the validator of each type: the one that the build made of exactly these schemas, or else one that is compiled now,
 * which takes a second or two, so that an added or changed type works without a build.
 */
export class Validators {
  private readonly precompiled = loadPrecompiled();
  private compiler: SchemaCompiler | undefined;
  private compiledHere = 0;

  constructor(private readonly folder: string) {}

  /** How many types had to be compiled at run time. */
  get compiledAtRunTime(): number {
    return this.compiledHere;
  }

  /** @throws Error of Ajv, if the schema is not valid */
  of(path: string, fhirSchema: Uint8Array, dataSchema: Uint8Array): ContentValidator {
    const name = this.precompiled.digests?.[schemaDigest(fhirSchema, dataSchema)];
    const ready = name === undefined ? undefined : this.precompiled[name];
    if (ready) return ready;
    this.compiledHere++;
    this.compiler ??= new SchemaCompiler(this.folder);
    return this.compiler.compile(path);
  }
}

function loadPrecompiled(): Precompiled {
  const file = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url))).find(existsSync);
  return file === undefined ? {} : (createRequire(import.meta.url)(file) as Precompiled);
}
