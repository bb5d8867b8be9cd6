import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder } from '@signalbox/contracts';

const schemas = defaultSchemasFolder();

/** Runs an expression on a module of the schemas folder in a process of its own, as a developer would run the module. */
function evaluate(module: string, expression: string): unknown {
  const code = `import * as it from ${JSON.stringify(join(schemas, module))}; process.stdout.write(JSON.stringify(${expression}));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', code], {
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(output.toString());
}

describe('what is generated', () => {
  it('is the FHIR schema that is committed', () => {
    expect(evaluate('fhir/generate.mjs', 'it.generate()')).toBe(
      readFileSync(join(schemas, 'fhir/r4.schema.json'), 'utf8'),
    );
  });

  it('is what the elements of that schema mean, as it is committed', () => {
    expect(evaluate('fhir/meanings.mjs', 'it.generate()')).toBe(
      readFileSync(join(schemas, 'fhir/meanings.json'), 'utf8'),
    );
  });

  it('is every example that is committed, and no other one is there', () => {
    const recipes = evaluate('examples.mjs', 'Object.fromEntries(it.examples())') as Record<string, string>;
    const folders = new Set(Object.keys(recipes).map((path) => path.slice(0, path.lastIndexOf('/'))));
    const files = [...folders].flatMap((folder) =>
      readdirSync(join(schemas, folder)).map((name) => `${folder}/${name}`),
    );
    const committed = files.map((path) => [path, readFileSync(join(schemas, path), 'utf8')]);
    expect(Object.fromEntries(committed)).toEqual(recipes);
  });
});

describe('validators that the build compiles', () => {
  it('are one for each type, and judge every example as those compiled at run time do', async () => {
    // Inside the library, for what is compiled finds its helpers beside it.
    const folder = mkdtempSync(join(schemas, '../libs/contracts/dist/tried-'));
    try {
      const script = join(schemas, '../libs/contracts/scripts/compile-validators.mjs');
      execFileSync(process.execPath, [script, schemas, folder], { stdio: 'pipe' });
      type Validators = Record<string, (data: unknown) => boolean> & { digests: Record<string, string> };
      const compiled = createRequire(import.meta.url)(join(folder, 'validators.cjs')) as Validators;
      const catalogue = await Catalogue.load(schemas);
      for (const type of catalogue.types()) {
        const name = `${type.family}_${type.event.replaceAll('-', '_')}_v${type.version}`;
        expect(Object.values(compiled.digests)).toContain(name);
        for (const { name: example, event } of [...type.examples.accepts, ...type.examples.rejects]) {
          if (event.data === undefined) continue;
          const findings = catalogue.validate({ ...type, rules: [] }, event.data);
          expect([name, example, compiled[name]!(event.data)]).toEqual([name, example, findings.length === 0]);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
