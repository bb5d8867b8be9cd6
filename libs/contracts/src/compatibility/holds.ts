import { isEqual } from './equal.js';
import { isSchema, type SchemaNode, type SchemaNodes } from './schema-node.js';

type Words = Readonly<Record<string, unknown>>;
type Answer = boolean | undefined;

/**
 * Whether one value of an enumeration meets a schema. Undefined where that takes more than looking at the value itself:
 * objects and arrays are compared, not looked into.
 */
export function holds(all: SchemaNodes, node: SchemaNode, value: unknown, depth = 20): Answer {
  if (typeof node.schema === 'boolean') return node.schema;
  if (depth === 0) return undefined;
  const words = node.schema;
  const answers: Answer[] = [ofValue(words, value), ofText(words, value), ofNumber(words, value)];
  answers.push(ofParts(all, node, words, value, depth - 1));
  return every(answers);
}

function every(answers: readonly Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function some(answers: readonly Answer[]): Answer {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function ofValue({ type, nullable, enum: listed, const: one }: Words, value: unknown): Answer {
  if (nullable === true && value === null) return undefined;
  if (type !== undefined && !(Array.isArray(type) ? type : [type]).some((name) => hasType(value, name))) return false;
  if (Array.isArray(listed) && !listed.some((item) => isEqual(item, value))) return false;
  return one === undefined || isEqual(one, value);
}

function hasType(value: unknown, name: unknown): boolean {
  if (name === 'null') return value === null;
  if (name === 'array') return Array.isArray(value);
  if (name === 'integer') return Number.isInteger(value);
  if (name === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === name;
}

function ofText({ pattern, format, minLength, maxLength }: Words, value: unknown): Answer {
  if (typeof value !== 'string') return true;
  const length = Array.from(value).length;
  if (typeof minLength === 'number' && length < minLength) return false;
  if (typeof maxLength === 'number' && length > maxLength) return false;
  if (typeof pattern === 'string' && !new RegExp(pattern).test(value)) return false;
  return format === undefined ? true : undefined;
}

function ofNumber(words: Words, value: unknown): Answer {
  if (typeof value !== 'number') return true;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = words;
  if (typeof minimum === 'number' && value < minimum) return false;
  if (typeof maximum === 'number' && value > maximum) return false;
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) return false;
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) return false;
  if (typeof multipleOf !== 'number') return true;
  return Number.isInteger(multipleOf) && Number.isInteger(value) ? value % multipleOf === 0 : undefined;
}

/** Keywords that only look at what is inside of objects and arrays, or say nothing of the value. */
const INSIDE =
  /^(properties|patternProperties|additionalProperties|unevaluatedProperties|propertyNames|required|minProperties|maxProperties|dependent\w+|items|prefixItems|unevaluatedItems|contains|minContains|maxContains|minItems|maxItems|uniqueItems)$/;
const ANSWERED =
  /^(type|enum|const|pattern|format|minLength|maxLength|minimum|maximum|exclusiveMinimum|exclusiveMaximum|multipleOf|\$ref|allOf|anyOf|oneOf|not|if|then|else|title|description|\$comment|\$schema|\$id|\$defs|definitions|default|examples|deprecated|readOnly|writeOnly|discriminator)$/;

function ofParts(all: SchemaNodes, node: SchemaNode, words: Words, value: unknown, depth: number): Answer {
  const at = (...members: (string | number)[]) => holds(all, all.below(node, ...members), value, depth);
  const each = (keyword: string): Answer[] =>
    Array.isArray(words[keyword]) ? (words[keyword] as unknown[]).map((_, index) => at(keyword, index)) : [];
  const answers: Answer[] = each('allOf');
  if (words.$ref !== undefined) {
    const target = all.target(node);
    answers.push(target && holds(all, target, value, depth));
  }
  if (words.anyOf !== undefined) answers.push(some(each('anyOf')));
  if (words.oneOf !== undefined) answers.push(exactlyOne(each('oneOf')));
  if (isSchema(words.not)) answers.push(negated(at('not')));
  if (isSchema(words.if)) answers.push(conditional(at, words));
  const isContainer = typeof value === 'object' && value !== null;
  const unanswered = Object.keys(words).some((key) => (INSIDE.test(key) ? isContainer : !ANSWERED.test(key)));
  return every(unanswered ? [...answers, undefined] : answers);
}

const negated = (answer: Answer): Answer => (answer === undefined ? undefined : !answer);

function exactlyOne(answers: readonly Answer[]): Answer {
  const sure = answers.filter((answer) => answer === true).length;
  if (sure > 1) return false;
  if (answers.includes(undefined)) return undefined;
  return sure === 1;
}

function conditional(at: (member: string) => Answer, words: Words): Answer {
  const then = isSchema(words.then) ? at('then') : true;
  const otherwise = isSchema(words.else) ? at('else') : true;
  const condition = at('if');
  if (condition === undefined) return then === true && otherwise === true ? true : undefined;
  return condition ? then : otherwise;
}
