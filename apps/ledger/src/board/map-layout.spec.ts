import { describe, expect, it } from '@jest/globals';
import type { Pair } from './board.js';
import { BOX, layOut } from './map-layout.js';

const pair = (from: string, to: string, events24h = 1, more: Partial<Pair> = {}): Pair => ({
  from: { ods: from, name: `Organisation ${from}` },
  to: { ods: to },
  status: 'flowing',
  sentence: '',
  events24h,
  delivered24h: events24h,
  silent: false,
  open: 0,
  stuck: 0,
  delayms: {},
  ...more,
});

const codes = Array.from({ length: 30 }, (_zero, index) => `X${String(index)}`);

describe('the map of flows', () => {
  it('has each organisation once, inside the drawing, and none upon another', () => {
    const { nodes, width, height } = layOut(
      codes.map((ods, index) => pair(ods, codes[(index + 7) % codes.length]!)),
      100,
    );
    expect(nodes.map(({ ods }) => ods).toSorted()).toEqual(codes.toSorted());
    for (const { x, y } of nodes) {
      expect(x - BOX.width).toBeGreaterThanOrEqual(0);
      expect(x + BOX.width).toBeLessThanOrEqual(width);
      expect(y - BOX.height).toBeGreaterThanOrEqual(0);
      expect(y + BOX.height).toBeLessThanOrEqual(height);
    }
    for (const [index, one] of nodes.entries())
      for (const other of nodes.slice(index + 1))
        expect(Math.abs(one.x - other.x) > 2 * BOX.width || Math.abs(one.y - other.y) > 2 * BOX.height).toBe(true);
  });

  it('draws the two directions between two organisations beside one another', () => {
    const { edges } = layOut([pair('A', 'B'), pair('B', 'A')], 10);
    expect(edges).toHaveLength(2);
    expect([edges[0]!.x, edges[0]!.y]).not.toEqual([edges[1]!.x, edges[1]!.y]);
    for (const { path } of edges) expect(path).toMatch(/^M[-\d.]+,[-\d.]+ Q[-\d.]+,[-\d.]+ [-\d.]+,[-\d.]+$/);
  });

  it('draws what an organisation sends to itself as a loop', () => {
    const { edges, nodes } = layOut([pair('A', 'A')], 10);
    expect([nodes.length, edges.length]).toEqual([1, 1]);
    expect(edges[0]!.path).not.toContain('NaN');
  });

  it('leaves out the smallest where there is no room, and nothing that is in trouble', () => {
    const stuck = pair('C', 'D', 0, { status: 'stuck-person' });
    const { edges, left } = layOut([pair('A', 'B', 5), pair('B', 'A', 500), stuck], 2);
    // In the order in which they are told.
    expect(edges.map((edge) => `${edge.from}-${edge.to}`)).toEqual(['B-A', 'C-D']);
    expect(left).toBe(1);
  });

  it('is empty where nothing flows', () => {
    expect(layOut([], 10)).toMatchObject({ nodes: [], edges: [], left: 0 });
  });
});
