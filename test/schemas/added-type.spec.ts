import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Catalogue, CatalogueError, defaultSchemasFolder, judge } from '@signalbox/contracts';
import { eventFrom } from './structured.js';

const CARE_PLAN_SHARED = {
  type: 'org.signalbox.careplan.shared.v1',
  title: 'Care plan shared',
  description: 'A care plan was shared.',
  owner: 'A test',
  status: 'active',
  dates: { active: '2026-11-21' },
  dataContentType: 'application/fhir+json',
  classification: 'patient-identifiable',
  requires: ['targetorg'],
  rules: ['nhs-number', 'status-matches-type'],
  states: [{ name: 'in force', status: { CarePlan: ['active'] } }],
  identifiers: [{ name: 'plan', resource: 'CarePlan', pointer: '/identifier/*' }],
  patient: { resource: 'Patient', pointer: '/identifier/*' },
};

const ROOM_OPENED = {
  ...CARE_PLAN_SHARED,
  type: 'org.signalbox.estate.room-opened.v2',
  dataContentType: 'application/json',
  requires: [],
  rules: [],
  identifiers: [{ name: 'room', resource: '', pointer: '/room' }],
  patient: undefined,
};

let schemas: string;

beforeEach(() => {
  schemas = mkdtempSync(join(tmpdir(), 'signalbox-catalogue-'));
  for (const folder of ['fhir', 'result'])
    cpSync(join(defaultSchemasFolder(), folder), join(schemas, folder), { recursive: true });
});

afterEach(() => rmSync(schemas, { recursive: true }));

function addType(path: string, description: object, schema: object): void {
  mkdirSync(join(schemas, path), { recursive: true });
  writeFileSync(join(schemas, path, 'type.json'), JSON.stringify(description));
  writeFileSync(join(schemas, path, 'data.schema.json'), JSON.stringify(schema));
  writeFileSync(join(schemas, path, 'README.md'), '# A new type\n');
}

const BUNDLE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $ref: '../../../fhir/r4.schema.json#/$defs/Bundle',
};

const event = (type: string, data: unknown, attributes: object = {}) =>
  eventFrom({
    specversion: '1.0',
    id: '1',
    source: 'urn:ods:X9G1P:plans',
    type,
    time: '2026-11-21T10:00:00Z',
    datacontenttype: 'application/fhir+json',
    ...attributes,
    data,
  });

const bundle = (status: string | undefined) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: [
    {
      resource: {
        resourceType: 'CarePlan',
        identifier: [{ system: 'https://example.org/plan', value: 'P-1' }],
        status,
        intent: 'plan',
        subject: { display: 'x' },
      },
    },
    {
      resource: {
        resourceType: 'Patient',
        identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }],
      },
    },
  ],
});

describe('a type that is added as a folder, with no code', () => {
  it('is found, and judges events by its schema, its rules and its attributes', async () => {
    addType('careplan/shared/v1', CARE_PLAN_SHARED, BUNDLE_SCHEMA);
    const catalogue = await Catalogue.load(schemas);
    expect(catalogue.types().map(({ type }) => type)).toContain(CARE_PLAN_SHARED.type);
    expect(catalogue.find(CARE_PLAN_SHARED.type)).toMatchObject({ family: 'careplan', event: 'shared', version: 1 });

    const good = judge(event(CARE_PLAN_SHARED.type, bundle('active'), { targetorg: 'X9H2T' }), catalogue);
    expect(good).toMatchObject({
      findings: [],
      patient: '9990000018',
      identifiers: [{ name: 'plan', system: 'https://example.org/plan', value: 'P-1' }],
    });
    const rulesOf = (status: string | undefined) =>
      judge(event(CARE_PLAN_SHARED.type, bundle(status)), catalogue).findings.map(
        ({ rule, path }) => `${rule} ${path}`,
      );
    expect(rulesOf(undefined)).toEqual(['attribute-required /targetorg', 'required /data/entry/0/resource/status']);
    expect(rulesOf('completed')).toEqual([
      'attribute-required /targetorg',
      'status-matches-type /data/entry/0/resource/status',
    ]);
  });

  it('may hold plain JSON under a schema of its own', async () => {
    addType('estate/room-opened/v2', ROOM_OPENED, {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      required: ['room', 'at'],
      properties: { room: { type: 'string', minLength: 2 }, at: { type: 'string', format: 'date-time' } },
      additionalProperties: false,
    });
    const catalogue = await Catalogue.load(schemas);
    const verdict = (data: unknown) =>
      judge(event(ROOM_OPENED.type, data, { datacontenttype: 'application/json' }), catalogue);
    expect(verdict({ room: 'B12', at: '2026-11-21T10:00:00Z' })).toMatchObject({
      findings: [],
      identifiers: [{ name: 'room', value: 'B12' }],
    });
    const bad = verdict({ room: 'B', at: '2026-11-21T10:00:00', '9990000018': 1 }).findings;
    expect(bad.map(({ rule, path }) => `${rule} ${path}`).sort()).toEqual([
      'additionalProperties /data',
      'instant-has-zone /data/at',
      'minLength /data/room',
    ]);
    expect(JSON.stringify(bad)).not.toContain('999');
  });

  it('changes nothing for the other types, whose digests stay the same', async () => {
    const before = (await Catalogue.load(schemas)).find('org.signalbox.result.reported.v1')!.digest;
    addType('careplan/shared/v1', CARE_PLAN_SHARED, BUNDLE_SCHEMA);
    const after = await Catalogue.load(schemas);
    expect(after.find('org.signalbox.result.reported.v1')!.digest).toBe(before);
    writeFileSync(join(schemas, 'result/reported/v1/README.md'), '# Changed\n');
    expect((await Catalogue.load(schemas)).find('org.signalbox.result.reported.v1')!.digest).not.toBe(before);
  });

  it.each([
    [
      'its type is not the one of its folder',
      { type: 'org.signalbox.careplan.other.v1' },
      'careplan/shared/v1/type.json: "type" must be org.signalbox.careplan.shared.v1',
    ],
    ['it lists a rule that does not exist', { rules: ['no-such-rule'] }, '"rules" names what is no rule: no-such-rule'],
    ['its status is unknown', { status: 'published' }, '"status" must be one of draft, active, deprecated, retired'],
    ['it has no title', { title: '' }, '"title" must be a non-empty string'],
    ['it does not say since when it is active', { dates: {} }, '"dates" must say since when'],
  ])('is refused when the catalogue is loaded if %s', async (_, change, message) => {
    addType('careplan/shared/v1', { ...CARE_PLAN_SHARED, ...change }, BUNDLE_SCHEMA);
    const loading = Catalogue.load(schemas);
    await expect(loading).rejects.toThrow(CatalogueError);
    await expect(loading).rejects.toThrow(message);
  });

  it.each([
    ['refers to what is not there', { $ref: '../../../fhir/r4.schema.json#/$defs/Nothing' }],
    ['is no JSON Schema', { type: 'thing' }],
    ['has a pattern that is read differently here', { type: 'string', pattern: '^\\p{Lu}' }],
  ])('is refused when its schema %s', async (_, schema) => {
    addType('careplan/shared/v1', CARE_PLAN_SHARED, schema);
    await expect(Catalogue.load(schemas)).rejects.toThrow(
      /^careplan\/shared\/v1\/data\.schema\.json: the schema cannot be compiled/,
    );
  });

  it('is refused when it is retired, and taken as a draft', async () => {
    addType(
      'careplan/shared/v1',
      {
        ...CARE_PLAN_SHARED,
        status: 'retired',
        dates: { retired: '2026-11-21' },
        replacedBy: 'org.signalbox.careplan.shared.v2',
      },
      BUNDLE_SCHEMA,
    );
    addType(
      'careplan/shared/v2',
      {
        ...CARE_PLAN_SHARED,
        type: 'org.signalbox.careplan.shared.v2',
        status: 'draft',
        dates: { draft: '2026-11-21' },
      },
      BUNDLE_SCHEMA,
    );
    const catalogue = await Catalogue.load(schemas);
    const verdict = (version: string) =>
      judge(event(`org.signalbox.careplan.shared.${version}`, bundle('active'), { targetorg: 'X9H2T' }), catalogue);
    expect(verdict('v1')).toMatchObject({
      code: 'SB-2002',
      findings: [{ path: '/type', rule: 'retired-type', expected: 'org.signalbox.careplan.shared.v2' }],
    });
    expect(verdict('v2').findings).toEqual([]);
    expect(verdict('v3')).toMatchObject({ code: 'SB-2001', findings: [{ path: '/type', rule: 'known-type' }] });
  });
});
