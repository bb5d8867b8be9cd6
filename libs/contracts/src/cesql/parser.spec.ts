import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { readPattern } from './like.js';
import { DEFAULT_EXPRESSION_LIMITS, parse } from './parser.js';
import { ExpressionRefused } from './token.js';
import type { Node, Operator } from './tree.js';

/** A tree before it is printed: as the parser's, but a pattern is its text and no node has a place. */
type Sketch =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'attribute' | 'exists'; readonly name: string }
  | { readonly kind: 'not' | 'minus'; readonly operand: Sketch }
  | { readonly kind: 'like'; readonly operand: Sketch; readonly text: string }
  | { readonly kind: 'in'; readonly operand: Sketch; readonly set: readonly Sketch[] }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Sketch; readonly right: Sketch }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Sketch[] };

const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;

function print(node: Sketch): string {
  switch (node.kind) {
    case 'literal':
      return typeof node.value === 'string' ? quoted(node.value) : String(node.value);
    case 'attribute':
      return node.name;
    case 'exists':
      return `EXISTS ${node.name}`;
    case 'not':
      return `NOT (${print(node.operand)})`;
    case 'minus':
      return `- (${print(node.operand)})`;
    case 'like':
      return `(${print(node.operand)}) LIKE ${quoted(node.text)}`;
    case 'in':
      return `(${print(node.operand)}) in (${node.set.map(print).join(', ')})`;
    case 'operation':
      return `(${print(node.left)})${/[A-Z]/.test(node.operator) ? ` ${node.operator} ` : node.operator}(${print(node.right)})`;
    case 'call':
      return `${node.name}(${node.args.map(print).join(',')})`;
  }
}

/** What the parser shall make of a sketch, and what it made, without places. */
const without = (node: Node | Sketch, ...keys: string[]): unknown =>
  JSON.parse(JSON.stringify(node, (key, value: unknown) => (keys.includes(key) ? undefined : value)));
const patternsOf = (node: unknown): unknown[] =>
  typeof node !== 'object' || node === null
    ? []
    : Object.entries(node).flatMap(([key, value]) => {
        if (key === 'pattern') return [value as unknown];
        return key === 'text' ? [readPattern(value as string)] : patternsOf(value);
      });

const OPERATORS: Operator[] = ['AND', 'OR', 'XOR', '=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%'];
const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}9$/);
const text = fc.string().map((value) => value.replaceAll('\\', '/'));

const { tree } = fc.letrec<{ tree: Sketch }>((tie) => {
  const one = tie('tree');
  return {
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.record({ kind: fc.constant('literal' as const), value: fc.oneof(text, fc.boolean(), fc.integer()) }),
      fc.record({ kind: fc.constantFrom('attribute' as const, 'exists' as const), name }),
      fc.record({ kind: fc.constantFrom('not' as const, 'minus' as const), operand: one }),
      fc.record({ kind: fc.constant('like' as const), operand: one, text }),
      fc.record({
        kind: fc.constant('in' as const),
        operand: one,
        set: fc.array(one, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({
        kind: fc.constant('operation' as const),
        operator: fc.constantFrom(...OPERATORS),
        left: one,
        right: one,
      }),
      fc.record({
        kind: fc.constant('call' as const),
        name: fc.constantFrom('LENGTH', 'Concat_Ws', 'NOSUCH'),
        args: fc.array(one, { maxLength: 3 }),
      }),
    ),
  };
});

const ROOMY = { maxLength: 1_000_000, maxDepth: 100 };

/** The tree with every operation in brackets. */
function bracketed(node: Node): string {
  switch (node.kind) {
    case 'literal':
      return String(node.value);
    case 'attribute':
      return node.name;
    case 'exists':
      return `?${node.name}`;
    case 'not':
    case 'minus':
      return `(${node.kind === 'not' ? '!' : '~'}${bracketed(node.operand)})`;
    case 'like':
      return `(${bracketed(node.operand)} like)`;
    case 'in':
      return `(${bracketed(node.operand)} in)`;
    case 'operation':
      return `(${bracketed(node.left)} ${node.operator} ${bracketed(node.right)})`;
    case 'call':
      return `${node.name}(${node.args.map(bracketed).join(' ')})`;
  }
}

describe('the parser', () => {
  it.each([
    ['a + b * c', '(a + (b * c))'],
    ['a * b + c', '((a * b) + c)'],
    ['a - b - c', '((a - b) - c)'],
    ['a % b / c', '((a % b) / c)'],
    ['a = b + c', '(a = (b + c))'],
    ['a = b = c', '((a = b) = c)'],
    ['a < b AND c > d', '((a < b) AND (c > d))'],
    ['a OR b AND c', '((a OR b) AND c)'],
    ['a AND b XOR c OR d', '(((a AND b) XOR c) OR d)'],
    ['a AND (b OR c)', '(a AND (b OR c))'],
    ['NOT a = b', '((!a) = b)'],
    ['NOT (a = b)', '(!(a = b))'],
    ['a != b', '(!(a = b))'],
    ['a <> b', '(!(a = b))'],
    ['NOT NOT a', '(!(!a))'],
    ['-a + b', '((~a) + b)'],
    ['-10 + b', '(-10 + b)'],
    ['- 10', '(~10)'],
    ['--10', '(~-10)'],
    ['a-1', '(a - 1)'],
    ['a - -1', '(a - -1)'],
    ['a +1', '(a + 1)'],
    ["NOT a LIKE 'x'", '((!a) like)'],
    ["a NOT LIKE 'x'", '(!(a like))'],
    ["a = b LIKE 'x'", '(a = (b like))'],
    ['a NOT IN (b, c)', '(!(a in))'],
    ["a LIKE 'x' IN (TRUE)", '((a like) in)'],
    ['NOT EXISTS a AND b', '((!?a) AND b)'],
    ['not(a)', '(!a)'],
    ['LEFT (a, 1+2)', 'LEFT(a (1 + 2))'],
    ['\n\ta\r=\t1 ', '(a = 1)'],
    ['1a', '1a'],
  ])('reads %s as %s', (expression, expected) => {
    expect(bracketed(parse(expression))).toBe(expected);
  });

  it.each<[string, number, RegExp]>([
    ['', 1, /a name/],
    ['   ', 4, /a name/],
    ['a b', 3, /operator or the end/],
    ['a =', 4, /a name/],
    ['a == b', 4, /a name/],
    ['a & b', 3, /an operator/],
    ['a ! b', 3, /an operator/],
    ['(a', 3, /closing bracket/],
    ['a)', 2, /the end/],
    ['()', 2, /a name/],
    ["'abc", 1, /ends with the quote/],
    ["'abc\\'", 1, /ends with the quote/],
    ["'a''b'", 4, /the end/],
    ['a LIKE b', 8, /pattern in quotes/],
    ["a LIKE ('b')", 8, /pattern in quotes/],
    ["a NOT 'b'", 3, /the end/],
    ['a IN ()', 7, /a name/],
    ['a IN b', 6, /set in brackets/],
    ['a IN (1, )', 10, /a name/],
    ['EXISTS (a)', 8, /name of an attribute/],
    ['EXISTS a_b', 8, /name of an attribute/],
    ['LENGTH(a', 9, /closing bracket/],
    ['LENGTH(,)', 8, /a name/],
    ['f1(a)', 1, /function name/],
    ['a_b', 1, /letters and digits/],
    ['2147483648', 1, /32-bit/],
    ['1 = -2147483649', 5, /32-bit/],
    ['+a', 2, /behind its sign/],
    ['1.5', 2, /an operator/],
    ['a AND', 6, /a name/],
    ['in = 1', 1, /a name/],
    ['a = 1; b', 6, /an operator/],
    ['ä = 1', 1, /a name/],
  ])('refuses %s at character %d', (expression, at, expected) => {
    const refusal = refusalOf(expression);
    expect(refusal?.at).toBe(at);
    expect(refusal?.expected).toMatch(expected);
  });

  it('refuses more than the limits, and reads what is just within', () => {
    const { maxLength, maxDepth } = DEFAULT_EXPRESSION_LIMITS;
    expect(refusalOf(`a=${'1'.repeat(maxLength)}`)?.at).toBe(maxLength + 1);
    expect(refusalOf(`a${'+1'.repeat(maxLength / 2 - 1)}`)).toBeUndefined();
    for (const [open, close] of [
      ['(', ')'],
      ['NOT ', ''],
      ['-', ''],
      ['ABS(', ')'],
    ] as const) {
      const nested = (depth: number): string => `${open.repeat(depth)}a${close.repeat(depth)}`;
      expect(refusalOf(nested(maxDepth - 1))).toBeUndefined();
      expect(refusalOf(nested(maxDepth))?.expected).toMatch(/levels/);
      expect(refusalOf(nested(400))?.expected).toMatch(/levels/);
    }
  });

  it('reads back every tree that is printed', () => {
    fc.assert(
      fc.property(tree, (sketch) => {
        const node = parse(print(sketch), ROOMY);
        expect(without(node, 'at', 'pattern')).toEqual(without(sketch, 'text'));
        expect(patternsOf(node)).toEqual(patternsOf(sketch));
      }),
      { numRuns: 500 },
    );
  });

  it('throws nothing but its own refusal, which repeats nothing that was sent', () => {
    const piece = fc.oneof(
      fc.constantFrom('NOT', 'LIKE', 'IN', 'EXISTS', 'AND', "'a%'", '"', "'", '\\', '(', ')', ',', '-', '+', '7', 'id'),
      fc.string({ maxLength: 4 }),
    );
    const soup = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(' '));
    fc.assert(
      fc.property(soup, (expression) => {
        const refusal = refusalOf(expression);
        expect(refusalOf(`${expression} SECRETVALUE SECRETVALUE`)?.message ?? '').not.toContain('SECRET');
        if (refusal !== undefined) expect(refusal.at).toBeLessThanOrEqual(expression.length + 1);
      }),
      { numRuns: 2000 },
    );
  });
});

function refusalOf(expression: string): ExpressionRefused | undefined {
  try {
    parse(expression);
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionRefused) return error;
    throw error;
  }
}
