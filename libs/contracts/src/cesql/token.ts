/** The words of a CESQL expression (CESQL 1.0.0, section 2). */

/** An expression that is not one: where, and what would have been right. Never repeats what was sent. */
export class ExpressionRefused extends Error {
  /**
   * @param at character of the expression, counted from 1
   * @param expected what would have been right there
   */
  constructor(
    readonly at: number,
    readonly expected: string,
  ) {
    super(`At character ${at}: expected ${expected}.`);
    this.name = 'ExpressionRefused';
  }
}

export type TokenKind = 'keyword' | 'word' | 'digits' | 'string' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** A keyword in upper case, a symbol, a word or digits as they stand, the content of a string. */
  readonly text: string;
  /** Offset in the expression, from 0. */
  readonly at: number;
}

const KEYWORDS: ReadonlySet<string> = new Set(['AND', 'EXISTS', 'FALSE', 'IN', 'LIKE', 'NOT', 'OR', 'TRUE', 'XOR']);

const SPACE = /[ \t\r\n]*/y;
const SYMBOL = /!=|<>|<=|>=|[=<>+\-*/%(),]/y;
const WORD = /[A-Za-z0-9_]+/y;
const DIGITS = /^[0-9]+$/;

/** Splits an expression into its words, the last of which is the end. */
export function tokenize(expression: string): Token[] {
  const tokens: Token[] = [];
  let at = skipSpace(expression, 0);
  while (at < expression.length) {
    const { token, end } = tokenAt(expression, at);
    tokens.push(token);
    at = skipSpace(expression, end);
  }
  tokens.push({ kind: 'end', text: '', at: expression.length });
  return tokens;
}

function skipSpace(expression: string, from: number): number {
  SPACE.lastIndex = from;
  SPACE.test(expression);
  return SPACE.lastIndex;
}

function tokenAt(expression: string, at: number): { token: Token; end: number } {
  const quote = expression[at];
  if (quote === "'" || quote === '"') return stringAt(expression, at, quote);
  const symbol = textAt(SYMBOL, expression, at);
  if (symbol !== undefined) return { token: { kind: 'symbol', text: symbol, at }, end: at + symbol.length };
  const word = textAt(WORD, expression, at);
  if (word === undefined) {
    throw new ExpressionRefused(at + 1, 'a name, a number, a text in quotes, an operator or a bracket');
  }
  const upper = word.toUpperCase();
  const token: Token = KEYWORDS.has(upper)
    ? { kind: 'keyword', text: upper, at }
    : { kind: DIGITS.test(word) ? 'digits' : 'word', text: word, at };
  return { token, end: at + word.length };
}

function textAt(form: RegExp, expression: string, at: number): string | undefined {
  form.lastIndex = at;
  return form.exec(expression)?.[0];
}

/**
 * A text in quotes. A backslash before the same quote stands for that quote; before anything else it is kept, because the
 * patterns of LIKE read it.
 */
function stringAt(expression: string, at: number, quote: string): { token: Token; end: number } {
  let text = '';
  for (let next = at + 1; next < expression.length; next++) {
    const character = expression[next]!;
    if (character === quote) return { token: { kind: 'string', text, at }, end: next + 1 };
    if (character === '\\' && next + 1 < expression.length) {
      const escaped = expression[++next]!;
      text += escaped === quote ? quote : `\\${escaped}`;
    } else text += character;
  }
  throw new ExpressionRefused(at + 1, 'a text that ends with the quote that it begins with');
}
