import { Conjunction } from './conjunction.js';
import { arrayObstacles } from './inclusion-arrays.js';
import { choiceObstacles } from './inclusion-choices.js';
import { objectObstacles } from './inclusion-objects.js';
import { scalarObstacles } from './inclusion-scalars.js';
import type { ComparisonLimits } from './limits.js';
import { obstacle, once, type Obstacle } from './obstacle.js';
import type { Check, Prover } from './prover.js';
import { isSame, isSchema, type SchemaNode, type SchemaNodes } from './schema-node.js';

/** Keywords that say nothing about what is valid. */
const WORDS_ONLY = new Set([
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  // Of Ajv: says which branch of oneOf is meant, so that findings are about that one. The branches say so themselves.
  'discriminator',
]);

const CHECKS: Readonly<Record<string, Check>> = {
  ...scalarObstacles,
  ...objectObstacles,
  ...arrayObstacles,
  ...choiceObstacles,
};

/** Keywords that only matter beside another one, which looks at them. */
const BESIDE = new Set(['then', 'else', 'minContains', 'maxContains', 'allOf']);

/** What is known of a pair, and the outermost pair under way that it leans on. */
interface Known {
  readonly found: readonly Obstacle[];
  readonly leansOn: number;
}

const SHOWN: Known = { found: [], leansOn: Infinity };

/**
 * Shows that one schema takes nothing that another does not take, by going through both at the same time. What cannot be
 * shown, be it because a keyword is not understood, is an obstacle. References that come back to themselves are taken as
 * shown until something speaks against it; what was shown by that is then forgotten.
 */
export class Inclusion implements Prover {
  readonly #known = new Map<string, Known>();
  /** Under way, the outermost first: how deep inside the value each was begun. */
  readonly #underWay = new Map<string, { readonly depth: number; readonly at: number }>();
  /** Shown by taking something as shown that is still under way. */
  readonly #provisional: string[] = [];
  readonly #limits: ComparisonLimits;
  /** The outermost pair that was taken as shown since the one at hand was begun. */
  #leansOn = Infinity;
  #depth = 0;
  #looked = 0;

  constructor(
    readonly all: SchemaNodes,
    limits: ComparisonLimits,
  ) {
    this.#limits = limits;
  }

  prove(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[] {
    const only = this.all.onlyTarget(wide);
    if (only) return this.prove(narrow, only);
    if (wide.schema === true || narrow.nodes.some((node) => isSame(node, wide))) return [];
    const key = `${narrow.key}>${String(wide.id)}`;
    const known = this.#known.get(key);
    if (known) {
      this.#leansOn = Math.min(this.#leansOn, known.leansOn);
      return known.found;
    }
    const begun = this.#underWay.get(key);
    if (begun) {
      // Only what was begun further out may be taken as shown: values end somewhere, a circle at one place does not.
      if (begun.depth === this.#depth) return [obstacle('not-understood', 'A schema refers to itself.')];
      this.#leansOn = Math.min(this.#leansOn, begun.at);
      return [];
    }
    if (++this.#looked > this.#limits.pairs)
      return [obstacle('too-large', 'The schemas are too large to be compared within the limit.')];
    return this.#begin(key, narrow, wide);
  }

  #begin(key: string, narrow: Conjunction, wide: SchemaNode): readonly Obstacle[] {
    const at = this.#underWay.size;
    const [before, outer] = [this.#provisional.length, this.#leansOn];
    this.#underWay.set(key, { depth: this.#depth, at });
    this.#leansOn = Infinity;
    const found = narrow.isEmpty() ? [] : once(this.#inCases(narrow, wide));
    this.#underWay.delete(key);
    const leansOn = found.length > 0 || this.#leansOn >= at ? Infinity : this.#leansOn;
    this.#known.set(key, { found, leansOn });
    if (found.length > 0) for (const shown of this.#provisional.splice(before)) this.#known.delete(shown);
    else if (leansOn < Infinity) this.#provisional.push(key);
    else for (const shown of this.#provisional.splice(before)) this.#known.set(shown, SHOWN);
    this.#leansOn = Math.min(outer, leansOn);
    return found;
  }

  inside(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[] {
    this.#depth++;
    const found = this.prove(narrow, wide);
    this.#depth--;
    return found;
  }

  areDisjoint(narrow: Conjunction, wide: SchemaNode): boolean {
    if (narrow.and([wide]).isEmpty()) return true;
    for (const [node] of narrow.having('not')) {
      const denied = this.all.below(node, 'not');
      const alone = new Conjunction(this.all, [wide]);
      if (!alone.and([denied]).isEmpty() && this.prove(alone, denied).length === 0) return true;
    }
    return false;
  }

  hasAlternatives(narrow: Conjunction): boolean {
    if (narrow.spent.size >= this.#limits.cases) return false;
    const open = alternatives(this.all, narrow).next();
    return open.done !== true && open.value.name !== KINDS_NAME;
  }

  /** Directly, or for each alternative of `narrow` by itself. */
  #inCases(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[] {
    let fewest = this.#directly(narrow, wide);
    if (fewest.length === 0 || narrow.spent.size >= this.#limits.cases) return fewest;
    if (this.#isRuledOut(narrow)) return [];
    for (const { name, cases } of alternatives(this.all, narrow)) {
      const found: Obstacle[] = [];
      for (const one of cases) {
        found.push(...this.prove(narrow.and(one, name), wide));
        if (found.length > 0 && name === KINDS_NAME) break;
      }
      if (found.length === 0) return [];
      if (name === KINDS_NAME) continue;
      if (found.length < fewest.length || fewest.every(({ kind }) => kind === 'anyOf' || kind === 'oneOf'))
        fewest = found;
    }
    return fewest;
  }

  /** Whether everything that is left is what `not` takes away. */
  #isRuledOut(narrow: Conjunction): boolean {
    for (const [node] of narrow.having('not')) {
      const name = `${String(node.id)} not`;
      const denied = this.all.below(node, 'not');
      const others = narrow.nodes.filter((other) => other !== node);
      if (narrow.spent.has(name) || new Conjunction(this.all, [...others, denied]).isEmpty()) continue;
      if (this.prove(narrow.and([], name), denied).length === 0) return true;
    }
    return false;
  }

  #directly(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[] {
    const { schema } = wide;
    if (schema === true) return [];
    if (schema === false) return [obstacle('member', '{narrow} takes a value here, {wide} takes none.')];
    // Where already the kind is another, nothing else is worth telling.
    const kind = schema.type === undefined ? [] : CHECKS.type!(this, narrow, wide, schema);
    if (kind.length > 0) return kind.map((one) => ({ ...one, origin: wide.id }));
    const found: Obstacle[] = [];
    if (schema.$ref !== undefined) found.push(...this.#reference(narrow, wide));
    const parts: unknown[] = Array.isArray(schema.allOf) ? schema.allOf : [];
    parts.forEach((_, index) => found.push(...this.prove(narrow, this.all.below(wide, 'allOf', index))));
    for (const keyword of Object.keys(schema)) {
      if (WORDS_ONLY.has(keyword) || BESIDE.has(keyword) || keyword === '$ref') continue;
      const check = CHECKS[keyword];
      const missed = check === undefined ? [notUnderstood(keyword)] : check(this, narrow, wide, schema);
      found.push(...missed.map((one) => (one.origin === undefined ? { ...one, origin: wide.id } : one)));
    }
    return found;
  }

  #reference(narrow: Conjunction, wide: SchemaNode): readonly Obstacle[] {
    const target = this.all.target(wide);
    if (target) return this.prove(narrow, target);
    return [obstacle('not-understood', 'A reference of {wide} leads nowhere that can be followed.')];
  }
}

function notUnderstood(keyword: string): Obstacle {
  return obstacle(
    'not-understood',
    `{wide} uses the keyword ${keyword}, which this check does not understand; so it counts as breaking.`,
    keyword,
  );
}

/** Taking a value apart by its kind says nothing that is worth telling. */
const KINDS_NAME = 'kinds';

/** The ways in which a value may be one thing or another, each with what holds in each case. */
function* alternatives(
  all: SchemaNodes,
  narrow: Conjunction,
): Generator<{ readonly name: string; readonly cases: readonly (readonly SchemaNode[])[] }> {
  for (const [node, words] of [...narrow.having('oneOf'), ...narrow.having('anyOf')]) {
    const keyword = words.oneOf !== undefined && !narrow.spent.has(`${String(node.id)} oneOf`) ? 'oneOf' : 'anyOf';
    const name = `${String(node.id)} ${keyword}`;
    if (!Array.isArray(words[keyword]) || narrow.spent.has(name)) continue;
    const branches = (words[keyword] as unknown[]).map((_, index) => all.below(node, keyword, index));
    const others = (branch: SchemaNode) => branches.filter((other) => other !== branch).map((other) => all.not(other));
    yield { name, cases: branches.map((branch) => (keyword === 'oneOf' ? [branch, ...others(branch)] : [branch])) };
  }
  for (const [node, words] of narrow.having('if')) {
    const name = `${String(node.id)} if`;
    if (narrow.spent.has(name) || !isSchema(words.if)) continue;
    const condition = all.below(node, 'if');
    const branch = (keyword: 'then' | 'else') => (isSchema(words[keyword]) ? [all.below(node, keyword)] : []);
    yield {
      name,
      cases: [
        [condition, ...branch('then')],
        [all.not(condition), ...branch('else')],
      ],
    };
  }
  const kinds = [...narrow.kinds()];
  if (kinds.length < 2 || narrow.spent.has(KINDS_NAME)) return;
  yield {
    name: KINDS_NAME,
    cases: kinds.map((kind) =>
      kind === 'fraction'
        ? [all.made({ type: 'number' }), all.not(all.made({ type: 'integer' }))]
        : [all.made({ type: kind })],
    ),
  };
}
