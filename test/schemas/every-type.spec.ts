import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder, judge, RULES, type EventType, type Judgement } from '@signalbox/contracts';
import { FAMILIES } from '@signalbox/messaging';
import { eventFrom } from './structured.js';

const schemas = defaultSchemasFolder();
const catalogue = await Catalogue.load(schemas);
const types = catalogue.types();

/** The texts of an event that a finding must not repeat: long enough to mean something, and not words of the contract itself. */
function telling(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 6 && /\d{4}|[A-Z][a-z]+ |-/.test(value) ? [value] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(telling);
}

function expectNothingEchoed(event: Readonly<Record<string, unknown>>, type: EventType, { findings }: Judgement): void {
  const contract = JSON.stringify(type);
  const values = telling({ ...event, type: undefined }).filter((value) => !contract.includes(value));
  const said = findings.map((finding) => JSON.stringify(finding)).join('\n');
  expect(values.filter((value) => said.includes(value))).toEqual([]);
}

describe('the catalogue', () => {
  it('holds a type for every folder, and nothing else', () => {
    const folders = FAMILIES.flatMap((family) =>
      readdirSync(join(schemas, family)).flatMap((event) =>
        readdirSync(join(schemas, family, event)).map((version) => `org.signalbox.${family}.${event}.${version}`),
      ),
    );
    expect(types.map(({ type }) => type).sort()).toEqual(folders.sort());
    expect(folders).toHaveLength(19);
  });

  it('names only types that exist where a type waits for others', () => {
    const awaited = types.flatMap(({ awaits }) => awaits?.next ?? []);
    expect(awaited.filter((type) => !catalogue.find(type))).toEqual([]);
  });

  it('serves every schema file with a strong entity tag, and nothing outside of it', () => {
    const file = catalogue.schemaFile('/result/reported/v1/data.schema.json');
    expect(file?.etag).toMatch(/^"[\w-]{43}"$/);
    expect(JSON.parse(file!.bytes.toString())).toHaveProperty('$ref', '../../../fhir/r4.schema.json#/$defs/Bundle');
    expect(catalogue.schemaFile('fhir/r4.schema.json')).toBeDefined();
    expect(catalogue.schemaFile('../package.json')).toBeUndefined();
    expect(catalogue.schemaFile('examples.mjs')).toBeUndefined();
  });
});

describe.each(types.map((type) => [type.type, type] as const))('%s', (name, type) => {
  it('says what it is, and explains itself', () => {
    expect(type.readme).toMatch(new RegExp(`^# `));
    expect(type.readme).toContain(name);
    expect(type.description).toMatch(/\.$/);
    expect(type.examples.accepts.length).toBeGreaterThanOrEqual(3);
    expect(type.examples.rejects.length).toBeGreaterThanOrEqual(5);
    for (const rule of type.rules) expect(RULES).toHaveProperty([rule]);
  });

  it.each(type.examples.accepts.map((example) => [example.name, example] as const))('accepts %s', (_, { event }) => {
    const judgement = judge(eventFrom(event), catalogue);
    expect(judgement.findings).toEqual([]);
    expect(judgement.code).toBeUndefined();
    expect(event.type).toBe(name);
    if (event.data === undefined) return;
    if (type.patient !== undefined) expect(judgement.patient).toMatch(/^999\d{7}$/);
    if (type.identifiers.length > 0) expect(judgement.identifiers.length).toBeGreaterThan(0);
    expect(JSON.stringify(judgement.identifiers)).not.toContain('999');
  });

  it.each(type.examples.rejects.map((example) => [example.name, example] as const))(
    'rejects %s',
    (_, { event, trips, at }) => {
      const judgement = judge(eventFrom(event), catalogue);
      expect(judgement.findings.map(({ rule, path }) => `${rule} ${path}`)).toContain(`${trips} ${at}`);
      expect(judgement.code).toMatch(/^SB-200[345]$/);
      // One fault, few findings: what merely follows from it may be told, noise may not.
      expect(judgement.findings.length).toBeLessThanOrEqual(4);
      for (const finding of judgement.findings) {
        expect(RULES).toHaveProperty([finding.rule]);
        expect(finding.doc).toBe(`/docs/rules#${finding.rule}`);
        expect(finding.expected).not.toBe('');
        expect(finding.fix).not.toBe('');
      }
      expectNothingEchoed(event, type, judgement);
    },
  );
});
