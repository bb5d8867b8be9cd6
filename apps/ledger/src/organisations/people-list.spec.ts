import { describe, expect, it } from '@jest/globals';
import type { Person, Role } from '@signalbox/registry';
import { peopleOf } from './people-list.js';

const NOW = new Date('2026-11-22T10:00:00.000Z');
const person = (name: string, more: Partial<Person> = {}): Person => ({
  ...{ ods: 'X9H2T', id: `person-${name}`, issuer: 'https://identity.example', subject: `s-${name}`, name },
  ...{ roles: ['viewer'], active: true },
  ...more,
});
const PEOPLE = [
  person('Finn', { roles: ['operator', 'administrator'], by: 'X9S0B:operator', updated: '2026-11-01T00:00:00.000Z' }),
  person('Ella', { expires: '2026-11-22T09:00:00.000Z' }),
  person('Gita', { active: false, expires: '2027-01-01T00:00:00.000Z' }),
  person('Dev', { ods: 'X9G1P' }),
];
const registry = {
  organisation: (ods: string) => (ods.startsWith('X9') ? { ods, name: ods, active: true } : undefined),
  people: ({ ods }: { readonly ods?: string } = {}) => PEOPLE.filter((one) => one.ods === ods),
};
const known = (ods: string, roles: readonly Role[], actsForAll = false) => ({ ods, roles: new Set(roles), actsForAll });
const told = (who: ReturnType<typeof known>, ods = 'X9H2T') => peopleOf(who, ods, registry, NOW);

describe('the people of an organisation', () => {
  it('are told to its administrators by name, with what they may do and whether they may sign in', () => {
    const lines = told(known('X9H2T', ['administrator']));
    expect(lines.map(({ name, state }) => [name, state])).toEqual([
      ['Ella', 'over'],
      ['Finn', 'active'],
      ['Gita', 'switched-off'],
    ]);
    expect(lines[1]).toEqual({
      ...{ id: 'person-Finn', name: 'Finn', roles: ['operator', 'administrator'], issuer: 'https://identity.example' },
      ...{ state: 'active', by: 'X9S0B:operator', updated: '2026-11-01T00:00:00.000Z' },
    });
  });
  it('are told to who administers the exchange, of any organisation there is', () => {
    const administrator = known('X9S0B', ['administrator'], true);
    expect(told(administrator, 'X9G1P').map(({ name }) => name)).toEqual(['Dev']);
    expect(() => told(administrator, 'NOBODY')).toThrow('SB-4040');
  });
  it('are nobody else’s to know: not of another organisation, and not without the role', () => {
    expect(() => told(known('X9G1P', ['administrator']))).toThrow('SB-4040');
    expect(() => told(known('X9S0B', ['operator']))).toThrow('SB-4040');
    expect(() => told(known('X9H2T', ['viewer', 'operator', 'information-governance']))).toThrow('administrator');
  });
});
