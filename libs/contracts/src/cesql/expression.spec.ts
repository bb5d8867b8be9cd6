import { describe, expect, it } from '@jest/globals';

import type { CloudEvent } from '../event.js';
import { expressionFault, MAX_KEPT_EXPRESSIONS, passesExpression } from './expression.js';
import { DEFAULT_EXPRESSION_LIMITS } from './parser.js';

const EVENT: CloudEvent = {
  attributes: {
    specversion: '1.0',
    id: 'a',
    source: 'urn:ods:X9L3B:lims',
    type: 'org.signalbox.result.reported.v1',
    late: 'true',
    retries: 2,
  },
  data: { kind: 'absent' },
};

describe('an expression as a filter', () => {
  it.each([
    ["type LIKE 'org.signalbox.%' AND retries < 3", true],
    ["type LIKE 'org.other.%'", false],
    ['late', true],
    ['retries', true],
    ['0', false],
    ["'true'", true],
    ['id', false],
    ["''", false],
    ['subject', false],
    ["NOT (subject = 'x')", false],
    ['ABS(-2147483648)', false],
    ["LEFT('true', -1)", false],
    ["NOT EXISTS subject OR subject != 'x'", true],
    ['this is none', false],
  ])('%s lets the event through: %s', (expression, through) => {
    expect(passesExpression(expression, EVENT)).toBe(through);
  });

  it('means the same after more expressions than are kept', () => {
    expect(passesExpression('retries = 2', EVENT)).toBe(true);
    for (let n = 0; n <= MAX_KEPT_EXPRESSIONS; n++) passesExpression(`retries = ${n + 3}`, EVENT);
    expect(passesExpression('retries = 2', EVENT)).toBe(true);
    expect(passesExpression('retries = 3', EVENT)).toBe(false);
  });

  it.each<[string, number | undefined]>([
    ["urgency IN ('urgent', UPPER(id)) AND -retries % 2 = 0 OR NOT EXISTS subject", undefined],
    ['1 = 1 AND', 10],
    ['NOSUCH(1)', 1],
    ["1 = LEFT('a')", 5],
    ['CONCAT(1, NOSUCH())', 11],
    ['a IN (1, -NOSUCH())', 11],
    ["NOT NOSUCH() LIKE 'x'", 5],
    ['NOSUCH() IN (1)', 1],
  ])('%s is at fault at character %s before any event is there', (expression, at) => {
    expect(expressionFault(expression, DEFAULT_EXPRESSION_LIMITS)?.at).toBe(at);
  });
});
