import type { Gap, Moment } from './timeline.js';

/** A lane of the picture beside the timeline: one organisation, or all that there is no room for. */
export interface Lane {
  /** Counted from 1: what the picture shows. */
  readonly number: number;
  /** ODS codes; several in the last lane only. */
  readonly orgs: readonly string[];
}

/** One line from an event to the one that answers or replaces it, as it passes a row. */
export interface Rail {
  readonly x: number;
  readonly part: 'start' | 'pass' | 'end';
}

/** What the picture shows beside one row. Lengths are in pixels; the lines are as long as the row is high. */
export interface Graph {
  readonly width: number;
  /** Where the lanes run. */
  readonly lanes: readonly number[];
  /** Where something happened, with the number of its lane; nothing beside a gap. */
  readonly dot?: { readonly x: number; readonly number: number };
  readonly rails: readonly Rail[];
}

/** A row of the timeline as it is drawn. */
export type Row =
  (Moment & { readonly anchor?: string; readonly links: readonly Link[]; readonly graph: Graph }) | Break;

/** A gap as it is drawn: as high as it is long, against the longest of the journey. */
export type Break = Gap & { readonly height: number; readonly graph: Graph };

/** A step that leads from an event to another, or back. */
export interface Link {
  readonly word: 'Answers' | 'Answered by' | 'Replaces' | 'Replaced by';
  readonly title: string;
  readonly id: string;
  readonly source?: string;
  /** Where the other one stands on this page; absent when it is not of this journey, or not the viewer's. */
  readonly anchor?: string;
}

/** What of an event leads to others. */
export interface Linked {
  readonly id: string;
  readonly source: string;
  readonly title: string;
  readonly causationid?: string;
  readonly supersedes?: string;
  readonly duplicateof?: string;
}

/** Lanes that the picture has room for; further organisations share the last. */
export const LANES = 12;
/** Lines beside the lanes; more are told as links only. */
const RAILS = 6;
const LANE_PX = 26;
const RAIL_PX = 10;
const LOWEST_GAP_PX = 28;
const HIGHEST_GAP_PX = 220;

/** The lanes of a journey, in the order in which its organisations appear. */
export function lanesOf(organisations: readonly string[]): Lane[] {
  const own = organisations.slice(0, organisations.length > LANES ? LANES - 1 : LANES);
  const rest = organisations.slice(own.length);
  const lanes = own.map((org, at): Lane => ({ number: at + 1, orgs: [org] }));
  return rest.length === 0 ? lanes : [...lanes, { number: LANES, orgs: rest }];
}

/** The timeline with its picture: lanes, gaps in proportion, and a line from every event to those that follow from it. */
export function drawn(timeline: readonly (Moment | Gap)[], events: readonly Linked[], lanes: readonly Lane[]): Row[] {
  const anchors = new Map(
    events
      .filter((event) => event.duplicateof === undefined)
      .map((event, at) => [keyOf(event), `event-${String(at + 1)}`]),
  );
  const rows = timeline.map((row) => {
    if (row.kind === 'gap') return row;
    const anchor = row.accepted === true && !row.marks.includes('duplicate') ? anchors.get(keyOf(row)) : undefined;
    const links = anchor === undefined ? [] : linksOf(row, events, anchors);
    return { ...row, ...(anchor !== undefined && { anchor }), links };
  });
  const rails = railsOf(rows);
  const xs = lanes.map((_lane, at) => LANE_PX / 2 + at * LANE_PX);
  const left = lanes.length * LANE_PX + RAIL_PX / 2;
  const width = lanes.length * LANE_PX + (Math.max(-1, ...rails.flat().map(({ column }) => column)) + 1) * RAIL_PX + 6;
  const longest = Math.max(1, ...timeline.map((row) => (row.kind === 'gap' ? row.ms : 0)));
  return rows.map((row, at): Row => {
    const graph = {
      width,
      lanes: xs,
      rails: (rails[at] ?? []).map(({ column, part }) => ({ x: left + column * RAIL_PX, part })),
    };
    if (row.kind === 'gap') return { ...row, height: heightOf(row.ms / longest), graph };
    const lane = lanes.find(({ orgs }) => orgs.includes(row.org)) ?? lanes.at(-1)!;
    return { ...row, graph: { ...graph, dot: { x: xs[lane.number - 1]!, number: lane.number } } };
  });
}

function heightOf(share: number): number {
  return Math.round(LOWEST_GAP_PX + share * (HIGHEST_GAP_PX - LOWEST_GAP_PX));
}

/** What an event answers and replaces, and what answers and replaces it. Ids are unique within a source only: its own first. */
function linksOf(row: Moment, events: readonly Linked[], anchors: ReadonlyMap<string, string>): Link[] {
  const event = events.find((one) => keyOf(one) === keyOf(row));
  if (event === undefined) return [];
  const named = (word: Link['word'], id: string): Link => {
    const all = events.filter((one) => one.id === id && one.duplicateof === undefined);
    const one = all.find(({ source }) => source === event.source) ?? all[0];
    if (one === undefined) return { word, id, title: id };
    return linkTo(word, one, anchors);
  };
  const back = events.filter((one) => one.duplicateof === undefined && keyOf(one) !== keyOf(event));
  return [
    ...(event.causationid === undefined ? [] : [named('Answers', event.causationid)]),
    ...(event.supersedes === undefined ? [] : [named('Replaces', event.supersedes)]),
    ...back.filter(({ causationid }) => causationid === event.id).map((one) => linkTo('Answered by', one, anchors)),
    ...back.filter(({ supersedes }) => supersedes === event.id).map((one) => linkTo('Replaced by', one, anchors)),
  ];
}

function linkTo(word: Link['word'], { id, source, title }: Linked, anchors: ReadonlyMap<string, string>): Link {
  const anchor = anchors.get(keyOf({ id, source }));
  return { word, id, source, title, ...(anchor !== undefined && { anchor }) };
}

interface Passing {
  readonly column: number;
  readonly part: Rail['part'];
}

/** Which lines pass each row: each in the first column that is free on all its way, shorter ones first. */
function railsOf(rows: readonly (Gap | (Moment & { anchor?: string; links: readonly Link[] }))[]): Passing[][] {
  const at = new Map(rows.flatMap((row, index) => (row.kind === 'moment' && row.anchor ? [[row.anchor, index]] : [])));
  const spans = rows
    .flatMap((row, index) => {
      const links =
        row.kind === 'moment' ? row.links.filter(({ word }) => word === 'Answers' || word === 'Replaces') : [];
      return links.flatMap(({ anchor }) => {
        const other = anchor === undefined ? undefined : at.get(anchor);
        return other === undefined || other === index
          ? []
          : [[Math.min(other, index), Math.max(other, index)] as const];
      });
    })
    .toSorted(([a, b], [c, d]) => b - a - (d - c));
  const passing: Passing[][] = rows.map(() => []);
  for (const [from, to] of spans) {
    const rowsPassed = passing.slice(from, to + 1);
    const columns = Array.from({ length: RAILS }, (_none, column) => column);
    const column = columns.find((one) => !rowsPassed.some((row) => row.some((other) => other.column === one)));
    if (column === undefined) continue;
    rowsPassed.forEach((row, index) => {
      row.push({ column, part: index === 0 ? 'start' : index === to - from ? 'end' : 'pass' });
    });
  }
  return passing;
}

function keyOf(event: { readonly id?: string; readonly eventid?: string; readonly source: string }): string {
  return JSON.stringify([event.source, event.eventid ?? event.id]);
}

/** Rows that a page shows at once; those before are folded. */
const SHOWN = 30;

/** The newest rows, and those before them. */
export function folded(rows: readonly Row[]): { readonly earlier: readonly Row[]; readonly rows: readonly Row[] } {
  // A fold that hides next to nothing is in the way.
  if (rows.length <= SHOWN + SHOWN / 3) return { earlier: [], rows };
  return { earlier: rows.slice(0, -SHOWN), rows: rows.slice(-SHOWN) };
}
