import { DEFAULT_LIMITS } from '../codec/limits.js';
import { decodeStructured } from '../codec/structured.js';
import { pointer } from '../findings.js';
import { judge } from '../judge.js';
import type { TypeVersion } from './type-version.js';

/** Something that a type's folder must not have, or must have. */
export interface LintFinding {
  /** File below the type's folder, and the place in it. */
  readonly path: string;
  readonly sentence: string;
}

/** Keywords that validators read differently, or that this exchange does not use, and why. */
const AVOIDED: Readonly<Record<string, string>> = {
  $id: 'schemas have no $id, so that relative references work wherever they are served',
  $anchor: 'refer by JSON Pointer: an anchor is not understood by the compatibility check',
  $dynamicRef: 'validators disagree about it',
  $dynamicAnchor: 'validators disagree about it',
  $recursiveRef: 'it belongs to an older draft',
  $recursiveAnchor: 'it belongs to an older draft',
  $vocabulary: 'the vocabulary is the one of 2020-12',
  unevaluatedItems: 'validators disagree about it where contains or nested items are near; use items: false',
  definitions: 'it belongs to an older draft; use $defs',
  dependencies: 'it belongs to an older draft; use dependentRequired or dependentSchemas',
  additionalItems: 'it belongs to an older draft; use items after prefixItems',
};

/** Members whose values are schemas by a name of somebody's own. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas']);
/** Members whose values are no schemas. */
const PLAIN = new Set(['enum', 'const', 'default', 'examples', 'required', 'dependentRequired']);
/** Formats that are checked; another one would be a promise that nobody keeps. */
const CHECKED_FORMATS = ['date-time', 'uuid', 'uri'];

/** What stands against publishing a type as its folder is. The catalogue has loaded it, so it compiles. */
export function lintType(version: TypeVersion): LintFinding[] {
  const { type } = version;
  const found: LintFinding[] = [];
  const say = (path: string, sentence: string) => found.push({ path, sentence });
  if (!/^# /.test(type.readme) || !type.readme.includes(type.type))
    say('README.md', `It must begin with a heading and name ${type.type}.`);
  if (type.examples.accepts.length < 3) say('accepts/', 'There must be at least three events that pass.');
  if (type.examples.rejects.length < 5) say('rejects/', 'There must be at least five events that do not pass.');
  if (type.status === 'deprecated' && type.replacedBy === undefined)
    say('type.json#/replacedBy', 'A deprecated type must say what to use instead.');
  walk(type.schema, '', (path, sentence) => say(`data.schema.json#${path}`, sentence));
  return [...found, ...exampleFindings(version)];
}

function exampleFindings({ type, catalogue }: TypeVersion): LintFinding[] {
  const judged = (event: object) =>
    judge(decodeStructured(Buffer.from(JSON.stringify(event)), DEFAULT_LIMITS), catalogue).findings;
  const accepted = type.examples.accepts.flatMap(({ name, event }) =>
    judged(event).map(({ path, rule }) => ({
      path: `accepts/${name}.json#${path}`,
      sentence: `It must pass, and breaks the rule ${rule}.`,
    })),
  );
  const rejected = type.examples.rejects.filter(
    ({ event, trips, at }) => !judged(event).some(({ path, rule }) => rule === trips && path === at),
  );
  return [
    ...accepted,
    ...rejected.map(({ name, trips, at }) => ({
      path: `rejects/${name}.json`,
      sentence: `It must break the rule ${trips} at ${at}, and does not.`,
    })),
  ];
}

function walk(schema: unknown, path: string, say: (path: string, sentence: string) => void): void {
  if (Array.isArray(schema)) {
    for (const [index, one] of schema.entries()) walk(one, pointer(path, index), say);
    return;
  }
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    const at = pointer(path, keyword);
    const why = AVOIDED[keyword];
    if (why !== undefined) say(at, `Leave out ${keyword}: ${why}.`);
    if (keyword === 'format' && !CHECKED_FORMATS.includes(String(value)))
      say(at, `Only the formats ${CHECKED_FORMATS.join(', ')} are checked; say the form by a pattern.`);
    if (keyword === 'enum' && Array.isArray(value) && value.length === 0) say(at, 'An empty list takes nothing.');
    if (PLAIN.has(keyword)) continue;
    if (!NAMED.has(keyword)) walk(value, at, say);
    else for (const [name, below] of Object.entries(value as object)) walk(below, pointer(at, name), say);
  }
}
