import { pointer } from '../findings.js';

/** A JSON object whose shape is not yet known. Rules run on content that may have failed its schema, so they assume nothing. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Where an object stands, as a chain; it costs nothing until a finding needs the pointer. */
export interface Trail {
  readonly parent: Trail | undefined;
  readonly key: string | number;
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What stands at a path of member names, or nothing as soon as one is missing. */
export function dig(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>((at, name) => asObject(at)?.[name], value);
}

/** The JSON Pointer of a trail, from the root of the event. */
export function pointerOf(trail: Trail | undefined, ...more: (string | number)[]): string {
  const keys: (string | number)[] = [];
  for (let at = trail; at; at = at.parent) keys.unshift(at.key);
  return pointer('/data', ...keys, ...more);
}
