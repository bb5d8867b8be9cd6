import { createHash } from 'node:crypto';
import type { Catalogue } from '../catalogue.js';
import type { EventType } from '../catalogue-type.js';

/** Which contracts have been published: type → digest of what was promised. */
export type PublishedContracts = Readonly<Record<string, string>>;

/** What of a type decides which events are valid and what their fields mean. Words, examples, deadlines and dates may change. */
const PROMISED = [
  'dataContentType',
  'requires',
  'rules',
  'message',
  'states',
  'identifiers',
  'patient',
  'schema',
] as const satisfies readonly (keyof EventType)[];

/** Identifies what a version promises: SHA-256 in hex, the shared FHIR schema included where the type refers to it. */
export function contractDigest(type: EventType, catalogue: Catalogue): string {
  const promised = PROMISED.map((field) => [field, canonical(withoutWords(type[field]))]);
  const refers = JSON.stringify(type.schema).includes('r4.schema.json');
  return digestOf([promised, refers ? sharedDigest(catalogue) : undefined]);
}

const SHARED = new WeakMap<Catalogue, string>();

/** Of the shared FHIR schema; it is large, and the same for all types of a catalogue. */
function sharedDigest(catalogue: Catalogue): string | undefined {
  const known = SHARED.get(catalogue);
  const file = catalogue.schemaFile('fhir/r4.schema.json');
  if (known !== undefined || !file) return known;
  const digest = digestOf(canonical(withoutWords(JSON.parse(file.bytes.toString()))));
  SHARED.set(catalogue, digest);
  return digest;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** What differs from what was published, as sentences that say what to do; empty when every promise stands. */
export function brokenPromises(catalogue: Catalogue, published: PublishedContracts): string[] {
  const recorded = Object.entries(published).flatMap(([name, digest]) => {
    const type = catalogue.find(name);
    if (!type) return [`${name} was published and is gone. Keep its folder, with the status retired.`];
    if (contractDigest(type, catalogue) === digest) return [];
    const next = `${type.family}/${type.event}/v${String(type.version + 1)}`;
    return [
      `The contract of ${name} has changed since it was published. Put the change into a new version (${next}), or, if every event that was valid stays valid, record it: node schemas/published.mjs --earlier <folder of schemas as they were>.`,
    ];
  });
  const unrecorded = catalogue
    .types()
    .filter(({ type, status }) => status !== 'draft' && published[type] === undefined)
    .map(({ type, status }) => `${type} is ${status} and not on record as published: node schemas/published.mjs.`);
  return [...recorded, ...unrecorded];
}

/** Members that only explain. */
const WORDS = new Set(['title', 'description', '$comment', 'examples']);
/** Members whose keys are names of somebody's own, which may be called like a keyword. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas', 'counts', 'status']);

function withoutWords(value: unknown, isNamed = false): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutWords(one));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => isNamed || !WORDS.has(key));
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutWords(one, !isNamed && NAMED.has(key))]));
}

/** The same value always as the same text. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, one]) => [key, canonical(one)]));
}
