import type { WeekTold } from './interval-sums.js';

/** A line chart of weeks, as SVG geometry: no script and no style is needed to draw it. */
export interface Trend {
  readonly width: number;
  readonly height: number;
  /** `points` of two polylines, each in stretches: a week that is not told breaks the line. */
  readonly median: readonly string[];
  readonly most: readonly string[];
  readonly dots: readonly { readonly x: number; readonly y: number; readonly kind: 'median' | 'most' }[];
  /** Left edge, base line, top. */
  readonly axis: { readonly x: number; readonly y: number; readonly top: number };
  /** The highest value, in milliseconds, and the first and last week. */
  readonly highest: number;
  readonly first: string;
  readonly last: string;
}

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 70;
const BASE = 190;
const TOP = 14;
const WEEK_MS = 7 * 86_400_000;

/** Where the lines of median and 90th percentile run; `undefined` where fewer than two weeks are told. */
export function trendOf(weeks: readonly WeekTold[]): Trend | undefined {
  const [first, last] = [weeks[0], weeks.at(-1)];
  if (first === undefined || last === undefined || weeks.length < 2) return undefined;
  const begin = Date.parse(first.week);
  const span = Math.max(1, Date.parse(last.week) - begin);
  const highest = Math.max(1, ...weeks.map(({ p90 }) => p90));
  const x = (week: string) => round(LEFT + ((Date.parse(week) - begin) / span) * (WIDTH - LEFT - 10));
  const y = (ms: number) => round(BASE - (ms / highest) * (BASE - TOP));
  const line = (of: (week: WeekTold) => number) =>
    stretchesOf(weeks).map((own) => own.map((one) => `${String(x(one.week))},${String(y(of(one)))}`).join(' '));
  return {
    width: WIDTH,
    height: HEIGHT,
    median: line(({ p50 }) => p50),
    most: line(({ p90 }) => p90),
    dots: weeks.flatMap((one) => [
      { x: x(one.week), y: y(one.p50), kind: 'median' as const },
      { x: x(one.week), y: y(one.p90), kind: 'most' as const },
    ]),
    axis: { x: LEFT, y: BASE, top: TOP },
    highest,
    first: first.week,
    last: last.week,
  };
}

/** Runs of weeks that follow one another. */
function stretchesOf(weeks: readonly WeekTold[]): WeekTold[][] {
  const runs: WeekTold[][] = [];
  for (const week of weeks) {
    const before = runs.at(-1)?.at(-1);
    if (before !== undefined && Date.parse(week.week) - Date.parse(before.week) === WEEK_MS) runs.at(-1)!.push(week);
    else runs.push([week]);
  }
  return runs;
}

const round = (value: number): number => Math.round(value * 10) / 10;
