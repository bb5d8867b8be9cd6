import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { criteriaOf, FILTERED_BY, filtersOf } from './filter-criteria.js';

describe('filter criteria of FHIR', () => {
  it('come back as they went in, whatever values they hold', () => {
    const value = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => !text.includes(',') && text.isWellFormed());
    const pairs = fc.array(fc.tuple(fc.constantFrom(...FILTERED_BY), fc.array(value, { minLength: 1, maxLength: 3 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(pairs, (all) => {
        const text = `Bundle?${all.map(([name, values]) => `${name}=${values.map(encodeURIComponent).join(',')}`).join('&')}`;
        const { filters, findings } = filtersOf([text], '/x');
        expect(findings).toEqual([]);
        expect(criteriaOf(filters)).toBe(text);
      }),
    );
  });

  it.each(['urgency=urgent', 'Patient?urgency=urgent', 'Bundle?', 'Bundle?subject=x', 'Bundle?urgency=', ''])(
    'cannot be %j',
    (text) => {
      expect(filtersOf([text], '/criteria').findings).toMatchObject([{ path: '/criteria/0' }]);
    },
  );

  it('are not made up for filters that they have no words for', () => {
    expect(criteriaOf([{ sql: "urgency = 'urgent'" }])).toBeUndefined();
    expect(criteriaOf([{ any: [{ exact: { urgency: 'urgent' } }, { exact: { source: 'x' } }] }])).toBeUndefined();
  });
});
