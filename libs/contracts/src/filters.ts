/**
 * Filters of a subscription, after the CloudEvents Subscriptions API (0.1-wip, section 3.2.4): the dialects `exact`, `prefix`,
 * `suffix`, `all`, `any`, `not` and `sql` (CESQL 1.0.0). A list of filters lets an event through when every one does. An attribute
 * that the event does not have matches nothing; but for `sql`, numbers and booleans are compared by their canonical text.
 */
import { expressionFault, passesExpression } from './cesql/expression.js';
import { DEFAULT_EXPRESSION_LIMITS } from './cesql/parser.js';
import type { CloudEvent } from './event.js';
import { type Finding, pointer } from './findings.js';
import { breach } from './rules/table.js';

/** Names of attributes and the text that each is compared with. */
type Comparison = Readonly<Record<string, string>>;

/** One filter expression: an object with exactly one dialect. */
export type Filter =
  | { readonly exact: Comparison }
  | { readonly prefix: Comparison }
  | { readonly suffix: Comparison }
  | { readonly all: readonly Filter[] }
  | { readonly any: readonly Filter[] }
  | { readonly not: Filter }
  | { readonly sql: string };

/** Bounds on the filters of one subscription: they are evaluated for every event. */
export interface FilterLimits {
  /** Filters, nested ones included, and attributes that they compare, altogether. */
  readonly maxExpressions: number;
  /** Filters inside one another. */
  readonly maxDepth: number;
  /** Characters of one text to compare with. */
  readonly maxTextLength: number;
  /** Characters of all SQL expressions together. */
  readonly maxSqlLength: number;
  /** Brackets, calls, sets and prefixes of one SQL expression inside one another. */
  readonly maxSqlDepth: number;
}

export const DEFAULT_FILTER_LIMITS: FilterLimits = {
  maxExpressions: 200,
  maxDepth: 8,
  maxTextLength: 2048,
  maxSqlLength: DEFAULT_EXPRESSION_LIMITS.maxLength,
  maxSqlDepth: DEFAULT_EXPRESSION_LIMITS.maxDepth,
};

const COMPARISONS = {
  exact: (value: string, wanted: string) => value === wanted,
  prefix: (value: string, wanted: string) => value.startsWith(wanted),
  suffix: (value: string, wanted: string) => value.endsWith(wanted),
};

const DIALECTS = 'exact, prefix, suffix, all, any, not, sql';
const ATTRIBUTE_NAME = /^[a-z0-9]+$/;

/** Whether an event passes every filter of a list that {@link checkFilters} found nothing against. */
export function matches(filters: readonly Filter[], event: CloudEvent): boolean {
  return filters.every((filter) => passes(filter, event));
}

function passes(filter: Filter, event: CloudEvent): boolean {
  if ('exact' in filter) return compares(filter.exact, COMPARISONS.exact, event);
  if ('prefix' in filter) return compares(filter.prefix, COMPARISONS.prefix, event);
  if ('suffix' in filter) return compares(filter.suffix, COMPARISONS.suffix, event);
  if ('all' in filter) return filter.all.every((one) => passes(one, event));
  if ('any' in filter) return filter.any.some((one) => passes(one, event));
  if ('not' in filter) return !passes(filter.not, event);
  return passesExpression(filter.sql, event);
}

function compares(
  wanted: Comparison,
  test: (value: string, text: string) => boolean,
  { attributes }: CloudEvent,
): boolean {
  return Object.entries(wanted).every(
    ([name, text]) => Object.hasOwn(attributes, name) && test(String(attributes[name]), text),
  );
}

/**
 * Judges the `filters` of a subscription as somebody sent it. Answers everything that is wrong; nothing means that the value is
 * a `Filter[]`.
 *
 * @param path JSON Pointer of the list in the request
 */
export function checkFilters(filters: unknown, path = '/filters', limits = DEFAULT_FILTER_LIMITS): Finding[] {
  const check = new FilterCheck(limits);
  check.list(filters, path, 0, 0);
  return check.findings;
}

class FilterCheck {
  readonly findings: Finding[] = [];
  private expressions = 0;
  private sqlLength = 0;

  constructor(private readonly limits: FilterLimits) {}

  list(value: unknown, path: string, depth: number, least: number): void {
    if (!Array.isArray(value) || value.length < least) {
      const expected = least > 0 ? 'an array of at least one filter' : 'an array of filters';
      this.note(path, 'filter', expected, 'Send the filters as an array.');
      return;
    }
    for (const [index, filter] of value.entries()) {
      if (this.expressions > this.limits.maxExpressions) return;
      this.filter(filter, pointer(path, index), depth + 1);
    }
  }

  private filter(value: unknown, path: string, depth: number): void {
    const { maxExpressions, maxDepth } = this.limits;
    if (++this.expressions > maxExpressions || depth > maxDepth) return this.tooMany(path);
    if (!isObject(value) || Object.keys(value).length !== 1) {
      this.note(path, 'filter', `an object with exactly one of ${DIALECTS}`);
      return;
    }
    const [dialect, operand] = Object.entries(value)[0]!;
    if (Object.hasOwn(COMPARISONS, dialect)) this.comparison(operand, pointer(path, dialect));
    else if (dialect === 'all' || dialect === 'any') this.list(operand, pointer(path, dialect), depth, 1);
    else if (dialect === 'not') this.filter(operand, pointer(path, dialect), depth + 1);
    else if (dialect === 'sql') this.sql(operand, pointer(path, dialect));
    else this.note(path, 'filter-dialect', `one of the dialects ${DIALECTS}`);
  }

  private comparison(value: unknown, path: string): void {
    if (!isObject(value) || Object.keys(value).length === 0) {
      this.note(
        path,
        'filter',
        'an object of attribute names and texts, at least one',
        'Name the attribute and the text.',
      );
      return;
    }
    const { maxTextLength } = this.limits;
    for (const [name, text] of Object.entries(value)) {
      if (++this.expressions > this.limits.maxExpressions) return this.tooMany(path);
      if (!ATTRIBUTE_NAME.test(name)) {
        this.note(
          path,
          'attribute-name',
          'attribute names of lower-case letters and digits',
          'Mend the attribute name.',
        );
      } else if (typeof text !== 'string' || text === '' || text.length > maxTextLength) {
        const expected = `a non-empty string of at most ${maxTextLength} characters`;
        this.note(path, 'filter', expected, 'Send the text to compare with as a string.');
      }
    }
  }

  private sql(value: unknown, path: string): void {
    const { maxSqlLength, maxSqlDepth } = this.limits;
    if (typeof value !== 'string') {
      this.note(path, 'filter-expression', 'an expression as a string');
      return;
    }
    this.sqlLength += value.length;
    if (this.sqlLength > maxSqlLength) {
      this.note(path, 'filter-limit', `at most ${maxSqlLength} characters of SQL expressions altogether`);
      return;
    }
    const fault = expressionFault(value, { maxLength: maxSqlLength, maxDepth: maxSqlDepth });
    if (fault !== undefined) this.note(path, 'filter-expression', `at character ${fault.at}: ${fault.expected}`);
  }

  private tooMany(path: string): void {
    const { maxExpressions, maxDepth } = this.limits;
    const expected = `at most ${maxExpressions} filters and attributes compared, ${maxDepth} filters inside one another`;
    this.note(path, 'filter-limit', expected);
  }

  private note(...wrong: Parameters<typeof breach>): void {
    this.findings.push(breach(...wrong));
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
