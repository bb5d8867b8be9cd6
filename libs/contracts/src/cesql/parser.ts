/**
 * Parser of CESQL 1.0.0 by recursive descent. Precedence after section 3.6, from the tightest: calls; NOT and minus; LIKE, EXISTS
 * and IN; `*` `/` `%`; `+` `-`; comparisons; AND, OR and XOR, which share one level. Equal precedence goes from left to right.
 */
import { readPattern } from './like.js';
import { ExpressionRefused, type Token, type TokenKind, tokenize } from './token.js';
import type { Node, Operator } from './tree.js';
import { isInteger } from './value.js';

/** Bounds on one expression. */
export interface ExpressionLimits {
  /** Characters (UTF-16 units). */
  readonly maxLength: number;
  /** Brackets, calls, sets and prefixes inside one another. */
  readonly maxDepth: number;
}

export const DEFAULT_EXPRESSION_LIMITS: ExpressionLimits = { maxLength: 2048, maxDepth: 32 };

const LEVELS: readonly ReadonlySet<string>[] = [
  new Set(['AND', 'OR', 'XOR']),
  new Set(['=', '!=', '<>', '<', '<=', '>', '>=']),
  new Set(['+', '-']),
  new Set(['*', '/', '%']),
];

const FUNCTION_NAME = /^[A-Za-z][A-Za-z_]*$/;
const ATTRIBUTE_NAME = /^[A-Za-z0-9]+$/;

/**
 * Reads an expression.
 *
 * @throws ExpressionRefused when it is not one or goes beyond the limits; nothing else
 */
export function parse(expression: string, limits = DEFAULT_EXPRESSION_LIMITS): Node {
  if (expression.length > limits.maxLength) {
    throw new ExpressionRefused(limits.maxLength + 1, `an expression of at most ${limits.maxLength} characters`);
  }
  return new Parser(tokenize(expression), limits.maxDepth).whole();
}

class Parser {
  private index = 0;
  private depth = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly maxDepth: number,
  ) {}

  whole(): Node {
    const node = this.expression();
    if (this.next.kind !== 'end') this.refuse('an operator or the end of the expression');
    return node;
  }

  private get next(): Token {
    return this.tokens[this.index]!;
  }

  private is(kind: TokenKind, text: string, ahead = 0): boolean {
    const token = this.tokens[this.index + ahead];
    return token?.kind === kind && token.text === text;
  }

  private take(kind: TokenKind, text: string): boolean {
    const found = this.is(kind, text);
    if (found) this.index++;
    return found;
  }

  private need(symbol: string, expected: string): void {
    if (!this.take('symbol', symbol)) this.refuse(expected);
  }

  private refuse(expected: string, { at } = this.next): never {
    throw new ExpressionRefused(at + 1, expected);
  }

  private deeper<Read>(read: () => Read): Read {
    if (++this.depth > this.maxDepth) this.refuse(`at most ${this.maxDepth} levels inside one another`);
    const result = read();
    this.depth--;
    return result;
  }

  private expression(): Node {
    return this.deeper(() => this.level(0));
  }

  private level(number: number): Node {
    const operators = LEVELS[number];
    if (operators === undefined) return this.tested();
    let left = this.level(number + 1);
    while ((this.next.kind === 'symbol' || this.next.kind === 'keyword') && operators.has(this.next.text)) {
      const { text } = this.next;
      this.index++;
      const right = this.level(number + 1);
      left =
        text === '!=' || text === '<>'
          ? { kind: 'not', operand: { kind: 'operation', operator: '=', left, right } }
          : { kind: 'operation', operator: text as Operator, left, right };
    }
    return left;
  }

  /** An operand with any number of LIKE and IN behind it. */
  private tested(): Node {
    let node = this.prefixed();
    for (;;) {
      const negated = this.is('keyword', 'NOT');
      const ahead = negated ? 1 : 0;
      const isLike = this.is('keyword', 'LIKE', ahead);
      if (!isLike && !this.is('keyword', 'IN', ahead)) return node;
      this.index += ahead + 1;
      const test: Node = isLike
        ? { kind: 'like', operand: node, pattern: readPattern(this.patternText()) }
        : { kind: 'in', operand: node, set: this.set() };
      node = negated ? { kind: 'not', operand: test } : test;
    }
  }

  private patternText(): string {
    const { kind, text } = this.next;
    if (kind !== 'string') this.refuse('a pattern in quotes');
    this.index++;
    return text;
  }

  private set(): Node[] {
    this.need('(', 'a set in brackets');
    return this.list();
  }

  /** At least one expression, and the bracket that ends the list. */
  private list(): Node[] {
    const nodes = [this.expression()];
    while (this.take('symbol', ',')) nodes.push(this.expression());
    this.need(')', 'a comma or a closing bracket');
    return nodes;
  }

  private prefixed(): Node {
    if (this.take('keyword', 'NOT')) return { kind: 'not', operand: this.deeper(() => this.prefixed()) };
    if (this.is('symbol', '-') || this.is('symbol', '+')) return this.signed();
    return this.primary();
  }

  /** A sign that touches a number belongs to it, so that the smallest integer can be written. */
  private signed(): Node {
    const sign = this.next;
    this.index++;
    if (this.next.kind === 'digits' && this.next.at === sign.at + 1) return this.number(sign);
    if (sign.text === '+') this.refuse('a number right behind its sign');
    return { kind: 'minus', operand: this.deeper(() => this.prefixed()) };
  }

  private number(sign?: Token): Node {
    const digits = this.next;
    const value = Number((sign?.text ?? '') + digits.text);
    if (!isInteger(value)) this.refuse('a 32-bit whole number', sign ?? digits);
    this.index++;
    return { kind: 'literal', value: value | 0 };
  }

  private primary(): Node {
    const { kind, text } = this.next;
    if (kind === 'digits') return this.number();
    if (kind === 'word') return this.named();
    if (this.take('keyword', 'EXISTS')) return this.exists();
    if (this.take('symbol', '(')) {
      const node = this.expression();
      this.need(')', 'an operator or a closing bracket');
      return node;
    }
    if (kind === 'string') {
      this.index++;
      return { kind: 'literal', value: text };
    }
    if (this.take('keyword', 'TRUE')) return { kind: 'literal', value: true };
    if (this.take('keyword', 'FALSE')) return { kind: 'literal', value: false };
    return this.refuse('a name, a number, a text in quotes, TRUE, FALSE or an opening bracket');
  }

  /** Attributes have names of lower-case letters; here they may be written in any, as both reference implementations have it. */
  private exists(): Node {
    const { kind, text } = this.next;
    if ((kind !== 'word' && kind !== 'digits') || !ATTRIBUTE_NAME.test(text)) this.refuse('the name of an attribute');
    this.index++;
    return { kind: 'exists', name: text.toLowerCase() };
  }

  private named(): Node {
    const name = this.next;
    this.index++;
    if (!this.take('symbol', '(')) {
      if (!ATTRIBUTE_NAME.test(name.text)) this.refuse('an attribute name of letters and digits', name);
      return { kind: 'attribute', name: name.text.toLowerCase() };
    }
    if (!FUNCTION_NAME.test(name.text)) this.refuse('a function name of letters and underscores', name);
    const args = this.take('symbol', ')') ? [] : this.list();
    return { kind: 'call', name: name.text, args, at: name.at };
  }
}
