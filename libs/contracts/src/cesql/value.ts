/** Values, types, casts and errors of the CloudEvents SQL expression language (CESQL 1.0.0, sections 3.1, 3.3 and 3.7). */

/** A value: text, a 32-bit whole number, or a truth. */
export type Value = string | number | boolean;

export type Type = 'string' | 'integer' | 'boolean';

/** Kinds of errors of section 3.3 that an evaluation can meet. A parse error is an {@link ExpressionRefused}. */
export type ErrorKind = 'math' | 'cast' | 'missingAttribute' | 'missingFunction' | 'functionEvaluation';

/** What an evaluation gives: always a value, and the first error, if there was one. */
export interface Outcome {
  readonly value: Value;
  readonly error?: ErrorKind;
}

/** The value that stands in when an operator or a function of this type has none (section 3.1). */
export const ZERO = { string: '', integer: 0, boolean: false } as const satisfies Record<Type, Value>;

const WHOLE_NUMBER = /^[+-]?[0-9]+$/;

export function typeOf(value: Value): Type {
  if (typeof value === 'string') return 'string';
  return typeof value === 'number' ? 'integer' : 'boolean';
}

/** Whether a number is a 32-bit signed integer. */
export function isInteger(value: number): boolean {
  return (value | 0) === value;
}

/** A whole number as an outcome: what does not fit into 32 bits is a math error, for nothing is wrapped around in silence. */
export function integer(value: number): Outcome {
  return isInteger(value) ? { value: value | 0 } : { value: ZERO.integer, error: 'math' };
}

/** Casts a value (section 3.7). A text that says no integer or no truth is a cast error with the zero value. */
export function cast(value: Value, type: Type): Outcome {
  if (type === 'string') return { value: String(value) };
  if (typeof value === 'string') return type === 'integer' ? readInteger(value) : readBoolean(value);
  return { value: type === 'integer' ? Number(value) : Boolean(value) };
}

function readInteger(text: string): Outcome {
  const value = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  return isInteger(value) ? { value: value | 0 } : { value: ZERO.integer, error: 'cast' };
}

function readBoolean(text: string): Outcome {
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? { value: lower === 'true' } : { value: ZERO.boolean, error: 'cast' };
}
