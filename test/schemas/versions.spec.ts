import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  brokenPromises,
  Catalogue,
  type Comparison,
  compareTypes,
  defaultSchemasFolder,
  lintType,
  type PublishedContracts,
} from '@signalbox/contracts';

interface Description {
  type: string;
  title: string;
  requires: string[];
  rules: string[];
  states: { name: string; status: Record<string, string[]> }[];
  identifiers: { name: string }[];
  [unknown: string]: unknown;
}
type SchemaFile = Record<string, unknown>;

const schemas = defaultSchemasFolder();
const catalogue = await Catalogue.load(schemas);
const published = JSON.parse(readFileSync(join(schemas, 'published.json'), 'utf8')) as PublishedContracts;
const V1 = 'org.signalbox.result.reported.v1';
const V2 = 'org.signalbox.result.reported.v2';
/** The search is bounded by number alone: what it finds must not depend on how busy the machine is. */
const LIMITS = { pairs: 50_000, cases: 4, tries: 40, searchMs: Infinity, seed: 1 };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'signalbox-versions-'));
  for (const part of ['fhir', 'result/reported']) cpSync(join(schemas, part), join(folder, part), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The comparison with a second version beside the first: the same folder, changed. */
async function secondVersion(change: (type: Description, schema: SchemaFile) => void): Promise<Comparison> {
  const [first, second] = ['v1', 'v2'].map((version) => join(folder, 'result/reported', version));
  rmSync(second!, { recursive: true, force: true });
  cpSync(first!, second!, { recursive: true });
  const type = JSON.parse(readFileSync(join(second!, 'type.json'), 'utf8')) as Description;
  const written = readFileSync(join(second!, 'data.schema.json'), 'utf8');
  const schema = JSON.parse(written) as SchemaFile;
  type.type = V2;
  change(type, schema);
  writeFileSync(join(second!, 'type.json'), JSON.stringify(type));
  // As it was, it need not be compiled.
  if (JSON.stringify(schema) !== JSON.stringify(JSON.parse(written)))
    writeFileSync(join(second!, 'data.schema.json'), JSON.stringify(schema));
  for (const file of readdirSync(join(second!, 'accepts'))) {
    const path = join(second!, 'accepts', file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(V1, V2));
  }
  const both = await Catalogue.load(folder);
  const version = (name: string) => ({ type: both.find(name)!, catalogue: both });
  return compareTypes(version(V1), version(V2), LIMITS);
}

describe('published contracts', () => {
  it('stand as they were published', () => {
    expect(brokenPromises(catalogue, published)).toEqual([]);
  });

  it('cannot change, go, or appear without a word of what to do', () => {
    const [name = ''] = Object.keys(published);
    const { [name]: _, ...others } = published;
    const changed = { ...others, [name]: 'another digest', 'org.signalbox.gone.away.v1': 'a digest' };
    expect(brokenPromises(catalogue, changed)).toEqual([
      expect.stringMatching(
        /contract of .* has changed since it was published\. Put the change into a new version \(.*\/v2\)/,
      ),
      'org.signalbox.gone.away.v1 was published and is gone. Keep its folder, with the status retired.',
    ]);
    expect(brokenPromises(catalogue, others)).toEqual([
      `${name} is active and not on record as published: node schemas/published.mjs.`,
    ]);
  });

  it('say what each new version changes', () => {
    for (const newer of catalogue.types().filter(({ version }) => version > 1)) {
      const older = catalogue.find(newer.type.replace(/\d+$/, String(newer.version - 1)));
      expect([newer.type, older?.type]).toEqual([newer.type, expect.any(String)]);
      const compared = compareTypes({ type: older!, catalogue }, { type: newer, catalogue }, LIMITS);
      expect([newer.type, compared.missed]).toEqual([newer.type, []]);
    }
  });

  it('are of folders that may be published', () => {
    expect(catalogue.types().flatMap((type) => lintType({ type, catalogue }))).toEqual([]);
  });
});

describe('a second version of a type', () => {
  it('that changes words only is compatible both ways, and says so', async () => {
    const { verdict, changes, witness } = await secondVersion((type) => {
      type.title = 'Another title';
    });
    expect({ verdict, witness }).toEqual({ verdict: { forward: true, backward: true }, witness: {} });
    expect(changes.map(({ kind, breaking }) => [kind, breaking])).toEqual([['title', false]]);
  });

  it('that drops a state refuses old events, and one of the examples shows it', async () => {
    const { verdict, changes, witness } = await secondVersion((type) => {
      type.states = type.states.filter(({ name }) => name !== 'registered');
      delete type['awaits'];
    });
    expect(verdict).toEqual({ forward: true, backward: false });
    expect(changes).toMatchObject([
      { kind: 'states', direction: 'backward' },
      { kind: 'awaits', breaking: false },
    ]);
    expect(changes[0]?.sentence).toMatch(/^Version 1 has the state "registered"/);
    expect(witness.backward).toMatchObject({ changes: [], refusedBy: [{ rule: 'status-matches-type' }] });
  });

  it('that asks for an attribute and drops a rule breaks both ways', async () => {
    const { verdict, changes, witness } = await secondVersion((type) => {
      type.requires = ['targetorg'];
      type.rules = type.rules.filter((rule) => rule !== 'nhs-number');
    });
    expect(verdict).toEqual({ forward: false, backward: false });
    expect(changes.map(({ kind, direction, path }) => [kind, direction, path])).toEqual([
      ['rule', 'forward', '/data'],
      ['requires', 'backward', '/targetorg'],
    ]);
    expect(witness.backward?.refusedBy).toMatchObject([{ path: '/targetorg', rule: 'attribute-required' }]);
  });

  it('that narrows a field says where, and shows an event', async () => {
    const { verdict, changes, witness } = await secondVersion((_, schema) => {
      schema['properties'] = { type: { const: 'document' } };
      schema['required'] = ['entry', 'timestamp'];
    });
    expect(verdict).toEqual({ forward: true, backward: false });
    expect(changes.map(({ kind, path }) => [kind, path]).sort()).toEqual([
      ['const', '/data/type'],
      ['required', '/data'],
    ]);
    expect(witness.backward?.refusedBy[0]?.path).toBe('/data/type');
  });

  it('that names an identifier no more loses what journeys are found by', async () => {
    const { verdict, changes } = await secondVersion((type) => {
      type.identifiers = type.identifiers.filter(({ name }) => name !== 'order');
    });
    expect(verdict).toEqual({ forward: false, backward: true });
    expect(changes).toMatchObject([{ kind: 'identifiers', direction: 'forward' }]);
  });

  it('with a field of type.json that is not understood counts as breaking', async () => {
    const { verdict, changes } = await secondVersion((type) => {
      type['retention'] = 'P1D';
    });
    expect(verdict).toEqual({ forward: false, backward: false });
    expect(changes).toMatchObject([{ kind: 'not-understood', direction: 'both' }]);
  });
});
