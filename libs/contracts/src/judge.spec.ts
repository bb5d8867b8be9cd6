import { describe, expect, it } from '@jest/globals';
import { Catalogue, defaultSchemasFolder } from './catalogue.js';
import { decodeStructured } from './codec/structured.js';
import type { AttributeValue, EventData } from './event.js';
import { judge, MAX_FINDINGS } from './judge.js';

const catalogue = await Catalogue.load(defaultSchemasFolder());
const example = (type: string, name: string) =>
  catalogue.find(`org.signalbox.${type}`)!.examples.accepts.find((candidate) => candidate.name === name)!.event;
const reported = example('result.reported.v1', 'final-blood-count');
const corrected = example('result.corrected.v1', 'wrong-sample');

function judged(base: Readonly<Record<string, unknown>>, change: Readonly<Record<string, unknown>>) {
  return judge(decodeStructured(Buffer.from(JSON.stringify({ ...base, ...change }))), catalogue);
}

/** Judges values that a codec might already have refused, since `judge` may be called without one. */
function judgedAsIs(attributes: Record<string, AttributeValue | undefined>, data?: EventData) {
  const event = decodeStructured(Buffer.from(JSON.stringify(reported)));
  const all = Object.entries({ ...event.attributes, ...attributes }).filter(([, value]) => value !== undefined);
  return judge(
    { attributes: Object.fromEntries(all) as Record<string, AttributeValue>, data: data ?? event.data },
    catalogue,
  );
}

const brief = ({ findings, code }: ReturnType<typeof judge>) => [
  code,
  ...findings.map(({ rule, path }) => `${rule} ${path}`),
];

describe('the attributes of an event', () => {
  it.each([
    ['an application of an organisation', { source: 'urn:ods:X9L3B:lims.v2' }],
    ['an absolute URI as source', { source: 'https://lab.example.org/events' }],
    ['a time with an offset', { time: '2026-03-02T09:30:00.1234567+01:00' }],
    ['an upper-case UUID as journey', { correlationid: '0A7C1F6E-2A9D-4A53-8F0E-5B8A3B9F6C21' }],
    ['the content type with parameters', { datacontenttype: 'Application/FHIR+JSON; charset=UTF-8; fhirVersion=4.0' }],
    ['extensions that nobody knows', { ourbatch: 12, ourflag: true, ourname: 'night run' }],
  ])('may hold %s', (_, change) => {
    expect(brief(judged(reported, change))).toEqual([undefined]);
  });

  it.each<[string, Record<string, AttributeValue | undefined>, string]>([
    ['no time', { time: undefined }, 'required /time'],
    ['a time without a zone', { time: '2026-03-02T09:30:00' }, 'instant-has-zone /time'],
    ['a time that does not exist', { time: '2026-02-30T09:30:00Z' }, 'time /time'],
    ['a relative source', { source: '/lab' }, 'source /source'],
    ['a source without application', { source: 'urn:ods:X9L3B' }, 'source /source'],
    ['a source with an ODS code in lower case', { source: 'urn:ods:x9l3b:lims' }, 'source /source'],
    ['another content type', { datacontenttype: 'application/json' }, 'data-content-type /datacontenttype'],
    ['no content type', { datacontenttype: undefined }, 'data-content-type /datacontenttype'],
    [
      'another character set',
      { datacontenttype: 'application/fhir+json; charset=latin1' },
      'data-content-type /datacontenttype',
    ],
    ['a journey that is no UUID', { correlationid: 'case 12' }, 'correlationid /correlationid'],
    ['an empty cause', { causationid: '' }, 'causationid /causationid'],
    ['a cause that is the event itself', { causationid: String(reported.id) }, 'causationid /causationid'],
    ['a number where an id belongs', { supersedes: 12 }, 'supersedes /supersedes'],
    ['a receiver that is no ODS code', { targetorg: 'Larkfield Surgery' }, 'ods-code /targetorg'],
    ['an unknown urgency', { urgency: 'asap' }, 'urgency /urgency'],
    ['content at a relative URL', { dataref: '/documents/1' }, 'dataref /dataref'],
    ['content at a file URL', { dataref: 'file:///etc/passwd' }, 'dataref /dataref'],
    ['a password in a URL', { dataref: 'https://me:secret@example.org/1' }, 'dataref /dataref'],
  ])('may not hold %s', (_, change, finding) => {
    const judgement = judgedAsIs(change);
    expect(brief(judgement)).toEqual(['SB-2004', finding]);
    for (const value of Object.values(change)) {
      if (typeof value === 'string' && value.length > 4)
        expect(JSON.stringify(judgement.findings)).not.toContain(value);
    }
  });

  it('name what a correction corrects', () => {
    expect(brief(judged(corrected, { supersedes: null }))).toEqual(['SB-2004', 'supersedes-required /supersedes']);
  });

  it('are all told at once, content included', () => {
    const judgement = judged(reported, {
      time: null,
      urgency: 'asap',
      data: { resourceType: 'Bundle', type: 'document' },
    });
    expect(judgement.code).toBe('SB-2004');
    const rules = judgement.findings.map(({ rule, path }) => `${rule} ${path}`);
    for (const expected of [
      'required /time',
      'urgency /urgency',
      'required /data/entry',
      'one-diagnostic-report /data/entry',
    ]) {
      expect(rules).toContain(expected);
    }
  });
});

describe('an NHS number in an attribute', () => {
  it.each([
    ['subject', 'patient/9990000018'],
    ['subject', '999 000 0018'],
    ['subject', '20261121-9990000018-01'],
    ['id', 'RPT9990000018'],
    ['source', 'https://lab.example.org/999%20000%200018'],
    ['ourkey', '12-9990000018'],
    ['targetorg', '9990000018'],
    ['partitionkey', '9990000018'],
    ['traceparent', '9990000018'],
    ['time', '9990000018'],
  ])('is refused with a code of its own: %s', (name, value) => {
    const judgement = judgedAsIs({ [name]: value });
    expect(judgement.code).toBe('SB-2005');
    expect(brief(judgement)).toContain(`no-patient-identifier /${name}`);
    expect(JSON.stringify(judgement.findings)).not.toMatch(/999/);
  });

  it('is found in a name as well, which is then not shown', () => {
    const judgement = judgedAsIs({ nhs9990000018: 'x' });
    expect(brief(judgement)).toEqual(['SB-2005', 'no-patient-identifier ']);
    expect(JSON.stringify(judgement.findings)).not.toMatch(/999/);
  });

  it.each([
    ['traceparent', '00-4bf92f9990000018a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['time', '2026-11-21T09:30:00.9990000018Z'],
    ['partitionkey', '5f9990000018b1c2d3e4f5061728394a5b6c7d8e9f0a1b2c3d4e5f60718293a4'],
    ['id', '0a7c1f6e-2a9d-4a53-8f0e-a9990000018b'],
  ])('is not seen in digits that mean something else: %s', (name, value) => {
    expect(brief(judgedAsIs({ [name]: value }))).toEqual([undefined]);
  });
});

describe('the content of an event', () => {
  it('may be left out when dataref says where it is', () => {
    const { data: _, ...envelope } = reported;
    expect(brief(judged(envelope, { dataref: 'https://results.example.org/1' }))).toEqual([undefined]);
    expect(brief(judged(envelope, {}))).toEqual(['SB-2004', 'data-required /data']);
  });

  it.each<[string, EventData]>([
    ['text', { kind: 'text', bytes: Buffer.from('a') }],
    ['binary', { kind: 'binary', bytes: Buffer.from([1, 2]) }],
    ['broken JSON', { kind: 'json', bytes: Buffer.from('{') }],
  ])('must be JSON, and not %s', (_, data) => {
    expect(brief(judgedAsIs({}, data))).toEqual(['SB-2003', 'json /data']);
  });

  it.each(['null', '0', 'false', '""', '[]'])('%s is content, and wrong', (text) => {
    const judgement = judgedAsIs({}, { kind: 'json', bytes: Buffer.from(text) });
    expect(judgement.code).toBe('SB-2003');
    expect(brief(judgement)).toContain('type /data');
  });

  it('has at most a hundred findings told, and one that says there are more', () => {
    const entry = Array.from({ length: 300 }, () => ({ resource: { resourceType: 'Flag' } }));
    const { findings } = judged(reported, { data: { resourceType: 'Bundle', type: 'message', entry } });
    expect(findings).toHaveLength(MAX_FINDINGS + 1);
    expect(findings.at(-1)).toMatchObject({ rule: 'more-findings', path: '' });
  });

  it('never shows a member name that may be a value', () => {
    const base = reported.data as { entry: { resource: object }[] };
    const [first, ...rest] = base.entry;
    const odd = { ...first!.resource, '9990000018': 1, 'Amara Okonkwo': { reference: 'urn:uuid:nowhere' }, extra: 1 };
    const { findings } = judged(reported, { data: { ...base, entry: [{ ...first, resource: odd }, ...rest] } });
    expect(findings.map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'additionalProperties /data/entry/0/resource',
      'additionalProperties /data/entry/0/resource/extra',
      'references-resolve /data/entry/0/resource',
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/999|Amara/);
  });

  it('gives its business identifiers and its patient, of whom nothing else is told', () => {
    const { patient, identifiers } = judged(reported, {});
    expect(patient).toMatch(/^999/);
    expect(identifiers).toEqual([
      { name: 'report', system: 'https://example.org/id/report', value: 'RPT-BLOOD-COUNT' },
      { name: 'order', system: 'https://example.org/id/order', value: 'ORD-BLOOD-COUNT' },
      { name: 'specimen', system: 'https://example.org/id/specimen', value: 'SPC-BLOOD-COUNT' },
    ]);
  });
});

describe('the type of an event', () => {
  it('must be in the catalogue; the attributes are judged all the same', () => {
    expect(brief(judged(reported, { type: 'org.signalbox.result.guessed.v1', time: null }))).toEqual([
      'SB-2001',
      'known-type /type',
      'required /time',
    ]);
  });
});
