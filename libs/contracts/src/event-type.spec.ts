import { describe, expect, it } from '@jest/globals';

import { familyOf, typeMatches } from './event-type.js';

describe('the family of a type', () => {
  it.each([
    ['org.signalbox.referral.validation-requested.v1', 'referral'],
    ['org.signalbox.result.reported.v12', 'result'],
    ['org.signalbox.transport.arrived.v1', 'transport'],
    ['org.signalbox.result.reported', undefined],
    ['org.signalbox.result.reported.v0', undefined],
    ['org.signalbox.result.reported.v1.x', undefined],
    ['org.example.result.reported.v1', undefined],
    ['xorg.signalbox.result.reported.v1', undefined],
    ['org.signalbox.RESULT.reported.v1', undefined],
    ['org.signalbox.>.reported.v1', undefined],
  ])('of %s is %s', (type, family) => {
    expect(familyOf(type)).toBe(family);
  });
});

describe('a pattern of types', () => {
  it.each([
    ['*', 'anything', true],
    ['org.signalbox.result.reported.v1', 'org.signalbox.result.reported.v1', true],
    ['org.signalbox.result.*', 'org.signalbox.result.reported.v1', true],
    ['org.signalbox.*', 'org.signalbox.result.reported.v1', true],
    ['org.signalbox.result.reported.v1', 'org.signalbox.result.reported.v10', false],
    ['org.signalbox.result.*', 'org.signalbox.results.reported.v1', false],
    ['org.signalbox.result.*', 'org.signalbox.result.', false],
    ['org.signalbox.result.*', 'org.signalbox.result', false],
    ['org.signalbox.*.reported.v1', 'org.signalbox.result.reported.v1', false],
    ['ORG.signalbox.*', 'org.signalbox.result.reported.v1', false],
    ['', 'org.signalbox.result.reported.v1', false],
    ['*', 'org.signalbox.operations.alert-raised.v1', false],
    ['org.signalbox.*', 'org.signalbox.operations.alert-raised.v1', false],
    ['org.signalbox.*', 'org.signalbox.operations.*', false],
    ['org.signalbox.operations.*', 'org.signalbox.operations.alert-raised.v1', true],
    ['org.signalbox.operations.*', 'org.signalbox.operations.*', true],
    ['org.signalbox.operations.*', 'org.signalbox.result.reported.v1', false],
  ])('%s covers %s: %s', (pattern, type, covered) => {
    expect(typeMatches(pattern, type)).toBe(covered);
  });
});
