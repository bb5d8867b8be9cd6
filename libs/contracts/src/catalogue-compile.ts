import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';
// Only packages and Node itself are imported here, because the build runs this file as it stands, before anything is compiled.
import { _, Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** One error of Ajv, as far as findings need it. */
export interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A compiled `data.schema.json`: answers whether the content is valid, and leaves every error in `errors`. */
export interface ContentValidator {
  (data: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/** A type's folder, relative to the folder of schemas. */
export interface TypeFolder {
  readonly family: string;
  readonly event: string;
  readonly version: number;
  /** `<family>/<event>/v<version>`, with `/` on every system. */
  readonly path: string;
}

/** The shared schema that the types refer to. */
export const FHIR_SCHEMA = 'fhir/r4.schema.json';

/** Raised by hand when the options below change, so that validators compiled earlier are not used any more. */
const COMPILER_EDITION = '2';

/**
 * How every schema is compiled. `allErrors`: a publisher is told everything at once. Patterns are read without the `u`
 * flag: twice as fast on FHIR content, and the same answer as long as no pattern uses `\p{…}` or `\u{…}` (refused below).
 */
const OPTIONS = {
  allErrors: true,
  discriminator: true,
  ownProperties: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
  unicodeRegExp: false,
} as const;

/**
 * Ajv joins the errors of every part with those found before, by copying: content that fails in a hundred thousand places
 * would keep a process busy for seconds. From here on further errors are dropped; the content has failed either way.
 */
const ENOUGH_ERRORS = 1000;
const JOINED_ERRORS = /vErrors === null \? ([\w.]+)\.errors : vErrors\.concat\(\1\.errors\)/g;

/** Generated code that stops joining errors when there are enough of them. */
export function boundErrors(code: string): string {
  return code.replace(
    JOINED_ERRORS,
    (_, part: string) =>
      `vErrors === null ? ${part}.errors : vErrors.length < ${ENOUGH_ERRORS} ? vErrors.concat(${part}.errors) : vErrors`,
  );
}

/** Every folder `<family>/<event>/v<N>` that holds a `type.json`, in alphabetical order. */
export function typeFolders(folder: string): TypeFolder[] {
  const found: TypeFolder[] = [];
  for (const family of foldersIn(folder)) {
    for (const event of foldersIn(join(folder, family))) {
      for (const name of foldersIn(join(folder, family, event))) {
        const version = /^v([1-9][0-9]*)$/.exec(name)?.[1];
        const path = posix.join(family, event, name);
        if (version === undefined || !readdirSync(join(folder, path)).includes('type.json')) continue;
        found.push({ family, event, version: Number(version), path });
      }
    }
  }
  return found;
}

function foldersIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Identifies what a compiled validator was made of: the shared schema, the type's own schema, and the way of compiling. */
export function schemaDigest(fhirSchema: Uint8Array, dataSchema: Uint8Array): string {
  const hash = createHash('sha256').update(`${COMPILER_EDITION}\0${JSON.stringify(OPTIONS)}\0`);
  return hash.update(fhirSchema).update('\0').update(dataSchema).digest('hex');
}

/** Where generated code finds the formats: said here, because the plug-in may have been installed with a compiler of its own. */
const FORMATS = _`require("ajv-formats/dist/formats").fullFormats`;

/** Compiles schemas of one folder; the shared FHIR schema is compiled once for all of them. */
export class SchemaCompiler {
  readonly ajv: Ajv2020;
  private readonly folder: string;

  /** @param source whether the generated code is kept, for writing it to a file */
  constructor(folder: string, source = false) {
    this.folder = folder;
    this.ajv = new Ajv2020({ ...OPTIONS, code: { source, process: boundErrors, formats: FORMATS } });
    formats.default(this.ajv, ['date-time', 'uuid', 'uri']);
    this.ajv.addSchema(this.read(FHIR_SCHEMA), keyOf(FHIR_SCHEMA));
  }

  /** @throws Error of Ajv, if the schema is not valid or refers to what is not there */
  compile(path: string): ContentValidator {
    const key = this.add(path);
    return this.ajv.getSchema(key) as ContentValidator;
  }

  /** Makes a type's schema known without compiling it, and answers the key it is known by. */
  add(path: string): string {
    const file = posix.join(path, 'data.schema.json');
    this.ajv.addSchema(this.read(file), keyOf(file));
    return keyOf(file);
  }

  private read(path: string): object {
    const text = readFileSync(join(this.folder, path), 'utf8');
    if (/\\\\[pPu]\{/.test(text))
      throw new Error(`${path}: patterns are read without the u flag; \\p{…} and \\u{…} do not work`);
    return JSON.parse(text) as object;
  }
}

/** Schemas have no `$id`, so that relative references work wherever they are served; here they live under a base of their own. */
const keyOf = (path: string): string => `schemas://catalogue/${path}`;
