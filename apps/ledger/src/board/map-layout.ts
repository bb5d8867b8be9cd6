import type { Pair } from './board.js';
import { PAIR_STATUS } from './pair.js';

/** One organisation on the map. */
export interface MapNode {
  readonly ods: string;
  readonly name?: string;
  /** Centre of its box, and the lines of text in it. */
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
}

/** One pair on the map: an arrow with words. */
export interface MapEdge {
  readonly from: string;
  readonly to: string;
  /** Data of an SVG path. */
  readonly path: string;
  /** Where its words stand, from there on downwards. */
  readonly x: number;
  readonly y: number;
  /** Half the room that they take across. */
  readonly half: number;
  readonly pair: Pair;
}

/** A drawn map, in the units of its own drawing. */
export interface FlowMap {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
  /** Pairs that had no room. */
  readonly left: number;
}

/** Half the size of an organisation's box. */
export const BOX = { width: 84, height: 26 } as const;
const NAME_LENGTH = 20;
/** Room for one letter of an arrow's words, at most. */
const LETTER = 8;
/** Room for the words of one arrow along the circle. */
const ALONG = 210;
const LEAST_RADIUS = 190;
const MARGIN = 110;

/**
 * Lays organisations on an ellipse and draws an arrow for each pair, bent to one side so that the two directions between
 * two organisations lie beside one another.
 *
 * @param pairs in the order in which they are told; those in trouble and with most events are drawn where there is no room
 *   for all
 * @param most pairs that are drawn
 */
export function layOut(pairs: readonly Pair[], most: number): FlowMap {
  const kept = new Set(pairs.toSorted((one, other) => weight(other) - weight(one)).slice(0, most));
  const drawn = pairs.filter((pair) => kept.has(pair));
  const parties = new Map(drawn.flatMap(({ from, to }) => [from, to]).map((party) => [party.ods, party]));
  const order = inOrder(drawn);
  const radius = Math.max(LEAST_RADIUS, (order.length * ALONG) / (2 * Math.PI));
  const [across, down] = [radius * 1.35, radius];
  const centre = { x: across + MARGIN, y: down + MARGIN };
  const nodes = order.map((ods, index): MapNode => {
    const angle = (index / order.length) * 2 * Math.PI - Math.PI / 2;
    const { name } = parties.get(ods)!;
    return {
      ods,
      ...(name !== undefined && { name }),
      x: round(centre.x + across * Math.cos(angle)),
      y: round(centre.y + down * Math.sin(angle)),
      lines: name === undefined ? [ods] : [shortened(name), ods],
    };
  });
  const places = new Map(nodes.map((node) => [node.ods, node]));
  const edges = drawn.map((pair) => edgeOf(pair, places.get(pair.from.ods)!, places.get(pair.to.ods)!, centre));
  return { width: round(2 * centre.x), height: round(2 * centre.y), nodes, edges, left: pairs.length - drawn.length };
}

/** What is in trouble is never left out for want of room. */
function weight({ status, events24h, open }: Pair): number {
  const troubled = status === 'flowing' || status === 'quiet' ? 0 : 1e12;
  return troubled + events24h + open;
}

/** Around the circle so that partners stand close: each next one is who shares most pairs with those before it. */
function inOrder(pairs: readonly Pair[]): string[] {
  const left = new Set(pairs.flatMap(({ from, to }) => [from.ods, to.ods]).toSorted());
  const ties = (ods: string, to: string | undefined) =>
    pairs.filter(
      (pair) => (pair.from.ods === ods && pair.to.ods === to) || (pair.to.ods === ods && pair.from.ods === to),
    ).length;
  const order: string[] = [];
  while (left.size > 0) {
    const last = order.at(-1);
    const next = [...left].reduce((best, ods) => (ties(ods, last) > ties(best, last) ? ods : best));
    left.delete(next);
    order.push(next);
  }
  return order;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function edgeOf(pair: Pair, from: MapNode, to: MapNode, centre: Point): MapEdge {
  const half = round(Math.max(40, PAIR_STATUS[pair.status].word.length * LETTER) / 2 + 4);
  const ends = { from: from.ods, to: to.ods, half, pair };
  if (from.ods === to.ods) return { ...ends, ...loopAt(from, centre) };
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy);
  const bend = Math.min(60, length / 5);
  const control = { x: (from.x + to.x) / 2 - (dy / length) * bend, y: (from.y + to.y) / 2 + (dx / length) * bend };
  const start = atBorder(from, control);
  const end = atBorder(to, control);
  const path = `M${text(start)} Q${text(control)} ${text(end)}`;
  return {
    ...ends,
    path,
    x: round((start.x + end.x + 2 * control.x) / 4),
    y: round((start.y + end.y + 2 * control.y) / 4),
  };
}

/** What an organisation sends to itself: a loop on the outer side of its box. */
function loopAt({ x, y }: MapNode, centre: Point): Pick<MapEdge, 'path' | 'x' | 'y'> {
  const up = y <= centre.y ? -1 : 1;
  const edge = y + up * BOX.height;
  const [left, right, far] = [x - 30, x + 30, edge + up * 60];
  return {
    path: `M${text({ x: left, y: edge })} C${text({ x: left, y: far })} ${text({ x: right, y: far })} ${text({ x: right, y: edge })}`,
    x: round(x),
    y: round(edge + up * 50),
  };
}

/** Where a line from the centre of a box towards a point leaves the box. */
function atBorder({ x, y }: Point, towards: Point): Point {
  const [dx, dy] = [towards.x - x, towards.y - y];
  const scale = Math.min(
    dx === 0 ? Infinity : (BOX.width + 4) / Math.abs(dx),
    dy === 0 ? Infinity : (BOX.height + 4) / Math.abs(dy),
  );
  return { x: x + dx * Math.min(1, scale), y: y + dy * Math.min(1, scale) };
}

function text({ x, y }: Point): string {
  return `${String(round(x))},${String(round(y))}`;
}

function shortened(name: string): string {
  return name.length <= NAME_LENGTH ? name : `${name.slice(0, NAME_LENGTH - 1).trimEnd()}…`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
