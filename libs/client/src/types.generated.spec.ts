import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

import { expect, test } from '@jest/globals';

import { newEvent } from './events.js';
import { EVENT_TYPES } from './types.generated.js';

test('the generated types are what the catalogue says now', async () => {
  const script = resolve(import.meta.dirname, '..', 'scripts', 'generate-types.mjs');
  await promisify(execFile)(process.execPath, [script, '--check']);
  expect(EVENT_TYPES).toContain('org.signalbox.result.reported.v1');
});

test('a new event has what every publisher would otherwise write by hand', () => {
  const event = newEvent({
    type: 'org.signalbox.result.corrected.v1',
    source: 'urn:ods:X9L3B:lims',
    supersedes: 'r-1',
    data: {
      resourceType: 'Bundle',
      type: 'document',
      entry: [{ fullUrl: 'urn:uuid:1', resource: { resourceType: 'DiagnosticReport', status: 'corrected' } }],
    },
  });
  expect(event).toMatchObject({ specversion: '1.0', datacontenttype: 'application/fhir+json', supersedes: 'r-1' });
  expect(event.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(Date.parse(event.time)).not.toBeNaN();
  // @ts-expect-error a correction names what it replaces
  newEvent({ type: 'org.signalbox.result.corrected.v1', source: 'urn:ods:X9L3B:lims' });
});
