import { describe, expect, test } from '@jest/globals';
import type { Person } from '@signalbox/client';

import { personChange, personRow } from './people.js';

const PERSON: Person = {
  ods: 'X9H2T',
  id: 'person-0123456789abcdef',
  issuer: 'https://identity.example',
  subject: 's-1',
  name: 'Ella Frost',
  roles: ['viewer', 'operator'],
  active: true,
};

describe('somebody in a list', () => {
  test('is told with their roles and whether they may sign in', () => {
    expect(personRow(PERSON).slice(0, 4)).toEqual([PERSON.id, 'may sign in', 'viewer, operator', 'Ella Frost']);
    expect(personRow({ ...PERSON, expires: '2027-01-01T00:00:00Z' })[1]).toBe('may sign in until 2027-01-01T00:00:00Z');
    expect(personRow({ ...PERSON, active: false })[1]).toBe('switched off');
  });
});

describe('a change of somebody', () => {
  test('sends what was said and nothing else; never takes the end away', () => {
    expect(personChange({ role: ['viewer'], expires: 'never' })).toEqual({ roles: ['viewer'], expires: null });
    expect(personChange({ off: true })).toEqual({ active: false });
    expect(personChange({ on: true, name: 'E. Frost' })).toEqual({ active: true, name: 'E. Frost' });
  });

  test('is refused where it says nothing, or two things at once', () => {
    expect(() => personChange({})).toThrow('Say what to change');
    expect(() => personChange({ on: true, off: true })).toThrow('not both');
  });
});
