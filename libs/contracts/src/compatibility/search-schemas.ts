import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { schemaFindings } from '../rules/schema-findings.js';
import type { SeenDirection } from './directions.js';
import { samples } from './samples.js';
import type { Schema } from './schema-node.js';
import { GENERATED, type Court } from './court.js';

/** Judges values by two schemas that stand by themselves. Starts from values that are made for the first. */
export function courtOfSchemas(narrow: Schema, wide: Schema, seen: SeenDirection): Court {
  const [takes, refuses] = [compiled(narrow), compiled(wide)];
  return {
    starts: samples(seen.narrow, seen.wide).map((event) => ({ example: GENERATED, event })),
    root: [],
    narrow: seen.narrow,
    wide: seen.wide,
    takes: (event) => takes(event),
    refusals: (event) =>
      refuses(event)
        ? []
        : schemaFindings(refuses.errors ?? [], event).map((finding) => ({
            ...finding,
            path: finding.path.slice('/data'.length),
          })),
  };
}

/** One for all: it reads the schema of schemas once. */
let compiler: Ajv2020 | undefined;

function compiled(schema: Schema) {
  compiler ??= newCompiler();
  const validator = compiler.compile(schema as object);
  // What was compiled is not kept by the compiler, which lives as long as the process.
  compiler.removeSchema(schema);
  return validator;
}

function newCompiler(): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    ownProperties: true,
    unicodeRegExp: false,
    logger: false,
    addUsedSchema: false,
  });
  formats.default(ajv, ['date-time', 'uuid', 'uri']);
  return ajv;
}
