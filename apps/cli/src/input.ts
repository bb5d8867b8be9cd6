import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { CommandFailure, EXIT_CODES } from './exit-codes.js';
import { JsonValues } from './json-values.js';

/** One event of the input, its bytes as they stand there. */
export interface InputEvent {
  readonly bytes: Uint8Array;
  /** Bytes of the input read so far, for progress. */
  readonly readBytes: number;
  /** Which one it is, for people: its file, where there are several, else its place. */
  readonly name: string;
}

/** Events from a file or from stdin, as they come: a file of any size takes little memory. */
export interface Input {
  /** Size in bytes; undefined for stdin. */
  readonly totalBytes: number | undefined;
  events(): AsyncGenerator<InputEvent>;
}

/**
 * Opens a file, every `.json` and `.ndjson` file of a folder in the order of their names, or stdin (`-`).
 *
 * @throws {@link CommandFailure} (usage) for what is not there.
 */
export async function openInput(path: string, stdin: NodeJS.ReadableStream): Promise<Input> {
  if (path === '-') return { totalBytes: undefined, events: () => eventsOf([{ stream: stdin }]) };
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() === true)
    return { totalBytes: found.size, events: () => eventsOf([{ stream: createReadStream(path) }]) };
  if (found?.isDirectory() === true) return openFolder(path);
  throw new CommandFailure(EXIT_CODES.usage, `There is no file ${path}. For stdin, say - instead of a file.`);
}

async function openFolder(folder: string): Promise<Input> {
  const files = (await readdir(folder)).filter((name) => /\.(nd)?json$/.test(name)).sort();
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  const totalBytes = sizes.reduce((sum, size) => sum + size, 0);
  const sources = files.map((file) => ({ file, stream: createReadStream(join(folder, file)) }));
  return { totalBytes, events: () => eventsOf(sources) };
}

interface Source {
  /** Its name, where it is one of several. */
  readonly file?: string;
  readonly stream: AsyncIterable<unknown>;
}

async function* eventsOf(sources: readonly Source[]): AsyncGenerator<InputEvent> {
  let readBytes = 0;
  let count = 0;
  for (const { file, stream } of sources) {
    const values = new JsonValues();
    let inFile = 0;
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array);
      readBytes += bytes.length;
      for (const value of values.push(bytes)) {
        count += 1;
        inFile += 1;
        const place = `event ${String(inFile)}`;
        yield { bytes: value, readBytes, name: file === undefined ? place : inFile === 1 ? file : `${file}, ${place}` };
      }
    }
    values.end();
  }
  if (count === 0) throw new CommandFailure(EXIT_CODES.usage, 'The input holds no event.');
}

/** Up to `size` items at a time. */
export async function* grouped<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let group: T[] = [];
  for await (const item of items) {
    group.push(item);
    if (group.length >= size) {
      yield group;
      group = [];
    }
  }
  if (group.length > 0) yield group;
}

/** The ODS code and application that an event names as its source (`urn:ods:<ODS>:<application>`), if it does. */
export function sourceOf(bytes: Uint8Array): { org?: string; app?: string } {
  let source: unknown;
  try {
    source = (JSON.parse(Buffer.from(bytes).toString('utf8')) as { source?: unknown }).source;
  } catch {
    return {};
  }
  const [, org, app] = typeof source === 'string' ? (/^urn:ods:([A-Za-z0-9]+):(.+)$/.exec(source) ?? []) : [];
  return { ...(org !== undefined && { org }), ...(app !== undefined && { app }) };
}

/** A whole number of at least 1 given as an option. */
export function positive(value: string, option: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new CommandFailure(EXIT_CODES.usage, `${option} must be a whole number of at least 1.`);
}

/** A JSON object given as an option. */
export function jsonObject(value: string, option: string): Record<string, unknown> {
  const parsed = jsonOf(value);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new CommandFailure(EXIT_CODES.usage, `${option} must be a JSON object.`);
}

/** A JSON array given as an option. */
export function jsonArray(value: string, option: string): unknown[] {
  const parsed = jsonOf(value);
  if (Array.isArray(parsed)) return parsed as unknown[];
  throw new CommandFailure(EXIT_CODES.usage, `${option} must be a JSON array.`);
}

function jsonOf(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

/** How much of the input has been read, from 0 to 1; nothing can be said of stdin. */
export function shareOf(input: Input, readBytes: number): number {
  return input.totalBytes === undefined || input.totalBytes === 0 ? 0 : readBytes / input.totalBytes;
}
