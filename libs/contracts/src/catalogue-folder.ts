import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TypeFolder } from './catalogue-compile.js';
import type { AcceptedExample, EventType, RejectedExample, TypeDescription } from './catalogue-type.js';
import { deadlinesProblem } from './deadlines.js';
import { asObject } from './rules/json-tree.js';
import { CONTENT_RULES } from './rules/content-rules.js';

/** The catalogue on disk is not as it must be. Says which file, and what is wrong with it. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';

  constructor(file: string, problem: string, cause?: unknown) {
    super(`${file}: ${problem}`, { cause });
  }
}

/** One file of the catalogue, by its path below the folder of schemas with `/` on every system. */
export interface CatalogueFile {
  readonly path: string;
  readonly bytes: Buffer;
}

const STALE: readonly unknown[] = [undefined, 'deliver-late', 'hold'];
const STATUSES = ['draft', 'active', 'deprecated', 'retired'];
const TEXTS = ['title', 'description', 'owner', 'dataContentType', 'classification'] as const;

/** Reads a type's folder: every file of it, and the type that they describe. */
export async function readTypeFolder(
  root: string,
  folder: TypeFolder,
  fhirSchema: Uint8Array,
): Promise<{ type: EventType; files: CatalogueFile[] }> {
  const files = await readFiles(root, folder.path);
  const description = checkDescription(readJson(files, `${folder.path}/type.json`), folder);
  const accepts = readExamples(files, `${folder.path}/accepts/`);
  const rejects = readExamples(files, `${folder.path}/rejects/`);
  const type: EventType = {
    ...description,
    family: folder.family,
    event: folder.event,
    version: folder.version,
    schema: readJson(files, `${folder.path}/data.schema.json`),
    readme: files.find(({ path }) => path === `${folder.path}/README.md`)?.bytes.toString() ?? '',
    examples: { accepts: accepts.map(acceptedExample), rejects: rejects.map(rejectedExample) },
    digest: digestOf(files, fhirSchema),
    folder: join(root, folder.path),
  };
  return { type, files };
}

/** All files below a folder of the catalogue, in alphabetical order. */
export async function readFiles(root: string, path: string): Promise<CatalogueFile[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true });
  const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const found = await Promise.all(
    sorted.map(async (entry): Promise<CatalogueFile[]> => {
      const below = `${path}/${entry.name}`;
      if (entry.isDirectory()) return readFiles(root, below);
      return entry.isFile() ? [{ path: below, bytes: await readFile(join(root, below)) }] : [];
    }),
  );
  return found.flat();
}

function readJson(files: readonly CatalogueFile[], path: string): Record<string, unknown> {
  const file = files.find((candidate) => candidate.path === path);
  if (!file) throw new CatalogueError(path, 'the file is missing');
  return parse(file);
}

function parse({ path, bytes }: CatalogueFile): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw new CatalogueError(path, 'it is not well-formed JSON', error);
  }
  const object = asObject(value);
  if (!object) throw new CatalogueError(path, 'it must hold a JSON object');
  return object;
}

function checkDescription(
  described: Record<string, unknown>,
  { family, event, version, path }: TypeFolder,
): TypeDescription {
  const wrong = (problem: string): CatalogueError => new CatalogueError(`${path}/type.json`, problem);
  const type = `org.signalbox.${family}.${event}.v${version}`;
  if (described.type !== type) throw wrong(`"type" must be ${type}, as the folder says`);
  for (const name of TEXTS) {
    if (typeof described[name] !== 'string' || described[name] === '')
      throw wrong(`"${name}" must be a non-empty string`);
  }
  if (!STATUSES.includes(String(described.status))) throw wrong(`"status" must be one of ${STATUSES.join(', ')}`);
  if (!asObject(described.dates)?.[String(described.status)])
    throw wrong('"dates" must say since when it has its status');
  for (const name of ['requires', 'rules', 'identifiers']) {
    if (!Array.isArray(described[name])) throw wrong(`"${name}" must be an array`);
  }
  const unknown = (described.rules as unknown[]).filter((rule) => !Object.hasOwn(CONTENT_RULES, String(rule)));
  if (unknown.length > 0) throw wrong(`"rules" names what is no rule: ${unknown.join(', ')}`);
  const states = Array.isArray(described.states) ? (described.states as unknown[]) : [];
  const problem = deadlinesProblem(described.deadlines, described.awaits, states);
  if (problem !== undefined) throw wrong(problem);
  if (!STALE.includes(described.stale)) throw wrong('"stale" must be "deliver-late" or "hold"');
  return described as unknown as TypeDescription;
}

interface ExampleFile {
  readonly name: string;
  readonly path: string;
  readonly content: Record<string, unknown>;
}

function readExamples(files: readonly CatalogueFile[], folder: string): ExampleFile[] {
  return files
    .filter(({ path }) => path.startsWith(folder) && path.endsWith('.json'))
    .map((file) => ({ name: file.path.slice(folder.length, -'.json'.length), path: file.path, content: parse(file) }));
}

const acceptedExample = ({ name, content }: ExampleFile): AcceptedExample => ({ name, event: content });

function rejectedExample({ name, path, content }: ExampleFile): RejectedExample {
  const event = asObject(content.event);
  if (!event || typeof content.trips !== 'string' || typeof content.at !== 'string') {
    throw new CatalogueError(path, 'a rejected example holds "trips", "at" and "event"');
  }
  return { name, trips: content.trips, at: content.at, event };
}

function digestOf(files: readonly CatalogueFile[], fhirSchema: Uint8Array): string {
  const hash = createHash('sha256').update(fhirSchema);
  for (const { path, bytes } of files) hash.update(`\0${path}\0${bytes.byteLength}\0`).update(bytes);
  return hash.digest('hex');
}
