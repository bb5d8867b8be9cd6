import { describe, expect, it } from '@jest/globals';
import { refuseOldServer } from './connecting.js';
import { familyOfType, refuseDifference, subjectFilters, subjectOf } from './topology.js';

describe('subjects', () => {
  it('name family, event, version and publisher, and nothing else', () => {
    expect(subjectOf('org.signalbox.result.reported.v1', 'X9L3B')).toBe('events.result.reported.v1.X9L3B');
    expect(familyOfType('org.signalbox.booking.outcome-recorded.v2')).toBe('booking');
    expect(familyOfType('com.example.thing')).toBeUndefined();
    expect(() => subjectOf('com.example.thing', 'X9L3B')).toThrow('not a Signalbox event type');
  });

  it.each([
    [['org.signalbox.result.reported.v1'], ['events.result.reported.v1.*']],
    [['org.signalbox.result.*'], ['events.result.>']],
    [['org.signalbox.result.reported.*'], ['events.result.reported.>']],
    [['org.signalbox.*'], ['events.result.>']],
    [['*'], ['events.result.>']],
    [['org.signalbox.referral.requested.v1'], []],
    [
      ['org.signalbox.result.reported.v1', 'org.signalbox.result.corrected.v1', 'org.signalbox.booking.*'],
      ['events.result.reported.v1.*', 'events.result.corrected.v1.*'],
    ],
  ])('of the result family for %j are %j', (patterns, expected) => {
    expect(subjectFilters('result', patterns)).toEqual(expected);
  });

  it.each([
    [['*'], []],
    [['org.signalbox.*'], []],
    [['org.signalbox.operations.*'], ['events.operations.>']],
    [['*', 'org.signalbox.operations.nudged.v1'], ['events.operations.nudged.v1.*']],
  ])('of what the exchange tells about itself for %j are %j: it is asked for by name', (patterns, expected) => {
    expect(subjectFilters('operations', patterns)).toEqual(expected);
  });
});

describe('the engine is refused', () => {
  it.each([
    ['2.9.10', 'development', true],
    ['2.11.15', 'development', true],
    ['2.12.0', 'development', false],
    ['2.15.1', 'production', false],
    ['2.14.5', 'production', true],
    ['2.14.6', 'production', false],
    ['3.0.0-beta.1', 'production', false],
  ] as const)('version %s in the %s profile: %s', (version, profile, refused) => {
    const check = () => refuseOldServer(version, profile);
    if (refused) expect(check).toThrow(/too old/);
    else expect(check).not.toThrow();
  });

  it('when it silently dropped a setting, with the setting named', () => {
    expect(() => refuseDifference('stream X', { allow_atomic: true }, {})).toThrow(
      /stream X: allow_atomic should be true/,
    );
    expect(() => refuseDifference('stream X', { max_age: 0, max_bytes: -1 }, { max_bytes: -1 })).not.toThrow();
  });
});
