/** CESQL expressions as filters of events: read once, kept, and evaluated for every event. */
import type { CloudEvent } from '../event.js';
import { evaluate } from './evaluate.js';
import { builtIn } from './functions.js';
import { type ExpressionLimits, parse } from './parser.js';
import { ExpressionRefused } from './token.js';
import type { Node } from './tree.js';
import { cast } from './value.js';

/** Expressions that are kept read, the ones used last; a tree takes some kilobytes at most. */
export const MAX_KEPT_EXPRESSIONS = 1000;

const kept = new Map<string, Node | undefined>();

/**
 * Whether an event passes an expression. The result is cast to a truth (CloudEvents Subscriptions API, dialect `sql`: the binary
 * mode of HTTP makes text of every attribute); an error of any kind, also of that cast, lets nothing pass (CESQL 1.0.0, 1.2).
 */
export function passesExpression(expression: string, { attributes }: CloudEvent): boolean {
  const node = read(expression);
  if (node === undefined) return false;
  const { value, error } = evaluate(node, attributes);
  if (error !== undefined) return false;
  const truth = cast(value, 'boolean');
  return truth.error === undefined && truth.value === true;
}

/** The tree of an expression, from those kept if it is there. A text that is no expression has none. */
function read(expression: string): Node | undefined {
  const known = kept.has(expression);
  const node = known ? kept.get(expression) : parsed(expression);
  if (known) kept.delete(expression);
  else if (kept.size >= MAX_KEPT_EXPRESSIONS) kept.delete(kept.keys().next().value!);
  kept.set(expression, node);
  return node;
}

function parsed(expression: string): Node | undefined {
  try {
    return parse(expression);
  } catch (error) {
    if (error instanceof ExpressionRefused) return undefined;
    throw error;
  }
}

/**
 * What is wrong with an expression before any event is there: it does not parse, or it calls a function that nobody knows, which
 * would let nothing pass in silence.
 */
export function expressionFault(expression: string, limits: ExpressionLimits): ExpressionRefused | undefined {
  try {
    return unknownCall(parse(expression, limits));
  } catch (error) {
    if (error instanceof ExpressionRefused) return error;
    throw error;
  }
}

function unknownCall(node: Node): ExpressionRefused | undefined {
  if (node.kind === 'call' && builtIn(node.name, node.args.length) === undefined) {
    return new ExpressionRefused(node.at + 1, 'a built-in function of CESQL 1.0.0 with as many arguments as it takes');
  }
  for (const child of children(node)) {
    const fault = unknownCall(child);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function children(node: Node): readonly Node[] {
  if (node.kind === 'operation') return [node.left, node.right];
  if (node.kind === 'call') return node.args;
  if (node.kind === 'in') return [node.operand, ...node.set];
  return 'operand' in node ? [node.operand] : [];
}
