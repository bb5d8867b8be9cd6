import { describe, expect, it } from '@jest/globals';

import type { CloudEvent } from './event.js';
import { checkFilters, type Filter, matches } from './filters.js';

const EVENT: CloudEvent = {
  attributes: {
    specversion: '1.0',
    id: 'a',
    source: 'urn:ods:X9L3B:lims',
    type: 'org.signalbox.result.reported.v1',
    urgency: 'urgent',
    retries: 3,
    late: false,
  },
  data: { kind: 'absent' },
};

describe('a filter', () => {
  it.each<[Filter[], boolean]>([
    [[], true],
    [[{ exact: { urgency: 'urgent' } }], true],
    [[{ exact: { urgency: 'URGENT' } }], false],
    [[{ exact: { urgency: 'urgent', type: 'x' } }], false],
    [[{ exact: { retries: '3', late: 'false' } }], true],
    [[{ exact: { subject: 'x' } }], false],
    [[{ prefix: { type: 'org.signalbox.result.' } }], true],
    [[{ prefix: { type: 'result' } }], false],
    [[{ suffix: { type: '.v1', source: ':lims' } }], true],
    [[{ suffix: { type: '.v2' } }], false],
    [[{ not: { exact: { urgency: 'routine' } } }], true],
    [[{ not: { exact: { subject: 'x' } } }], true],
    [[{ not: { not: { exact: { urgency: 'routine' } } } }], false],
    [[{ all: [{ prefix: { type: 'org' } }, { exact: { urgency: 'urgent' } }] }], true],
    [[{ all: [{ prefix: { type: 'org' } }, { exact: { urgency: 'routine' } }] }], false],
    [[{ any: [{ exact: { urgency: 'routine' } }, { exact: { urgency: 'urgent' } }] }], true],
    [[{ any: [{ exact: { urgency: 'routine' } }] }], false],
    [[{ prefix: { type: 'org' } }, { exact: { urgency: 'routine' } }], false],
    [[{ exact: { constructor: 'x' } }], false],
    [[{ prefix: { tostring: 'f' } }], false],
    [[{ sql: "type LIKE '%.result.%' AND retries = 3" }], true],
    [[{ sql: "subject = 'x'" }], false],
    [[{ not: { sql: "subject = 'x'" } }], true],
    [[{ any: [{ sql: 'late' }, { sql: 'retries > 2' }] }], true],
    [[{ sql: 'TRUE' }, { sql: 'FALSE' }], false],
  ])('%j lets the event through: %s', (filters, through) => {
    expect(checkFilters(filters)).toEqual([]);
    expect(matches(filters, EVENT)).toBe(through);
  });

  const deep = (n: number): unknown => (n === 0 ? { exact: { id: 'a' } } : { not: deep(n - 1) });

  it.each<[string, unknown, string, string]>([
    ['no list', { exact: {} }, '/filters', 'filter'],
    ['nothing', undefined, '/filters', 'filter'],
    ['no object', ['x'], '/filters/0', 'filter'],
    ['null', [null], '/filters/0', 'filter'],
    ['no dialect', [{}], '/filters/0', 'filter'],
    ['two dialects in one', [{ exact: { id: 'a' }, prefix: { id: 'a' } }], '/filters/0', 'filter'],
    ['no expression', [{ sql: '' }], '/filters/0/sql', 'filter-expression'],
    ['an expression that is no text', [{ sql: { id: 'a' } }], '/filters/0/sql', 'filter-expression'],
    ['an expression that does not parse', [{ sql: "id LIKE 'a" }], '/filters/0/sql', 'filter-expression'],
    ['a function that nobody knows', [{ sql: 'NOW() > time' }], '/filters/0/sql', 'filter-expression'],
    ['an expression without end', [{ sql: `id = '${'x'.repeat(3000)}'` }], '/filters/0/sql', 'filter-limit'],
    [
      'too much of expressions',
      new Array(4).fill({ sql: `'${'x'.repeat(600)}' = id` }),
      '/filters/3/sql',
      'filter-limit',
    ],
    ['too deep an expression', [{ sql: `${'('.repeat(40)}id` }], '/filters/0/sql', 'filter-expression'],
    ['a dialect that nobody knows', [{ exact: { id: 'a' } }, { regex: { id: 'a' } }], '/filters/1', 'filter-dialect'],
    ['a member of every object as dialect', [{ constructor: {} }], '/filters/0', 'filter-dialect'],
    ['nothing to compare', [{ exact: {} }], '/filters/0/exact', 'filter'],
    ['a list to compare', [{ prefix: ['a'] }], '/filters/0/prefix', 'filter'],
    ['an empty text', [{ suffix: { id: '' } }], '/filters/0/suffix', 'filter'],
    ['a number as text', [{ exact: { retries: 3 } }], '/filters/0/exact', 'filter'],
    ['a name that no attribute has', [{ exact: { 'Event-Id': 'a' } }], '/filters/0/exact', 'attribute-name'],
    ['an empty list of alternatives', [{ any: [] }], '/filters/0/any', 'filter'],
    ['a list in not', [{ not: [{ exact: { id: 'a' } }] }], '/filters/0/not', 'filter'],
    [
      'a fault deep inside',
      [{ all: [{ any: [{ not: { sql: 'x x' } }] }] }],
      '/filters/0/all/0/any/0/not/sql',
      'filter-expression',
    ],
    ['too deep a nest', [deep(8)], `/filters/0${'/not'.repeat(8)}`, 'filter-limit'],
    ['too many', new Array(200).fill({ exact: { id: 'a' } }), '/filters/100', 'filter-limit'],
    [
      'too much to compare',
      [{ exact: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`a${i}`, 'x'])) }],
      '/filters/0/exact',
      'filter-limit',
    ],
    ['a text without end', [{ exact: { id: 'x'.repeat(3000) } }], '/filters/0/exact', 'filter'],
  ])('is refused when there is %s', (_, filters, path, rule) => {
    expect(checkFilters(filters)).toMatchObject([{ path, rule }]);
  });

  it('is judged whole: every fault is told', () => {
    expect(checkFilters([{ sql: '' }, { exact: {} }, { not: 1 }]).map((one) => one.path)).toEqual([
      '/filters/0/sql',
      '/filters/1/exact',
      '/filters/2/not',
    ]);
  });

  it('in SQL is refused with the place and what was expected, without a word of it', () => {
    expect(checkFilters([{ sql: "id = 'secret' secret" }])).toEqual([
      {
        path: '/filters/0/sql',
        rule: 'filter-expression',
        expected: 'at character 15: an operator or the end of the expression',
        fix: 'Mend the expression at the character that is named, counted from 1.',
        doc: '/docs/rules#filter-expression',
      },
    ]);
  });

  it('may nest up to the limit', () => {
    expect(checkFilters([deep(7)])).toEqual([]);
  });
});
