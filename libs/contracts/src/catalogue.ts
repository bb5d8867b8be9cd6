import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FHIR_SCHEMA, typeFolders, type ContentValidator } from './catalogue-compile.js';
import { CatalogueError, readTypeFolder, type CatalogueFile } from './catalogue-folder.js';
import type { EventType } from './catalogue-type.js';
import { Validators } from './catalogue-validators.js';
import type { Finding } from './findings.js';
import { isShowableName } from './json/locate.js';
import { Bundle } from './rules/bundle.js';
import { CONTENT_RULES } from './rules/content-rules.js';
import { schemaFindings } from './rules/schema-findings.js';

/** A file of the catalogue as it is served: its bytes never change while the process lives. */
export interface SchemaFile {
  readonly bytes: Buffer;
  /** Strong entity tag (RFC 9110), with its quotes. */
  readonly etag: string;
}

/**
 * Every event type, read once from a folder of schemas and held in memory. A type is there because its folder is there:
 * `<family>/<event>/v<N>/` with `type.json`, `data.schema.json`, `README.md` and examples.
 */
export class Catalogue {
  private readonly byName: ReadonlyMap<string, EventType>;
  private readonly all: readonly EventType[];

  private constructor(
    types: readonly EventType[],
    private readonly validators: ReadonlyMap<string, ContentValidator>,
    private readonly files: ReadonlyMap<string, SchemaFile>,
    /** How many types were compiled while loading, because the build had no validator for exactly their schema. */
    readonly compiledAtRunTime: number,
  ) {
    this.all = types;
    this.byName = new Map(types.map((type) => [type.type, type]));
  }

  /**
   * Reads a folder of schemas.
   *
   * @throws CatalogueError that names the file and what is wrong with it
   */
  static async load(folder: string): Promise<Catalogue> {
    const fhirSchema = await readFile(join(folder, FHIR_SCHEMA));
    const read = await Promise.all(foldersIn(folder).map((found) => readTypeFolder(folder, found, fhirSchema)));
    const compiler = new Validators(folder);
    const validators = new Map<string, ContentValidator>();
    for (const { type, files } of read) {
      const path = `${type.family}/${type.event}/v${type.version}`;
      const schema = files.find((file) => file.path === `${path}/data.schema.json`)!;
      validators.set(type.type, compile(compiler, path, fhirSchema, schema));
    }
    const files = [{ path: FHIR_SCHEMA, bytes: fhirSchema }, ...read.flatMap(({ files: own }) => own)];
    const types = read.map(({ type }) => type);
    return new Catalogue(types, validators, new Map(files.map(served)), compiler.compiledAtRunTime);
  }

  /** All types in alphabetical order, retired ones included. */
  types(): readonly EventType[] {
    return this.all;
  }

  find(type: string): EventType | undefined {
    return this.byName.get(type);
  }

  /** A file below the folder of schemas, such as `fhir/r4.schema.json` or `result/reported/v1/README.md`; nothing else can be reached. */
  schemaFile(path: string): SchemaFile | undefined {
    return this.files.get(path.replace(/^\/+/, ''));
  }

  /** Every finding about the content: of its schema first, then of the named rules that its type lists. Pointers start at `/data`. */
  validate(type: EventType, data: unknown): Finding[] {
    const validator = this.validators.get(type.type);
    if (!validator) throw new CatalogueError(type.type, 'the type is not of this catalogue');
    const findings = validator(data) ? [] : schemaFindings(validator.errors ?? [], data);
    const bundle = new Bundle(data);
    for (const rule of type.rules) findings.push(...(CONTENT_RULES[rule]?.(bundle, type) ?? []));
    return findings.length === 0 ? findings : distinct(findings.map(withoutOddNames));
  }
}

/** The folder of schemas of this repository, from wherever the library runs. */
export function defaultSchemasFolder(): string {
  return fileURLToPath(new URL('../../../schemas', import.meta.url));
}

function foldersIn(folder: string) {
  try {
    return typeFolders(folder);
  } catch (error) {
    throw new CatalogueError(folder, 'the folder of schemas cannot be read', error);
  }
}

function compile(compiler: Validators, path: string, fhirSchema: Buffer, schema: CatalogueFile): ContentValidator {
  try {
    return compiler.of(path, fhirSchema, schema.bytes);
  } catch (error) {
    throw new CatalogueError(schema.path, `the schema cannot be compiled: ${(error as Error).message}`, error);
  }
}

function served({ path, bytes }: CatalogueFile): [string, SchemaFile] {
  return [path, { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` }];
}

/** Member names are sent by someone; a pointer ends before the first one that does not look like a name. */
function withoutOddNames(finding: Finding): Finding {
  const segments = finding.path.split('/').slice(1);
  const odd = segments.findIndex((segment) => !/^\d{1,6}$/.test(segment) && !isShowableName(segment));
  return odd < 0 ? finding : { ...finding, path: ['', ...segments.slice(0, odd)].join('/') };
}

/** The same rule at the same place is one finding, whoever found it. */
function distinct(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.path}\n${finding.rule}`;
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()];
}
