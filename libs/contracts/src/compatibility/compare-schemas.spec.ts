import { describe, expect, it } from '@jest/globals';
import { compareSchemas } from './compare-schemas.js';
import { COMPARISON_LIMITS } from './limits.js';
import type { Schema } from './schema-node.js';

const text = { type: 'string' };
const number = { type: 'number' };
const whole = { type: 'integer' };
const closed = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});
const tagged = (tag: string, more: object = {}) => ({
  type: 'object',
  properties: { tag: { const: tag }, ...more },
  required: ['tag'],
});
const tree = (value: object) => ({
  $ref: '#/$defs/tree',
  $defs: { tree: closed({ value, below: { type: 'array', items: { $ref: '#/$defs/tree' } } }) },
});
const either = { type: 'object', properties: { kind: { enum: ['a', 'b'] } }, required: ['kind'] };
const aNeedsX = { if: { properties: { kind: { const: 'a' } } }, then: { required: ['x'] } };

/** What changes, from what to what, and in which directions everything is still taken. */
const CHANGES: readonly (readonly [string, Schema, Schema, ('forward' | 'backward')[]])[] = [
  ['words only', { ...text, title: 'a' }, { ...text, description: 'b' }, ['forward', 'backward']],
  ['a wider type', whole, number, ['backward']],
  ['another type', { type: 'object' }, { type: 'array' }, []],
  ['a type more', { type: ['object'] }, { type: ['object', 'array'] }, ['backward']],
  ['a longer minimum length', { ...text, minLength: 1 }, { ...text, minLength: 2 }, ['forward']],
  ['a longer maximum length', { ...text, maxLength: 1 }, { ...text, maxLength: 2 }, ['backward']],
  ['another pattern', { ...text, pattern: '^a' }, { ...text, pattern: '^b' }, []],
  ['a pattern less', { ...text, pattern: '^a' }, text, ['backward']],
  ['another format', { ...text, format: 'uuid' }, { ...text, format: 'uri' }, []],
  [
    'an exclusive bound of whole numbers',
    { ...whole, exclusiveMinimum: 4 },
    { ...whole, minimum: 5 },
    ['forward', 'backward'],
  ],
  ['a finer step', { ...number, multipleOf: 10 }, { ...number, multipleOf: 2.5 }, ['backward']],
  ['a value more', { enum: ['a'] }, { enum: ['a', 'b'] }, ['backward']],
  ['a constant instead of a list', { enum: ['a', 'b'] }, { const: 'a' }, ['forward']],
  ['a value less of what a pattern narrows', { enum: ['a', 'b1'] }, { enum: ['b1'], pattern: '\\d' }, ['forward']],
  ['a required member more', { ...closed({ a: text }) }, closed({ a: text }, { required: ['a'] }), ['forward']],
  ['an optional member of a closed object', closed({ a: text }), closed({ a: text, b: text }), ['backward']],
  [
    'an optional member of an open object',
    { properties: { a: text } },
    { properties: { a: text, b: text } },
    ['forward'],
  ],
  [
    'a member that the open part covers',
    { type: 'object', additionalProperties: text },
    { type: 'object', properties: { a: text }, additionalProperties: text },
    ['forward', 'backward'],
  ],
  [
    'a member that patterns cover',
    closed({ I_1: whole }),
    closed({}, { patternProperties: { '^I_': number } }),
    ['backward'],
  ],
  ['fewer names', { propertyNames: { maxLength: 5 } }, { propertyNames: { maxLength: 3 } }, ['forward']],
  ['a member beside another', { type: 'object' }, { type: 'object', dependentRequired: { a: ['b'] } }, ['forward']],
  ['a schema beside a member', { dependentSchemas: { a: { required: ['b'] } } }, {}, ['backward']],
  [
    'an item more in a closed list',
    { type: 'array', prefixItems: [text], items: false },
    { type: 'array', prefixItems: [text, text], items: false },
    ['backward'],
  ],
  ['other items', { type: 'array', items: whole }, { type: 'array', items: number }, ['backward']],
  ['an item that must be there', { type: 'array' }, { type: 'array', contains: text }, ['forward']],
  ['an item that must be there less often', { contains: text, minContains: 2 }, { contains: text }, ['backward']],
  ['unique items', { type: 'array' }, { type: 'array', uniqueItems: true }, ['forward']],
  ['anyOf instead of types', { type: ['string', 'number'] }, { anyOf: [text, number] }, ['forward', 'backward']],
  ['an alternative more', { anyOf: [text] }, { anyOf: [text, number] }, ['backward']],
  [
    'oneOf instead of anyOf that overlaps',
    { anyOf: [{ minimum: 1 }, { maximum: 5 }] },
    { oneOf: [{ minimum: 1 }, { maximum: 5 }] },
    ['forward'],
  ],
  [
    'a tagged alternative more',
    { oneOf: [tagged('a'), tagged('b')] },
    { oneOf: [tagged('a'), tagged('b'), tagged('c')] },
    ['backward'],
  ],
  [
    'more in a tagged alternative',
    { oneOf: [tagged('a', { v: text }), tagged('b')] },
    { oneOf: [tagged('a', { v: { type: ['string', 'null'] } }), tagged('b')] },
    ['backward'],
  ],
  ['less that is ruled out', { not: number }, { not: whole }, ['backward']],
  ['a condition', either, { ...either, ...aNeedsX }, ['forward']],
  [
    'the other way of a condition',
    { ...either, ...aNeedsX },
    { ...either, ...aNeedsX, else: { required: ['y'] } },
    ['forward'],
  ],
  ['a wider value in a tree', tree(text), tree({ type: ['string', 'null'] }), ['backward']],
  [
    'the same tree written otherwise',
    tree(text),
    { ...tree(text), allOf: [{ $ref: '#/$defs/tree' }] },
    ['forward', 'backward'],
  ],
  [
    'unevaluated members beside parts',
    { allOf: [{ properties: { a: text } }], type: 'object', unevaluatedProperties: false },
    closed({ a: text }),
    ['forward', 'backward'],
  ],
  ['a keyword that nobody knows', { type: 'object', futureKeyword: 1 }, { type: 'object', futureKeyword: 2 }, []],
  ['a reference to nowhere', text, { anyOf: [text], contentSchema: { $ref: '#/$defs/nowhere' } }, ['forward']],
];

/** Bounded by number alone: what is found must not depend on how busy the machine is. */
const LIMITS = { ...COMPARISON_LIMITS, tries: 200, searchMs: Infinity };

describe('comparing two schemas', () => {
  it.each(CHANGES)('knows of %s in which directions everything is still taken', (_, older, newer, taken) => {
    const { verdict, missed } = compareSchemas(older, newer, LIMITS);
    expect(Object.entries(verdict).flatMap(([direction, holds]) => (holds ? [direction] : []))).toEqual(taken);
    expect(missed).toEqual([]);
  });

  it('says what breaks, where, which way, and shows a value', () => {
    const older = closed({ code: { enum: ['a', 'b'] }, note: text }, { required: ['code'] });
    const newer = closed({ code: { enum: ['a', 'c'] } }, { required: ['code'] });
    const { changes, witness } = compareSchemas(older, newer, LIMITS);
    expect(changes.map(({ path, kind, direction, sentence }) => [path, kind, direction, sentence])).toEqual([
      [
        '/code',
        'enum',
        'both',
        'The newer one takes "c" here, the older one does not. The older one takes "b" here, the newer one does not.',
      ],
      ['', 'member', 'backward', 'The older one takes the member note, the newer one does not know it.'],
    ]);
    expect(witness.forward).toMatchObject({ refusedBy: [{ path: '/code', rule: 'enum' }] });
    expect(witness.backward?.refusedBy[0]?.rule).toMatch(/^(enum|additionalProperties)$/);
  });

  it('finds the same counter-example again', () => {
    const [older, newer] = [closed({ a: { ...text, maxLength: 9 } }), closed({ a: { ...text, maxLength: 4 } })];
    const [first, second] = [compareSchemas(older, newer, LIMITS), compareSchemas(older, newer, LIMITS)];
    expect(first.witness.backward?.value).toEqual({ a: expect.stringMatching(/^.{5,9}$/) });
    expect(second).toEqual(first);
  });

  it('counts what is too large to be compared as breaking', () => {
    const limits = { pairs: 2, cases: 4, tries: 10, searchMs: 100, seed: 1 };
    const [older, newer] = [tree(text), tree({ type: ['string', 'null'] })];
    const { verdict, changes } = compareSchemas(older, newer, limits);
    expect(verdict.backward).toBe(false);
    expect(changes.map(({ kind }) => kind)).toContain('too-large');
  });
});
