import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { directions } from './directions.js';
import { COMPARISON_LIMITS } from './limits.js';
import { type Schema, SchemaShelf } from './schema-node.js';

/** A part with a name of its own: references in it begin there. */
const resource = { $id: 'part', $defs: { a: { type: 'string' } }, properties: { q: { $ref: '#/$defs/a' } } };

/** What both say, that looks the same or narrower and is not, and the value that shows it. */
const PAIRS: readonly (readonly [what: string, narrow: Schema, wide: Schema, value: unknown])[] = [
  [
    'a reference in a part with a name of its own',
    { properties: { p: resource }, $defs: { a: { type: 'number' } } },
    { properties: { p: { properties: { q: { type: 'number' } } } } },
    { p: { q: 'x' } },
  ],
  ['null beside a type', { type: 'string', nullable: true }, { type: 'string' }, null],
  ['null beside a list of values', { type: 'string', nullable: true, enum: ['a', null] }, { enum: ['a'] }, null],
  [
    'a pattern that looks like another when it is read as a name',
    { patternProperties: { 'x|ab': true }, additionalProperties: false },
    { patternProperties: { b$: true }, unevaluatedProperties: false },
    { x: 1 },
  ],
  [
    'a pattern that is written like a name',
    { patternProperties: { a: true }, additionalProperties: false },
    { properties: { a: true }, unevaluatedProperties: false },
    { ab: 1 },
  ],
  ['steps that are no multiples as machines divide', { multipleOf: 0.3 }, { multipleOf: 0.1 }, 0.3],
  ['steps that are very small', { multipleOf: 1e-7 }, { multipleOf: 1 }, 1e-7],
  ['two zeros', { enum: [0, 1] }, { not: { const: -0 } }, 0],
];

function judgeOf(schema: Schema): (value: unknown) => boolean {
  const judge = new Ajv2020({ strict: false, logger: false, ownProperties: true, allErrors: true }).compile(schema);
  return (value) => judge(value);
}

function obstacles(narrow: Schema, wide: Schema): readonly unknown[] {
  const shelf = new SchemaShelf();
  return directions(shelf.document(narrow), shelf.document(wide), COMPARISON_LIMITS).backward.obstacles;
}

describe('what looks compatible and is not', () => {
  it.each(PAIRS)('is seen: %s', (_, narrow, wide, value) => {
    expect([judgeOf(narrow)(value), judgeOf(wide)(value)]).toEqual([true, false]);
    expect(obstacles(narrow, wide)).not.toEqual([]);
  });

  it('is a dynamic reference, though it is written the same', () => {
    const of = (type: unknown) => ({
      properties: { p: { $dynamicRef: '#n' } },
      $defs: { n: { $dynamicAnchor: 'n', type } },
    });
    expect(obstacles(of(['string', 'null']), of('string'))).not.toEqual([]);
  });

  it('is seen though both share a part in memory, whose references lead elsewhere in each', () => {
    const shared = { $ref: '#/$defs/a' };
    const of = (type: string) => ({ properties: { p: { allOf: [shared], title: type } }, $defs: { a: { type } } });
    expect(obstacles(of('number'), of('integer'))).not.toEqual([]);
  });
});
