/**
 * Is one pass of our scanner no dearer than `JSON.parse` of the same bytes? Prints, for bundles of 7.5 kB and 18 kB, the
 * median of several rounds in which the two take turns, and ends with code 1 when the ratio is above the bound.
 *
 * Run after `npm run build`: node test/bench/scan.mjs [rounds]
 */
import { DEFAULT_LIMITS, decodeHttp, scanEnvelope } from '@signalbox/contracts';

const ROUNDS = Number(process.argv[2] ?? 31);
const RUNS = 400;
const HIGHEST_RATIO = 1;

/** A synthetic FHIR-like event of about `size` bytes, structured mode. */
function eventOf(size, indent) {
  const entry = [];
  const event = () => ({
    specversion: '1.0',
    id: '6e1c2a52-4a4b-4f4e-9d7e-0d6f3f1c1a11',
    source: 'urn:ods:X9L3B:lims',
    type: 'org.signalbox.result.reported.v1',
    time: '2026-11-21T10:15:30.123Z',
    datacontenttype: 'application/fhir+json',
    correlationid: '0a7c1f6e-2a9d-4a53-8f0e-5b8a3b9f6c21',
    targetorg: 'X9G1P',
    data: { resourceType: 'Bundle', type: 'document', timestamp: '2026-11-21T10:15:30+00:00', entry },
  });
  for (let i = 0; JSON.stringify(event(), null, indent).length < size; i++) entry.push(entryOf(i));
  return Buffer.from(JSON.stringify(event(), null, indent));
}

function entryOf(i) {
  return {
    fullUrl: `urn:uuid:5f1c2a52-4a4b-4f4e-9d7e-${String(i).padStart(12, '0')}`,
    resource: {
      resourceType: 'Observation',
      identifier: [{ system: 'https://lab.example/observation', value: `OBS-${i}` }],
      status: 'final',
      category: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
      ],
      code: {
        coding: [{ system: 'http://snomed.info/sct', code: `10225${i}`, display: 'Plasma sodium level é' }],
        text: 'Sodium',
      },
      subject: { reference: 'urn:uuid:11111111-4a4b-4f4e-9d7e-000000000000' },
      effectiveDateTime: '2026-11-21T09:00:00Z',
      valueQuantity: { value: 130.5 + i, unit: 'mmol/L', system: 'http://unitsofmeasure.org', code: 'mmol/L' },
      referenceRange: [
        { low: { value: 133, unit: 'mmol/L' }, high: { value: 146, unit: 'mmol/L' }, text: '133 to 146' },
      ],
      note: [{ text: 'Sample slightly haemolysed;\nplease repeat if clinically indicated.' }],
    },
  };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

function time(run) {
  const start = process.hrtime.bigint();
  for (let i = 0; i < RUNS; i++) run();
  return Number(process.hrtime.bigint() - start) / 1000 / RUNS;
}

const headers = { 'content-type': 'application/cloudevents+json' };
let worst = 0;
for (const [name, size, indent] of [
  ['7.5 kB compact', 7_500, undefined],
  ['18 kB compact', 18_000, undefined],
  ['18 kB indented', 18_000, 2],
]) {
  const bytes = eventOf(size, indent);
  const runs = {
    parse: () => JSON.parse(bytes.toString()),
    scan: () => scanEnvelope(bytes, DEFAULT_LIMITS),
    decode: () => decodeHttp(headers, bytes),
  };
  for (const run of Object.values(runs)) for (let i = 0; i < 3; i++) time(run);
  const samples = { parse: [], scan: [], decode: [], ratio: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [what, run] of Object.entries(runs)) samples[what].push(time(run));
    samples.ratio.push(samples.scan.at(-1) / samples.parse.at(-1));
  }
  const ratio = median(samples.ratio);
  worst = Math.max(worst, ratio);
  const us = (what) => `${median(samples[what]).toFixed(1)} us`;
  console.log(
    `${name} (${bytes.length} bytes): JSON.parse ${us('parse')}, scan ${us('scan')}, whole decode ${us('decode')}, scan / JSON.parse ${ratio.toFixed(2)}`,
  );
}
process.exitCode = worst <= HIGHEST_RATIO ? 0 : 1;
