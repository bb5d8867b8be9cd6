/**
 * Compiles the content schemas of the catalogue to plain JavaScript, so that a process starts without compiling and
 * validates at full speed from its first event: `node libs/contracts/scripts/compile-validators.mjs [schemas] [target]`.
 * Writes `validators.cjs` into the target (by default `dist/validators/` of this library): one function a type over one
 * shared copy of the FHIR schema, with the digest of the schemas that each was made of. A type whose schema has changed
 * since is compiled at run time instead.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import standalone from 'ajv/dist/standalone/index.js';
import { boundErrors, FHIR_SCHEMA, SchemaCompiler, schemaDigest, typeFolders } from '../src/catalogue-compile.ts';

const schemas = process.argv[2] ?? fileURLToPath(new URL('../../../schemas', import.meta.url));
const target = process.argv[3] ?? fileURLToPath(new URL('../dist/validators/', import.meta.url));
const fhirSchema = readFileSync(join(schemas, FHIR_SCHEMA));

const compiler = new SchemaCompiler(schemas, true);
const names = {};
const digests = {};
for (const { family, event, version, path } of typeFolders(schemas)) {
  const name = `${family}_${event.replaceAll('-', '_')}_v${version}`;
  names[name] = compiler.add(path);
  digests[schemaDigest(fhirSchema, readFileSync(join(schemas, path, 'data.schema.json')))] = name;
}

const code = `${boundErrors(standalone.default(compiler.ajv, names))}\nexports.digests = ${JSON.stringify(digests)};\n`;
mkdirSync(target, { recursive: true });
// Written beside and renamed, so that a process that starts meanwhile never reads half of it.
const temporary = join(target, `validators.${process.pid}.tmp`);
writeFileSync(temporary, code);
renameSync(temporary, join(target, 'validators.cjs'));
process.stderr.write(
  `compiled ${Object.keys(names).length} content validators (${(code.length / 1e6).toFixed(1)} MB)\n`,
);
