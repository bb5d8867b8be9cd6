import { describe, expect, it } from '@jest/globals';
import { softwareIn } from './software.js';

const message = (source: object) => ({
  resourceType: 'Bundle',
  entry: [{ resource: { resourceType: 'MessageHeader', source } }],
});

describe('softwareIn', () => {
  it('tells product and version of the message header', () => {
    expect(softwareIn(message({ software: 'Harbour PAS', version: '4.12.1' }))).toEqual({
      name: 'Harbour PAS',
      version: '4.12.1',
    });
    expect(softwareIn(message({ software: 'MediLink-2' }))).toEqual({ name: 'MediLink-2' });
    expect(softwareIn(message({ software: 'Tie', version: 'v2026.3.0-rc1' }))?.version).toBe('v2026.3.0-rc1');
  });

  it.each([
    '9991234560',
    '999 123 4560',
    'NHS 9991234560',
    'a@b.example',
    'x'.repeat(61),
    '',
    'Smith, Jane',
    'PAS 19840312',
  ])('does not tell what is no name of a product: %s', (software) => {
    expect(softwareIn(message({ software, version: '1' }))).toBeUndefined();
  });

  it.each(['9991234560', '999.123.4560', '1.2.3.4.5', 'Jane', '1.0 for Jane'])(
    'tells no version of another form: %s',
    (version) => {
      expect(softwareIn(message({ software: 'PAS', version }))).toEqual({ name: 'PAS' });
    },
  );

  it('finds nothing in content of another shape', () => {
    for (const data of [
      undefined,
      null,
      1,
      [],
      {},
      { entry: [] },
      { entry: [{ resource: { resourceType: 'Patient' } }] },
    ])
      expect(softwareIn(data)).toBeUndefined();
  });
});
