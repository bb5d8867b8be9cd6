import { describe, expect, it } from '@jest/globals';

import { sameSystem } from './code-system.js';
import { holdsNhsNumber, isNhsNumber, NHS_NUMBER_SYSTEMS } from './nhs-number.js';
import { isOdsCode } from './ods-code.js';

describe('an NHS number', () => {
  it.each(['9990000018', '9990000026', '9990000050'])('is %s', (value) => {
    expect(isNhsNumber(value)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['a wrong check digit', '9990000019'],
    ['nine digits', '999000001'],
    ['eleven digits', '99900000181'],
    ['spaces', '999 000 0018'],
    ['letters', '99900000I8'],
    ['a number', 9990000018],
    ['digits of another script', '٩٩٩٠٠٠٠٠١٨'],
    ['nothing', undefined],
  ])('is not one with %s', (_, value) => {
    expect(isNhsNumber(value)).toBe(false);
  });

  it('cannot be where the check digit would be ten', () => {
    expect(Array.from('0123456789', (digit) => isNhsNumber(`999000000${digit}`))).not.toContain(true);
  });

  it.each([
    'urn:patient:9990000018',
    'pid9990000018x',
    'NHS 999 000 0018.',
    '999-000-0018',
    'a 1234567890 b 9990000018',
    '0a7c1f6e-2a9d-4a53-8f0e-5b8a3b9f6c21/9990000018',
    '999%20000%200018',
    '99 90 00 00 18',
    '999.000.0018',
    '９９９００００018',
    'report-20261121-9990000018-01',
  ])('is found in %s', (text) => {
    expect(holdsNhsNumber(text)).toBe(true);
  });

  it.each([
    'X9L3B',
    '9990000019',
    '2026-11-21T09:30:00.999000001Z',
    '20261121093000999',
    '1763717400999',
    '10000000018',
    '19990000018',
    '99900000180',
    '20261121999000001801',
    '0a7c1f6e-2a9d-4a53-8f0e-a9990000018b',
    '4a1f9990000018bcd000000000000000000000000000000000000000000000ef',
    '00-4bf92f9990000018a3ce929d0e0e4736-00f067aa0ba902b7-01',
    '999 000-0018',
    '',
  ])('is not found in %s', (text) => {
    expect(holdsNhsNumber(text)).toBe(false);
  });
});

describe('an ODS code', () => {
  it.each(['X9G1P', 'RX1', 'G7H8J', '8HX65'])('is %s', (value) => {
    expect(isOdsCode(value)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['empty', ''],
    ['in lower case', 'x9g1p'],
    ['with a point', 'X9.1P'],
    ['with a line break', 'X9G1P\n'],
    ['too long', 'X9G1PX9G1PX9G'],
    ['a number', 12345],
  ])('is not one when it is %s', (_, value) => {
    expect(isOdsCode(value)).toBe(false);
  });
});

describe('a system', () => {
  it('is the same in any case', () => {
    expect(sameSystem(NHS_NUMBER_SYSTEMS[0], 'https://fhir.nhs.uk/id/NHS-Number')).toBe(true);
  });

  it('is another when it is another or missing', () => {
    expect(sameSystem(NHS_NUMBER_SYSTEMS[0], NHS_NUMBER_SYSTEMS[1])).toBe(false);
    expect(sameSystem(undefined, undefined)).toBe(false);
  });
});
