import { Conjunction, isEvaluated, isPatternEvaluated, isPlain, keysOf, regular } from './conjunction.js';
import { holds } from './holds.js';
import type { Check, Prover } from './prover.js';
import { below, obstacle, type Obstacle } from './obstacle.js';
import { isSchema, type SchemaNode } from './schema-node.js';

/** Nothing is to be shown of what cannot be an object. */
const ofObjects =
  (check: Check): Check =>
  (prover, narrow, wide, words) =>
    narrow.kinds().has('object') ? check(prover, narrow, wide, words) : [];

const required: Check = (_, narrow, __, words) => {
  const own = narrow.required();
  return (words.required as string[])
    .filter((name) => !own.has(name))
    .map((name) => obstacle('required', `{wide} requires ${name}, {narrow} does not.`, name));
};

const properties: Check = (prover, narrow, wide, words) =>
  keysOf(words.properties).flatMap((name) =>
    below(prover.inside(narrow.member(name), prover.all.below(wide, 'properties', name)), name),
  );

const patternProperties: Check = (prover, narrow, wide, words) =>
  keysOf(words.patternProperties).flatMap((pattern) => {
    const like = regular(pattern);
    if (!like) return [obstacle('not-understood', '{wide} has a pattern that is no regular expression.')];
    const target = prover.all.below(wide, 'patternProperties', pattern);
    const named = [...narrow.names()].filter((name) => like.test(name));
    return [
      ...named.flatMap((name) => below(prover.inside(narrow.member(name), target), name)),
      ...others(prover, narrow, target, (own) => own === pattern || !narrow.patterns().has(pattern)),
    ];
  });

/** What is shown of members that `narrow` does not name one by one. */
function others(
  prover: Prover,
  narrow: Conjunction,
  target: SchemaNode,
  concerns: (pattern: string) => boolean,
): readonly Obstacle[] {
  const like = [...narrow.patterns()].filter(concerns);
  const groups = [...like.map((pattern) => narrow.memberLike(pattern)), narrow.otherMember()];
  return groups.flatMap((group) => below(otherwise(prover.inside(group, target), target), '*'));
}

/** Of a member that nobody knows by name it is enough to say that it is there. */
function otherwise(found: readonly Obstacle[], target: SchemaNode): readonly Obstacle[] {
  if (found.length === 0 || target.schema !== false) return found;
  return [obstacle('additionalProperties', '{narrow} takes further members here, {wide} takes none.')];
}

/** Members that are not named beside the keyword must meet it. */
function remaining(
  prover: Prover,
  narrow: Conjunction,
  target: SchemaNode,
  covered: { readonly name: (name: string) => boolean; readonly pattern: (pattern: string) => boolean },
): readonly Obstacle[] {
  const named = new Set([...narrow.names(), ...narrow.required()]);
  const found: Obstacle[] = [];
  for (const name of named) {
    if (covered.name(name)) continue;
    const missed = prover.inside(narrow.member(name), target);
    if (missed.length === 0) continue;
    if (target.schema === false)
      found.push(obstacle('member', `{narrow} takes the member ${name}, {wide} does not know it.`, name));
    else found.push(...below(missed, name));
  }
  found.push(...others(prover, narrow, target, (pattern) => !covered.pattern(pattern)));
  return found;
}

const additionalProperties: Check = (prover, narrow, wide, words) =>
  remaining(prover, narrow, prover.all.below(wide, 'additionalProperties'), {
    name: (name) =>
      keysOf(words.properties).includes(name) ||
      keysOf(words.patternProperties).some((pattern) => regular(pattern)?.test(name) === true),
    pattern: (pattern) => keysOf(words.patternProperties).includes(pattern),
  });

const unevaluatedProperties: Check = (prover, narrow, wide) => {
  const { all } = prover;
  const found = remaining(prover, narrow, all.below(wide, 'unevaluatedProperties'), {
    name: (name) => isEvaluated(all, wide, name),
    pattern: (pattern) => isPatternEvaluated(all, wide, pattern),
  });
  if (found.length === 0 || isPlain(all, wide)) return found;
  return [
    obstacle(
      'unevaluatedProperties',
      '{wide} refuses what its alternatives do not name; it cannot be shown that {narrow} has none of it.',
    ),
  ];
};

const propertyNames: Check = (prover, narrow, wide) => {
  const { all } = prover;
  const target = all.below(wide, 'propertyNames');
  const own = [...narrow.having('propertyNames')].map(([node]) => all.below(node, 'propertyNames'));
  const text = narrow.otherMember().isEmpty() && narrow.patterns().size === 0;
  if (text) {
    const odd = [...narrow.names()].filter((name) => holds(all, target, name) !== true);
    return odd.map((name) => obstacle('propertyNames', `{wide} does not take the name ${name}.`, name));
  }
  const names = new Conjunction(all, [...own, all.made({ type: 'string' })]);
  return prover.inside(names, target).length === 0
    ? []
    : [obstacle('propertyNames', '{narrow} takes names of members that {wide} is not sure to take.')];
};

const dependentRequired: Check = (_, narrow, __, words) =>
  Object.entries(words.dependentRequired as Record<string, string[]>).flatMap(([name, wanted]) => {
    if (narrow.member(name).isEmpty()) return [];
    const own = new Set(narrow.required());
    for (const [, { dependentRequired: also }] of narrow.having('dependentRequired'))
      for (const one of (also as Record<string, string[]>)[name] ?? []) own.add(one);
    return wanted
      .filter((one) => !own.has(one))
      .map((one) => obstacle('dependentRequired', `{wide} requires ${one} beside ${name}, {narrow} does not.`, one));
  });

const dependentSchemas: Check = (prover, narrow, wide, words) =>
  keysOf(words.dependentSchemas).flatMap((name) => {
    const { all } = prover;
    if (narrow.member(name).isEmpty()) return [];
    const also = [...narrow.having('dependentSchemas')]
      .filter(([, own]) => isSchema((own.dependentSchemas as Record<string, unknown>)[name]))
      .map(([node]) => all.below(node, 'dependentSchemas', name));
    const there = narrow.and([all.made({ required: [name] }), ...also]);
    return prover.prove(there, all.below(wide, 'dependentSchemas', name));
  });

export const objectObstacles: Readonly<Record<string, Check>> = Object.fromEntries(
  Object.entries({
    required,
    properties,
    patternProperties,
    additionalProperties,
    unevaluatedProperties,
    propertyNames,
    dependentRequired,
    dependentSchemas,
  }).map(([keyword, check]) => [keyword, ofObjects(check)]),
);
