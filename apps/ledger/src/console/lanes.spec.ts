import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawn, folded, type Linked, LANES, lanesOf, type Row } from './lanes.js';
import type { Gap, Moment } from './timeline.js';

const moment = (eventid: string, org: string, more: Partial<Moment> = {}): Moment => ({
  kind: 'moment',
  at: '2026-11-21T10:00:00.000Z',
  org,
  word: 'Accepted',
  tone: 'blue',
  title: `title of ${eventid}`,
  eventid,
  source: 's',
  notes: [],
  marks: [],
  accepted: true,
  ...more,
});
const event = (id: string, more: Partial<Linked> = {}): Linked => ({
  id,
  source: 's',
  title: `title of ${id}`,
  ...more,
});
const gap = (ms: number): Gap => ({ kind: 'gap', length: 'a while', ms, lasts: false });
const lanes = lanesOf(['X9G1P', 'X9H2T', 'X9L3B']);
const linksOf = (row: Row | undefined) => (row?.kind === 'moment' ? row.links : []);

describe('lanesOf', () => {
  it('gives every organisation a lane of its own while there is room, and the rest the last one together', () => {
    expect(lanesOf(['A', 'B']).map(({ number, orgs }) => [number, orgs])).toEqual([
      [1, ['A']],
      [2, ['B']],
    ]);
    const many = lanesOf(Array.from({ length: LANES + 3 }, (_, at) => `O${String(at)}`));
    expect(many).toHaveLength(LANES);
    expect(many.at(-1)?.orgs).toHaveLength(4);
    expect(lanesOf(Array.from({ length: LANES }, (_, at) => `O${String(at)}`)).at(-1)?.orgs).toHaveLength(1);
  });
});

describe('drawn', () => {
  it('puts a dot with the number of its lane beside everything that happened', () => {
    const rows = drawn([moment('a', 'X9G1P'), moment('b', 'X9L3B')], [event('a'), event('b')], lanes);
    expect(rows.map(({ graph }) => graph.dot?.number)).toEqual([1, 3]);
  });
  it('draws gaps in proportion to the longest', () => {
    const heights = drawn([gap(60_000), gap(600_000), gap(300_000)], [], lanes).map((row) =>
      row.kind === 'gap' ? row.height : 0,
    );
    expect(heights[1]).toBe(220);
    expect(heights[2]! - 28).toBe((220 - 28) / 2);
    expect(heights[0]).toBeLessThan(heights[2]!);
  });
  it('leads from an answer to what it answers, and back', () => {
    const events = [event('a'), event('b', { causationid: 'a' })];
    const rows = drawn(
      [moment('a', 'X9G1P'), moment('x', 'X9H2T', { accepted: true }), moment('b', 'X9H2T')],
      events,
      lanes,
    );
    expect(linksOf(rows[0])).toEqual([
      { word: 'Answered by', id: 'b', source: 's', title: 'title of b', anchor: 'event-2' },
    ]);
    expect(linksOf(rows[2])).toEqual([
      { word: 'Answers', id: 'a', source: 's', title: 'title of a', anchor: 'event-1' },
    ]);
    expect(rows.map(({ graph }) => graph.rails.map(({ part }) => part))).toEqual([['start'], ['pass'], ['end']]);
  });
  it('draws lines that pass each other side by side', () => {
    const events = [event('a'), event('b'), event('c', { causationid: 'a' }), event('d', { supersedes: 'b' })];
    const rows = drawn(
      ['a', 'b', 'c', 'd'].map((id) => moment(id, 'X9G1P')),
      events,
      lanes,
    );
    expect(rows.map(({ graph }) => graph.rails.length)).toEqual([1, 2, 2, 1]);
    expect(new Set(rows[1]?.graph.rails.map(({ x }) => x)).size).toBe(2);
  });
  it('tells what is not of the journey by its id', () => {
    const [row] = drawn([moment('b', 'X9H2T')], [event('b', { causationid: 'elsewhere' })], lanes);
    expect(linksOf(row)).toEqual([{ word: 'Answers', id: 'elsewhere', title: 'elsewhere' }]);
    expect(row?.graph.rails).toEqual([]);
  });
  it('gives no anchor twice, though an event was recorded twice', () => {
    const again = moment('a', 'X9G1P', { marks: ['duplicate'] });
    const rows = drawn([moment('a', 'X9G1P'), again], [event('a'), event('a', { duplicateof: 'x:1' })], lanes);
    expect(rows.map((row) => (row.kind === 'moment' ? row.anchor : ''))).toEqual(['event-1', undefined]);
  });
  it('never draws two lines over each other, and every line from its start to its end', () => {
    const links = fc.array(fc.tuple(fc.nat(14), fc.nat(14)), { maxLength: 20 });
    fc.assert(
      fc.property(links, (pairs) => {
        const causes = new Map(pairs.map(([from, to]) => [String(to), String(from)]));
        const ids = Array.from({ length: 15 }, (_, at) => String(at));
        const events = ids.map((id) => event(id, causes.has(id) ? { causationid: causes.get(id)! } : {}));
        const rows = drawn(
          ids.map((id) => moment(id, 'X9G1P')),
          events,
          lanes,
        );
        const open = new Set<number>();
        for (const { graph } of rows) {
          const xs = graph.rails.map(({ x }) => x);
          expect(new Set(xs).size).toBe(xs.length);
          for (const { x, part } of graph.rails) {
            expect(open.has(x)).toBe(part !== 'start');
            if (part === 'start') open.add(x);
            if (part === 'end') open.delete(x);
            expect(x).toBeLessThan(graph.width);
          }
        }
        expect(open.size).toBe(0);
      }),
    );
  });
});

describe('folded', () => {
  const rows = (count: number) =>
    drawn(
      Array.from({ length: count }, (_, at) => moment(String(at), 'X9G1P')),
      [],
      lanes,
    );
  it('shows a short timeline whole', () => {
    expect(folded(rows(35)).earlier).toHaveLength(0);
  });
  it('keeps the newest of a long one in sight', () => {
    const { earlier, rows: shown } = folded(rows(200));
    expect([earlier.length, shown.length]).toEqual([170, 30]);
  });
});
