import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { directions } from './directions.js';
import { COMPARISON_LIMITS } from './limits.js';
import { randomOf } from './random.js';
import { SchemaShelf, type Schema } from './schema-node.js';

type Random = (bound: number) => number;
type Words = Record<string, unknown>;

/** Pairs of schemas that are tried; `SIGNALBOX_SCHEMA_PAIRS` for a longer run. */
const PAIRS = Number(process.env['SIGNALBOX_SCHEMA_PAIRS'] ?? 60);
const SEED = Number(process.env['SIGNALBOX_SCHEMA_SEED'] ?? 7);
const NAMES = ['a', 'b', 'ab', 'c'];

/** A schema of most keywords of 2020-12, small enough that many pairs are close to each other. */
function schemaOf(random: Random, depth: number): Schema {
  if (random(16) === 0) return random(5) > 1;
  const pick = <T>(...options: readonly T[]): T => options[random(options.length)]!;
  const below = (): Schema => schemaOf(random, depth - 1);
  const plain: readonly (() => Words)[] = [
    () => ({
      type: pick<unknown>('null', 'boolean', 'integer', 'number', 'string', 'array', 'object', ['integer', 'object']),
    }),
    () => ({ enum: pick([1, 'a'], [2, null, 'ab'], [true, 1.5, 'b']) }),
    () => ({ const: pick<unknown>(1, 'a', null, false) }),
    () => ({ minimum: random(3), maximum: 1 + random(3) }),
    () => ({ exclusiveMinimum: random(3) }),
    () => ({ multipleOf: pick(1, 2, 0.5, 3, 0.1, 0.3) }),
    () => ({ minLength: random(3), maxLength: 1 + random(3) }),
    () => ({ pattern: pick('a', '^b', 'c$') }),
    () => ({ type: pick('integer', 'string', 'object'), nullable: true }),
  ];
  const nested: readonly (() => Words)[] = [
    () => ({ properties: { [pick(...NAMES)]: below(), [pick(...NAMES)]: below() } }),
    () => ({ required: [pick(...NAMES)] }),
    () => ({ additionalProperties: pick<Schema>(false, below()) }),
    () => ({ patternProperties: { [pick('a', 'b$', '^c', 'c|ab')]: below() } }),
    () => ({ items: below(), prefixItems: [below()] }),
    () => ({ contains: below(), minContains: random(3) }),
    () => ({ minItems: random(3), maxItems: random(4), uniqueItems: random(2) === 0 }),
    () => ({ minProperties: random(3) }),
    () => ({ propertyNames: pick({ maxLength: 1 }, { pattern: 'a' }, { enum: ['a', 'b'] }) }),
    () => ({ dependentRequired: { [pick(...NAMES)]: [pick(...NAMES)] } }),
    () => ({ dependentSchemas: { [pick(...NAMES)]: below() } }),
    () => ({ [pick('anyOf', 'oneOf', 'allOf')]: [below(), below()] }),
    () => ({ not: below() }),
    () => ({ if: below(), then: below(), ...(random(2) === 0 && { else: below() }) }),
    () => ({ unevaluatedProperties: pick<Schema>(false, below()) }),
    () => ({ unevaluatedItems: pick<Schema>(false, below()) }),
  ];
  const parts = Array.from({ length: 1 + random(3) }, () => pick(...(depth > 0 && random(2) === 0 ? nested : plain))());
  return Object.assign({}, ...parts) as Schema;
}

/** The same schema with one keyword taken out, or one put in. */
function changed(random: Random, schema: Schema): Schema {
  if (typeof schema === 'boolean' || random(5) === 0) return schemaOf(random, 2);
  const keys = Object.keys(schema);
  const out = keys[random(keys.length)];
  if (random(2) === 0) return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== out));
  return { ...schema, ...(schemaOf(random, 1) as object) };
}

function valueOf(random: Random, depth: number): unknown {
  const kind = depth > 0 ? random(10) : 9;
  if (kind < 4)
    return Object.fromEntries(NAMES.flatMap((name) => (random(2) === 0 ? [[name, valueOf(random, depth - 1)]] : [])));
  if (kind < 6) return Array.from({ length: random(4) }, () => valueOf(random, depth - 1));
  return [null, true, false, 0, 1, 2, 3, 0.3, 1.5, -1, '', 'a', 'b', 'ab', 'bc'][random(15)];
}

/** Compiled by the validators' own compiler; nothing for schemas that it cannot run. */
function judgeOf(schema: Schema): ((value: unknown) => boolean) | undefined {
  try {
    const judge = new Ajv2020({ strict: false, logger: false, ownProperties: true, allErrors: true }).compile(schema);
    return (value) => judge(value);
  } catch {
    return undefined;
  }
}

describe('what the structure shows to be compatible', () => {
  it(`is not contradicted by any value, of ${String(PAIRS)} pairs of schemas`, () => {
    const random = randomOf(SEED);
    const values = [{}, [], ...Array.from({ length: 400 }, () => valueOf(random, 3))];
    let [shown, contradicted] = [0, 0];
    for (let pair = 0; pair < PAIRS; pair++) {
      const older = schemaOf(random, 2);
      const newer = changed(random, older);
      const [before, after] = [judgeOf(older), judgeOf(newer)];
      if (!before || !after) continue;
      const shelf = new SchemaShelf();
      const { backward } = directions(shelf.document(older), shelf.document(newer), COMPARISON_LIMITS);
      if (backward.obstacles.length > 0) continue;
      shown++;
      if (values.some((value) => before(value) && !after(value))) contradicted++;
    }
    expect(contradicted).toBe(0);
    expect(shown).toBeGreaterThan(PAIRS / 10);
  });
});
