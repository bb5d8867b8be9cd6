import { describe, expect, it } from '@jest/globals';

import { evaluate } from './evaluate.js';
import { MAX_JOINED_LENGTH } from './functions.js';
import { parse } from './parser.js';
import type { ErrorKind, Value } from './value.js';

const ATTRIBUTES = {
  specversion: '1.0',
  id: 'ev-1',
  source: 'urn:ods:X9L3B:lims',
  type: 'org.signalbox.result.reported.v1',
  urgency: 'urgent',
  hops: 3,
  limit: '12',
  late: true,
  early: 'False',
  face: 'a😀b',
  huge: 2 ** 40,
};

type Case = readonly [expression: string, value: Value, error?: ErrorKind];

function holds(cases: readonly Case[]): void {
  const outcomes = cases.map(([expression, value, error]) => ({
    expression,
    outcome: error === undefined ? { value } : { value, error },
  }));
  it.each(outcomes)('$expression gives $outcome', ({ expression, outcome }) => {
    expect(evaluate(parse(expression), ATTRIBUTES)).toEqual(outcome);
  });
}

describe('a literal', () => {
  holds([
    ['17', 17],
    ['-17', -17],
    ['+17', 17],
    ['007', 7],
    ['-0', 0],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
    ['tRuE', true],
    ['False', false],
    ["'Ward 9'", 'Ward 9'],
    ['"Ward 9"', 'Ward 9'],
    ["''", ''],
    [String.raw`'it\'s'`, "it's"],
    [String.raw`"say \"yes\""`, 'say "yes"'],
    [String.raw`'say "yes"'`, 'say "yes"'],
    [String.raw`'a\b'`, String.raw`a\b`],
    [String.raw`'a\"b'`, String.raw`a\"b`],
    [String.raw`'a\\'`, String.raw`a\\`],
  ]);
});

describe('an attribute', () => {
  holds([
    ['id', 'ev-1'],
    ['hops', 3],
    ['late', true],
    ['huge', '1099511627776'],
    ['nowhere', false, 'missingAttribute'],
    ['constructor', false, 'missingAttribute'],
    ['Id', 'ev-1'],
    ['EXISTS ID', true],
    ['EXISTS id', true],
    ['exists nowhere', false],
    ['EXISTS constructor', false],
    ['NOT EXISTS nowhere', true],
    ['EXISTS nowhere AND nowhere = 1', false],
  ]);
});

describe('an attribute that is not there ends what names it with the zero value of its type', () => {
  holds([
    ['nowhere + 1', 0, 'missingAttribute'],
    ['1 / nowhere', 0, 'missingAttribute'],
    ['nowhere / 0', 0, 'missingAttribute'],
    ['-nowhere', 0, 'missingAttribute'],
    ['NOT nowhere', false, 'missingAttribute'],
    ["nowhere = ''", false, 'missingAttribute'],
    ["nowhere != ''", false, 'missingAttribute'],
    ["'' <> nowhere", false, 'missingAttribute'],
    ["nowhere LIKE '%'", false, 'missingAttribute'],
    ["nowhere NOT LIKE 'x'", false, 'missingAttribute'],
    ['nowhere IN (1)', false, 'missingAttribute'],
    ['1 NOT IN (2, nowhere)', false, 'missingAttribute'],
    ['LENGTH(nowhere)', 0, 'missingAttribute'],
    ["CONCAT('a', nowhere)", '', 'missingAttribute'],
    ['IS_INT(nowhere)', false, 'missingAttribute'],
    ['TRUE AND nowhere = 1', false, 'missingAttribute'],
    ['nowhere = 1 OR TRUE', false, 'missingAttribute'],
  ]);
});

describe('logic', () => {
  holds([
    ['TRUE AND TRUE', true],
    ['TRUE AND FALSE', false],
    ['FALSE OR TRUE', true],
    ['FALSE OR FALSE', false],
    ['TRUE XOR TRUE', false],
    ['FALSE XOR TRUE', true],
    ['NOT late', false],
    ["NOT 'fAlSe'", true],
    ['NOT 0', true],
    ['NOT 10', false],
    ["'true' AND 1", true],
    ["TRUE AND 'yes'", false, 'cast'],
    ["'yes' OR TRUE", false, 'cast'],
    ['FALSE AND 1 / 0 = 0', false],
    ['TRUE OR 1 / 0 = 0', true],
    ['TRUE AND 1 != 1 / 0', false, 'math'],
    ['TRUE XOR 1 / 0 = 0', false, 'math'],
    ['FALSE AND NOSUCH()', false],
  ]);
});

describe('arithmetic', () => {
  holds([
    ['7 / 2', 3],
    ['-7 / 2', -3],
    ['-1 / 2', 0],
    ['7 % 3', 1],
    ['-7 % 3', -1],
    ['7 % -3', 1],
    ['-4 % 2', 0],
    ['9 - 4-3', 2],
    ['9 - -4', 13],
    ['--9', 9],
    ["-'9'", -9],
    ['-TRUE', -1],
    ['hops * limit', 36],
    ["'5' + TRUE", 6],
    ['1 / 0', 0, 'math'],
    ['0 / 0', 0, 'math'],
    ['1 % 0', 0, 'math'],
    ["1 / 'x'", 0, 'cast'],
    ['urgency + 1', 0, 'cast'],
    ['2147483647 + 1', 0, 'math'],
    ['-2147483648 - 1', 0, 'math'],
    ['2147483647 * 2147483647', 0, 'math'],
    ['-2147483648 / -1', 0, 'math'],
    ['- -2147483648', 0, 'math'],
  ]);
});

describe('a comparison', () => {
  holds([
    ['1 = 1', true],
    ['1 <> 1', false],
    ['1 != 2', true],
    ["urgency = 'urgent'", true],
    ["urgency = 'Urgent'", false],
    ['limit = 12', true],
    ["hops = '3'", true],
    ['hops = TRUE', true],
    ["TRUE = 'TRUE'", false],
    ["'TRUE' = TRUE", true],
    ['urgency = 1', false, 'cast'],
    ['urgency != 1', false, 'cast'],
    ['hops < limit', true],
    ["'9' < '12'", true],
    ['3 <= 3', true],
    ['3 >= 4', false],
    ['4 > 3', true],
    ['urgency > 1', false, 'cast'],
    ['early = FALSE', true],
  ]);
});

describe('LIKE', () => {
  holds([
    ["source LIKE 'urn:ods:%'", true],
    ["type like '%.v1'", true],
    ["type NOT LIKE '%.v1'", false],
    ["face LIKE 'a_b'", true],
    ["hops LIKE '_'", true],
    ["late LIKE 'TR%'", false],
    ["late LIKE 'tr%'", true],
    [String.raw`'50%' LIKE '50\%'`, true],
    [String.raw`'50x' LIKE '50\%'`, false],
    [String.raw`'it\'s' LIKE '%\'s'`, true],
  ]);
});

describe('IN', () => {
  holds([
    ["urgency IN ('routine', 'urgent')", true],
    ["urgency NOT IN ('routine', 'urgent')", false],
    ['hops IN (limit, 1 + 2)', true],
    ["hops IN ('1', '3')", true],
    ['limit IN (11, 12)', true],
    ['TRUE IN (FALSE, 5)', true],
    ["'true' IN ('TRUE')", false],
    ["hops IN ('x', 3)", false, 'cast'],
    ["hops IN (3, 'x')", true],
    ['(1 / 0) IN (0)', false, 'math'],
    ['1 / 1 IN (1)', 1],
  ]);
});

describe('a function', () => {
  holds([
    ["LENGTH('abc')", 3],
    ['length(face)', 3],
    ['LENGTH(-12)', 3],
    ["CONCAT('a', 1, TRUE)", 'a1true'],
    ['CONCAT()', ''],
    ["CONCAT_WS('-', 2026, 3, 2)", '2026-3-2'],
    ["CONCAT_WS('-', 'a')", 'a'],
    ["CONCAT_WS('-')", ''],
    ['CONCAT_WS()', false, 'missingFunction'],
    ["Lower('ÄB')", 'äb'],
    ["UPPER('äb')", 'ÄB'],
    ["TRIM(' \t a b\u00a0\u2003')", 'a b'],
    ["TRIM('\ufeffa\u0001')", '\ufeffa\u0001'],
    ["TRIM('   ')", ''],
    ["LEFT('signal', 3)", 'sig'],
    ["LEFT('signal', 9)", 'signal'],
    ["LEFT('signal', 0)", ''],
    ["LEFT('signal', -1)", 'signal', 'functionEvaluation'],
    ['LEFT(face, 2)', 'a😀'],
    ["RIGHT('signal', 3)", 'nal'],
    ["RIGHT('signal', 9)", 'signal'],
    ["RIGHT('signal', 0)", ''],
    ["RIGHT('signal', -1)", 'signal', 'functionEvaluation'],
    ['RIGHT(face, 2)', '😀b'],
    ["SUBSTRING('signal', 1)", 'signal'],
    ["SUBSTRING('signal', 6)", 'l'],
    ["SUBSTRING('signal', 7)", '', 'functionEvaluation'],
    ["SUBSTRING('signal', -6)", 'signal'],
    ["SUBSTRING('signal', -7)", '', 'functionEvaluation'],
    ["SUBSTRING('signal', 0)", ''],
    ["SUBSTRING('signal', 2, 3)", 'ign'],
    ["SUBSTRING('signal', -3, 2)", 'na'],
    ["SUBSTRING('signal', 5, 100)", 'al'],
    ["SUBSTRING('signal', 2, 0)", ''],
    ["SUBSTRING('signal', 0, 3)", ''],
    ["SUBSTRING('signal', 2, -1)", '', 'functionEvaluation'],
    ["SUBSTRING('signal')", false, 'missingFunction'],
    ["SUBSTRING('signal', 'x')", '', 'cast'],
    ['ABS(-5)', 5],
    ["ABS('-5')", 5],
    ['ABS(-2147483648)', 2147483647, 'math'],
    ["INT('+12')", 12],
    ['INT(TRUE)', 1],
    ["INT(' 1')", 0, 'cast'],
    ["INT('1.5')", 0, 'cast'],
    ["INT('')", 0, 'cast'],
    ["INT('2147483648')", 0, 'cast'],
    ["BOOL('TRUE')", true],
    ['BOOL(-3)', true],
    ['BOOL(0)', false],
    ["BOOL('1')", false, 'cast'],
    ['STRING(-3)', '-3'],
    ['STRING(FALSE)', 'false'],
    ["IS_INT('12')", true],
    ["IS_INT('x')", false],
    ["IS_BOOL('False')", true],
    ["IS_BOOL('x')", false],
    ['NOSUCH(1)', false, 'missingFunction'],
    ['constructor()', false, 'missingFunction'],
    ['LENGTH(1 / 0)', 0, 'math'],
    ["UPPER(LEFT('signal', -1))", '', 'functionEvaluation'],
  ]);

  it('joins no more than the limit, however calls are nested', () => {
    const attributes = { note: 'x'.repeat(MAX_JOINED_LENGTH / 2) };
    expect(evaluate(parse('LENGTH(CONCAT(note, note))'), attributes)).toEqual({ value: MAX_JOINED_LENGTH });
    expect(evaluate(parse("CONCAT(note, note, '.')"), attributes)).toEqual({ value: '', error: 'functionEvaluation' });
    expect(evaluate(parse("CONCAT_WS('.', note, note)"), attributes)).toEqual({
      value: '',
      error: 'functionEvaluation',
    });
  });
});
