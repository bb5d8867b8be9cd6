/** The tree of a CESQL expression, as the parser builds it and the evaluator walks it. */
import type { Pattern } from './like.js';
import type { Value } from './value.js';

/** `!=`, `<>`, `NOT LIKE` and `NOT IN` have no node: the specification defines them as NOT of the other. */
export type Operator = 'AND' | 'OR' | 'XOR' | '=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/' | '%';

export type Node =
  | { readonly kind: 'literal'; readonly value: Value }
  | { readonly kind: 'attribute' | 'exists'; readonly name: string }
  | { readonly kind: 'not' | 'minus'; readonly operand: Node }
  | { readonly kind: 'like'; readonly operand: Node; readonly pattern: Pattern }
  | { readonly kind: 'in'; readonly operand: Node; readonly set: readonly Node[] }
  | { readonly kind: 'operation'; readonly operator: Operator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[]; readonly at: number };
