/**
 * Evaluation of CESQL 1.0.0 in the fail-fast mode that section 1.2 asks of filters: the first error ends an operator or a call
 * with the zero value of its own type, and so does an attribute that the event does not have. Every node is evaluated at most once.
 */
import type { AttributeValue } from '../event.js';
import { builtIn } from './functions.js';
import { like } from './like.js';
import type { Node, Operator } from './tree.js';
import { cast, integer, type Outcome, type Type, typeOf, type Value, ZERO } from './value.js';

type Attributes = Readonly<Record<string, AttributeValue>>;

interface Operation {
  /** What both sides are cast to; `right` means the type that the right side has. */
  readonly takes: Type | 'right';
  readonly gives: Type;
  readonly apply: (left: Value, right: Value) => Outcome;
}

const logic = (apply: (left: boolean, right: boolean) => boolean): Operation => ({
  takes: 'boolean',
  gives: 'boolean',
  apply: (left, right) => ({ value: apply(left as boolean, right as boolean) }),
});
const comparison = (apply: (left: number, right: number) => boolean): Operation => ({
  takes: 'integer',
  gives: 'boolean',
  apply: (left, right) => ({ value: apply(left as number, right as number) }),
});
const arithmetic = (apply: (left: number, right: number) => number): Operation => ({
  takes: 'integer',
  gives: 'integer',
  apply: (left, right) => integer(apply(left as number, right as number) + 0),
});

/** Division by zero gives no integer (an infinity or NaN), which {@link integer} answers with a math error. */
const OPERATIONS: Readonly<Record<Operator, Operation>> = {
  AND: logic((left, right) => left && right),
  OR: logic((left, right) => left || right),
  XOR: logic((left, right) => left !== right),
  '=': { takes: 'right', gives: 'boolean', apply: (left, right) => ({ value: left === right }) },
  '<': comparison((left, right) => left < right),
  '<=': comparison((left, right) => left <= right),
  '>': comparison((left, right) => left > right),
  '>=': comparison((left, right) => left >= right),
  '+': arithmetic((left, right) => left + right),
  '-': arithmetic((left, right) => left - right),
  '*': arithmetic((left, right) => left * right),
  '/': arithmetic((left, right) => Math.trunc(left / right)),
  '%': arithmetic((left, right) => left % right),
};

/** Evaluates an expression over the attributes of an event. Never throws. */
export function evaluate(node: Node, attributes: Attributes): Outcome {
  switch (node.kind) {
    case 'literal':
      return { value: node.value };
    case 'attribute':
      return attribute(node.name, attributes);
    case 'exists':
      return { value: Object.hasOwn(attributes, node.name) };
    case 'not':
      return unary(node.operand, 'boolean', 'boolean', (x) => ({ value: !(x as boolean) }), attributes);
    case 'minus':
      return unary(node.operand, 'integer', 'integer', (x) => integer(-(x as number) + 0), attributes);
    case 'like':
      return unary(node.operand, 'string', 'boolean', (x) => ({ value: like(x as string, node.pattern) }), attributes);
    case 'in':
      return isIn(node.operand, node.set, attributes);
    case 'operation':
      return operation(node, attributes);
    case 'call':
      return call(node.name, node.args, attributes);
  }
}

/** An attribute by its own type; a number that CESQL has no type for is text. */
function attribute(name: string, attributes: Attributes): Outcome {
  if (!Object.hasOwn(attributes, name)) return { value: ZERO.boolean, error: 'missingAttribute' };
  const value = attributes[name]!;
  return { value: typeof value === 'number' && integer(value).error !== undefined ? String(value) : value };
}

function unary(
  operand: Node,
  takes: Type,
  gives: Type,
  apply: (value: Value) => Outcome,
  attributes: Attributes,
): Outcome {
  const { value, error } = evaluated(operand, takes, attributes);
  return error === undefined ? apply(value) : { value: ZERO[gives], error };
}

/** Evaluates and casts; the cast is left out when there is an error already. */
function evaluated(node: Node, type: Type | 'any', attributes: Attributes): Outcome {
  const outcome = evaluate(node, attributes);
  return type === 'any' || outcome.error !== undefined ? outcome : cast(outcome.value, type);
}

function operation(node: Extract<Node, { kind: 'operation' }>, attributes: Attributes): Outcome {
  const { takes, gives, apply } = OPERATIONS[node.operator];
  let left = evaluated(node.left, takes === 'right' ? 'any' : takes, attributes);
  if (left.error !== undefined) return { value: ZERO[gives], error: left.error };
  if ((node.operator === 'AND' && !left.value) || (node.operator === 'OR' && left.value)) return left;
  const right = evaluated(node.right, takes === 'right' ? 'any' : takes, attributes);
  if (right.error !== undefined) return { value: ZERO[gives], error: right.error };
  if (takes === 'right') left = cast(left.value, typeOf(right.value));
  return left.error === undefined ? apply(left.value, right.value) : { value: ZERO[gives], error: left.error };
}

/** The members are cast to the type of what is looked for (section 3.7), in order, up to the first that is equal. */
function isIn(operand: Node, set: readonly Node[], attributes: Attributes): Outcome {
  const wanted = evaluate(operand, attributes);
  if (wanted.error !== undefined) return { value: ZERO.boolean, error: wanted.error };
  for (const node of set) {
    const { value, error } = evaluated(node, typeOf(wanted.value), attributes);
    if (error !== undefined) return { value: ZERO.boolean, error };
    if (value === wanted.value) return { value: true };
  }
  return { value: false };
}

function call(name: string, nodes: readonly Node[], attributes: Attributes): Outcome {
  const found = builtIn(name, nodes.length);
  if (found === undefined) return { value: ZERO.boolean, error: 'missingFunction' };
  const args: Value[] = [];
  for (const [index, node] of nodes.entries()) {
    const { value, error } = evaluated(node, found.takes[index] ?? found.more!, attributes);
    if (error !== undefined) return { value: ZERO[found.gives], error };
    args.push(value);
  }
  return found.call(args);
}
