import { sumMayBeTold, type Told, told } from '../organisations/small-numbers.js';
import type { Viewer } from '../journeys/sight.js';
import type { Queries } from '../store/database.js';
import { PARTS } from './pathway.js';

/** The stretches of time that intervals are summed over; days in UTC, the last of them is today. */
export const INTERVAL_PERIODS = { '7d': 7, '30d': 30, '90d': 90, '365d': 365 } as const;
export type IntervalPeriod = keyof typeof INTERVAL_PERIODS;

/** How long a part took between two organisations. Times in milliseconds; absent where there are too few. */
export interface PairTold {
  readonly part: string;
  readonly waits: string;
  readonly acts: string;
  readonly count: Told;
  readonly p50?: number;
  readonly p90?: number;
}

/** Of all pairs together: absent count = the sum would tell a small number. */
export interface PartTold {
  readonly part: string;
  readonly title: string;
  readonly meaning: string;
  readonly count?: Told;
  readonly p50?: number;
  readonly p90?: number;
  readonly weeks: readonly WeekTold[];
}

/** One week of all pairs; without a count, because the sum over the weeks stands beside it. */
export interface WeekTold {
  /** Monday, `yyyy-mm-dd`. */
  readonly week: string;
  readonly p50: number;
  readonly p90: number;
}

/** What was summed, before small numbers are taken out. */
export interface SummedPair {
  readonly part: string;
  readonly waits: string;
  readonly acts: string;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
}
export interface SummedWeek {
  readonly part: string;
  readonly week: string;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
}
export interface SummedPart {
  readonly part: string;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
}

/** Everything that was summed of a period. */
export interface Summed {
  readonly pairs: readonly SummedPair[];
  readonly parts: readonly SummedPart[];
  readonly weeks: readonly SummedWeek[];
  /** Most intervals that are looked at, where there are more; how many there are besides is told of each part. */
  readonly truncated?: number;
}

/** RFC 3339: the beginning of the first day of a period. */
export function intervalsSince(period: IntervalPeriod, now: Date): string {
  const today = Date.parse(`${now.toISOString().slice(0, 10)}T00:00:00.000Z`);
  return new Date(today - (INTERVAL_PERIODS[period] - 1) * 86_400_000).toISOString();
}

const QUANTILES = `percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.9) within group (order by ms) as p90`;

/** Sums the intervals of a period that are on the viewer's side. @param most looked at, the newest */
export async function sumIntervals(queries: Queries, viewer: Viewer, since: string, most: number): Promise<Summed> {
  const side = viewer.all
    ? 'select part, waits, acts, ended, ms from intervals where ended >= $1 order by ended desc limit $2'
    : `select part, waits, acts, ended, ms from (
         (select * from intervals where waits = $3 and ended >= $1 order by ended desc limit $2)
         union
         (select * from intervals where acts = $3 and ended >= $1 order by ended desc limit $2)) own
       order by ended desc limit $2`;
  const rows = await queries.query<GroupedRow>(
    `with looked as materialized (${side})
     select grouping(part, waits, acts, week) as level, part, waits, acts, to_char(week, 'YYYY-MM-DD') as week,
       count(*)::int as count, ${QUANTILES}
     from (select *, date_trunc('week', ended at time zone 'UTC') as week from looked) l
     group by grouping sets ((part, waits, acts), (part), (part, week), ())`,
    [since, most + 1, ...(viewer.all ? [] : [viewer.ods])],
  );
  const at = (level: number) => rows.filter((row) => row.level === level);
  const looked = at(LEVEL.all)[0]?.count ?? 0;
  return {
    pairs: at(LEVEL.pair).map(({ part, waits, acts, count, p50, p90 }) => ({ part, waits, acts, count, p50, p90 })),
    parts: at(LEVEL.part).map(({ part, count, p50, p90 }) => ({ part, count, p50, p90 })),
    weeks: at(LEVEL.week).map(({ part, week, count, p50, p90 }) => ({ part, week, count, p50, p90 })),
    ...(looked > most && { truncated: most }),
  };
}

/** As `grouping` counts columns that are not in the group: part 8, waits 4, acts 2, week 1. */
const LEVEL = { pair: 1, week: 6, part: 7, all: 15 } as const;

interface GroupedRow extends Record<string, unknown> {
  readonly level: number;
  readonly part: string;
  readonly waits: string;
  readonly acts: string;
  readonly week: string;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
}

/**
 * Takes out what could tell of single patients: pairs with fewer intervals than the smallest number that is told, sums from
 * which one of these could be worked out, and weeks with too few. Other numbers are rounded.
 */
export function toldOf(summed: Summed, smallest: number): { pairs: PairTold[]; parts: PartTold[] } {
  const pairs = summed.pairs
    .map(({ part, waits, acts, count, p50, p90 }) => ({
      part,
      waits,
      acts,
      count: told(count, smallest),
      ...(count >= smallest && { p50: Math.round(p50), p90: Math.round(p90) }),
    }))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const parts = PARTS.map(({ id, title, meaning }) => {
    const sum = summed.parts.find(({ part }) => part === id) ?? { count: 0, p50: 0, p90: 0 };
    const counts = summed.pairs.filter(({ part }) => part === id).map(({ count }) => count);
    const shown = sumMayBeTold(counts, smallest);
    const enough = shown && sum.count >= smallest;
    return {
      part: id,
      title,
      meaning,
      ...(shown && { count: told(sum.count, smallest) }),
      ...(enough && { p50: Math.round(sum.p50), p90: Math.round(sum.p90) }),
      weeks: summed.weeks
        .filter(({ part, count }) => part === id && count >= smallest)
        .map(({ week, p50, p90 }) => ({ week, p50: Math.round(p50), p90: Math.round(p90) }))
        .toSorted((a, b) => (a.week < b.week ? -1 : 1)),
    };
  });
  return { pairs, parts };
}

const ORDER = new Map(PARTS.map(({ id }, at) => [id, at]));
const keyOf = ({ part, waits, acts }: { part: string; waits: string; acts: string }): string =>
  `${String(ORDER.get(part) ?? 9)} ${waits} ${acts}`;
