import { describe, expect, it } from '@jest/globals';
import type { EventData } from '@signalbox/contracts';
import fc from 'fast-check';
import { openTree, type PayloadNode, redactedTree } from './payload-tree.js';

const NAMES = new Set(['resourceType', 'entry', 'name', 'family', 'given', 'active', 'n']);
const LIMITS = { nodes: 1_000, items: 100 };
const json = (value: unknown): EventData => ({ kind: 'json', bytes: Buffer.from(JSON.stringify(value)) });
const rootOf = (value: unknown, limits = LIMITS): PayloadNode => {
  const tree = redactedTree(json(value), NAMES, limits);
  if (tree.kind !== 'tree') throw new Error('no tree');
  return tree.root;
};
const flat = (node: PayloadNode): PayloadNode[] => [node, ...node.children.flatMap(flat)];

describe('redactedTree', () => {
  it('says where everything stands, of which type and how long', () => {
    const nodes = flat(rootOf({ entry: [{ name: { family: 'Marker', given: ['Ann', 'Bo'] }, active: true, n: 5 }] }));
    expect(nodes.map(({ path, type, length }) => [path, type, length])).toEqual([
      ['', 'object', 1],
      ['/entry', 'array', 1],
      ['/entry/0', 'object', 3],
      ['/entry/0/name', 'object', 2],
      ['/entry/0/name/family', 'string', 6],
      ['/entry/0/name/given', 'array', 2],
      ['/entry/0/name/given/0', 'string', 3],
      ['/entry/0/name/given/1', 'string', 2],
      ['/entry/0/active', 'boolean', undefined],
      ['/entry/0/n', 'number', undefined],
    ]);
  });
  it('does not show a name that the contract does not know', () => {
    const nodes = flat(rootOf({ name: 1, 'Ann Marker': { '9990000018': 'x' } }));
    expect(nodes.map(({ path }) => path)).toEqual(['', '/name', '/member 2', '/member 2/member 1']);
  });
  it('stops at its limits and says how much is left', () => {
    const many = rootOf({ entry: Array.from({ length: 500 }, () => 'Marker') }, { nodes: 1_000, items: 20 });
    expect(many.children[0]).toMatchObject({ length: 500, left: 480 });
    const deep = redactedTree(json({ entry: [[1, 2, 3], [4]] }), NAMES, { nodes: 4, items: 20 });
    expect(deep).toMatchObject({ whole: false });
  });
  it('shows of other content than JSON how many bytes it has', () => {
    const bytes = Buffer.from('Marker');
    expect(redactedTree({ kind: 'text', bytes }, NAMES, LIMITS)).toEqual({ kind: 'text', bytes: 6 });
    expect(redactedTree({ kind: 'binary', bytes }, NAMES, LIMITS)).toEqual({ kind: 'binary', bytes: 6 });
    expect(redactedTree({ kind: 'absent' }, NAMES, LIMITS)).toEqual({ kind: 'absent' });
  });

  /** Long enough that it does not come out by chance. */
  const word = fc.stringMatching(/^Q[a-z]{2}[0-9]{6,12}[A-Z]{2,20}$/);
  const number = fc.integer({ min: 10_000_000, max: 2_000_000_000 });
  const name = fc.oneof(fc.constantFrom(...NAMES), word, fc.constantFrom('__proto__', 'constructor'));
  const document = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      word,
      number,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 6 }),
      fc.dictionary(name, tie('value'), { maxKeys: 6 }),
    ),
  })).value;
  const secretsOf = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(secretsOf);
    if (typeof value === 'object' && value !== null)
      return Object.entries(value).flatMap(([key, member]) => [...(NAMES.has(key) ? [] : [key]), ...secretsOf(member)]);
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
  };

  it('holds no value of the document and no name that a sender made up, whatever was sent', () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 1, max: 200 }), (value, nodes) => {
        const sent = JSON.parse(JSON.stringify(value)) as unknown;
        const shown = JSON.stringify(redactedTree(json(sent), NAMES, { nodes, items: 4 }));
        for (const secret of secretsOf(sent)) expect(shown).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });
  it('never holds more places than its limit', () => {
    fc.assert(
      fc.property(document, fc.integer({ min: 1, max: 30 }), (value, nodes) => {
        expect(flat(rootOf(value, { nodes, items: 100 })).length).toBeLessThanOrEqual(nodes);
      }),
      { numRuns: 200 },
    );
  });
});

describe('openTree', () => {
  it('shows a number in the digits in which it was sent', () => {
    const tree = openTree({ kind: 'json', bytes: Buffer.from('{"n":5.10}') }, LIMITS);
    expect(tree).toMatchObject({ root: { children: [{ type: 'number', value: '5.10' }] } });
  });
  it('shows every value and name as it was sent', () => {
    const tree = openTree(json({ 'Ann Marker': ['9990000018', 5, null] }), LIMITS);
    if (tree.kind !== 'tree') throw new Error('no tree');
    const shown = flat(tree.root).map((node) => [node.path, node.value]);
    expect(shown).toEqual([
      ['', undefined],
      ['/Ann Marker', undefined],
      ['/Ann Marker/0', '"9990000018"'],
      ['/Ann Marker/1', '5'],
      ['/Ann Marker/2', 'null'],
    ]);
  });
});
