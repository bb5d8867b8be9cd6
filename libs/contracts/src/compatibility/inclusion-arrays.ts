import { Conjunction, type Kind } from './conjunction.js';
import type { Check, Prover } from './prover.js';
import { below, obstacle, type Obstacle } from './obstacle.js';
import { isSame, isSchema, type SchemaNode } from './schema-node.js';

const ARRAY: Kind = 'array';

/** Nothing is to be shown of what cannot be an array. */
const ofArrays =
  (check: Check): Check =>
  (prover, narrow, wide, words) =>
    narrow.kinds().has(ARRAY) ? check(prover, narrow, wide, words) : [];

const prefixItems: Check = (prover, narrow, wide, words) => {
  const most = Math.min((words.prefixItems as unknown[]).length, narrow.maxItems());
  const found: Obstacle[] = [];
  for (let index = 0; index < most; index++)
    found.push(
      ...below(prover.inside(narrow.item(index), prover.all.below(wide, 'prefixItems', index)), String(index)),
    );
  return found;
};

/** Items from an index on: those that `narrow` names one by one, and the rest. */
function itemsFrom(prover: Prover, narrow: Conjunction, target: SchemaNode, from: number): readonly Obstacle[] {
  const found: Obstacle[] = [];
  const most = narrow.maxItems();
  const named = Math.min(narrow.prefix(), most);
  for (let index = from; index < named; index++)
    found.push(...below(prover.inside(narrow.item(index), target), String(index)));
  const rest = Math.max(from, narrow.prefix());
  if (most <= rest) return found;
  const missed = prover.inside(narrow.item(rest), target);
  if (missed.length > 0 && target.schema === false)
    found.push(obstacle('items', `{narrow} takes more than ${String(rest)} items, {wide} does not.`));
  else found.push(...below(missed, '*'));
  return found;
}

const items: Check = (prover, narrow, wide, words) => {
  const { prefixItems: first } = words;
  return itemsFrom(prover, narrow, prover.all.below(wide, 'items'), Array.isArray(first) ? first.length : 0);
};

const unevaluatedItems: Check = (prover, narrow, wide) => {
  const parts = new Conjunction(prover.all, [wide]).nodes.map(({ schema }) => schema as Record<string, unknown>);
  if (parts.some((part) => isSchema(part.items))) return [];
  const prefix = Math.max(0, ...parts.map((part) => (Array.isArray(part.prefixItems) ? part.prefixItems.length : 0)));
  const found = itemsFrom(prover, narrow, prover.all.below(wide, 'unevaluatedItems'), prefix);
  if (found.length === 0) return [];
  return [
    obstacle(
      'unevaluatedItems',
      '{wide} refuses items that nothing else describes; it cannot be shown that {narrow} has none of them.',
    ),
  ];
};

const uniqueItems: Check = (_, narrow, __, words) => {
  if (words.uniqueItems !== true || narrow.maxItems() <= 1) return [];
  for (const [, own] of narrow.having('uniqueItems')) if (own.uniqueItems === true) return [];
  return [obstacle('uniqueItems', '{narrow} takes lists with the same item twice, {wide} does not.')];
};

const number = (value: unknown, otherwise: number): number => (typeof value === 'number' ? value : otherwise);

const contains: Check = (prover, narrow, wide, words) => {
  const { all } = prover;
  const target = all.below(wide, 'contains');
  const least = number(words.minContains, 1);
  const found: Obstacle[] = [];
  const asks = [...narrow.having('contains')].some(([node, own]) => {
    if (number(own.minContains, 1) < least) return false;
    return prover.inside(new Conjunction(all, [all.below(node, 'contains')]), target).length === 0;
  });
  const sure = (narrow.bound('minItems', 'larger') ?? 0) >= least && allItems(prover, narrow, target);
  if (least > 0 && !asks && !sure)
    found.push(obstacle('contains', '{wide} asks for an item that {narrow} is not sure to have.'));
  if (words.maxContains === undefined) return found;
  const most = number(words.maxContains, Infinity);
  const bounded = [...narrow.having('contains')].some(
    ([node, own]) => number(own.maxContains, Infinity) <= most && isSame(all.below(node, 'contains'), target),
  );
  if (!bounded && narrow.maxItems() > most)
    found.push(obstacle('maxContains', '{narrow} takes more of some items than {wide} does.'));
  return found;
};

function allItems(prover: Prover, narrow: Conjunction, target: SchemaNode): boolean {
  for (let index = 0; index <= narrow.prefix(); index++)
    if (prover.inside(narrow.item(index), target).length > 0) return false;
  return true;
}

export const arrayObstacles: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.entries({ prefixItems, items, unevaluatedItems, uniqueItems, contains }).map(([keyword, check]) => [
    keyword,
    ofArrays(check),
  ]),
);
