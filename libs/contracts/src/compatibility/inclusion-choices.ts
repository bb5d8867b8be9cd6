import type { Conjunction } from './conjunction.js';
import { Conjunction as Both } from './conjunction.js';
import type { Check, Prover } from './prover.js';
import { obstacle, type Obstacle } from './obstacle.js';
import { isSchema, type SchemaNode } from './schema-node.js';

const branchesOf = ({ all }: Prover, wide: SchemaNode, keyword: string, branches: unknown): readonly SchemaNode[] =>
  (branches as unknown[]).map((_, index) => all.below(wide, keyword, index));

const anyOf: Check = (prover, narrow, wide, words) => {
  const branches = branchesOf(prover, wide, 'anyOf', words.anyOf);
  if (prover.hasAlternatives(narrow)) return [unsure('anyOf')];
  const found = branches.map((branch) => prover.prove(narrow, branch));
  return found.some((missed) => missed.length === 0) ? [] : nearest(found, branches, prover, narrow, 'anyOf');
};

const oneOf: Check = (prover, narrow, wide, words) => {
  const branches = branchesOf(prover, wide, 'oneOf', words.oneOf);
  if (isPaired(prover, narrow, branches)) return [];
  if (prover.hasAlternatives(narrow)) return [unsure('oneOf')];
  const possible = branches.filter((branch) => !prover.areDisjoint(narrow, branch));
  const found = possible.map((branch) => prover.prove(narrow, branch));
  const taken = found.filter((missed) => missed.length === 0).length;
  if (taken === 1 && possible.length === 1) return [];
  if (taken === 0) return nearest(found, possible, prover, narrow, 'oneOf');
  return [
    obstacle('oneOf', '{narrow} takes values that meet more than one alternative of {wide}, which takes one only.'),
  ];
};

/** Why the alternative that comes nearest does not take it; if there is only one that may be meant, exactly that. */
function nearest(
  found: readonly (readonly Obstacle[])[],
  branches: readonly SchemaNode[],
  prover: Prover,
  narrow: Conjunction,
  kind: string,
): readonly Obstacle[] {
  const meant = branches.flatMap((branch, at) => (prover.areDisjoint(narrow, branch) ? [] : [found[at]!]));
  if (meant.length === 1) return meant[0]!;
  return [unsure(kind)];
}

const unsure = (kind: string): Obstacle =>
  obstacle(kind, '{narrow} takes values that are not sure to meet an alternative of {wide}.');

/** Whether `narrow` has the same alternatives, each with the same meaning: then exactly one holds here as there. */
function isPaired(prover: Prover, narrow: Conjunction, branches: readonly SchemaNode[]): boolean {
  const { all } = prover;
  const equal = (a: SchemaNode, b: SchemaNode) =>
    prover.prove(new Both(all, [a]), b).length === 0 && prover.prove(new Both(all, [b]), a).length === 0;
  for (const [node, { oneOf: own }] of narrow.having('oneOf')) {
    if (!Array.isArray(own) || own.length !== branches.length) continue;
    if (branches.every((branch, at) => equal(all.below(node, 'oneOf', at), branch))) return true;
  }
  return false;
}

const not: Check = (prover, narrow, wide) =>
  prover.areDisjoint(narrow, prover.all.below(wide, 'not'))
    ? []
    : [obstacle('not', '{narrow} takes values that {wide} rules out.')];

/** Where the condition holds, `then` must; where it does not, `else` must. */
const condition: Check = (prover, narrow, wide, words) => {
  const { all } = prover;
  const when = all.below(wide, 'if');
  const found: Obstacle[] = [];
  if (isSchema(words.then)) found.push(...prover.prove(narrow.and([when]), all.below(wide, 'then')));
  if (isSchema(words.else)) found.push(...prover.prove(narrow.and([all.not(when)]), all.below(wide, 'else')));
  return found;
};

export const choiceObstacles: Readonly<Record<string, Check>> = { anyOf, oneOf, not, if: condition };
