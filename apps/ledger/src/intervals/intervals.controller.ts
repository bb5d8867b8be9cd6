import { Kept } from '@signalbox/runtime';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Answers } from '../console/answers.js';
import { CSV_TYPE, csvOf, takesCsv } from '../console/csv.js';
import { sightingKey, type Viewer } from '../journeys/sight.js';
import { duration } from '../journeys/words.js';
import { oneOf, queryOf, withQuery } from '../organisations/query.js';
import { toldWords } from '../organisations/small-numbers.js';
import type { Database } from '../store/database.js';
import {
  INTERVAL_PERIODS,
  type IntervalPeriod,
  intervalsSince,
  type PairTold,
  type PartTold,
  type Summed,
  sumIntervals,
  toldOf,
} from './interval-sums.js';
import { PARTS } from './pathway.js';
import { trendOf } from './trend.js';

/** What {@link Intervals} is made of. */
export interface IntervalsParts {
  readonly database: Database;
  /** Numbers below this one are not told. */
  readonly smallest: number;
  /** Intervals that one answer sums at most. */
  readonly most: number;
  /** Milliseconds that sums are kept: who asks again and again costs no more than who asks once. */
  readonly keepMs: number;
  readonly nameOf: (ods: string) => string | undefined;
}

/** What the page of intervals works with. */
export class Intervals {
  readonly #kept: Kept<Summed>;

  constructor(readonly parts: IntervalsParts) {
    this.#kept = new Kept(parts.keepMs);
  }

  summed(viewer: Viewer, since: string): Promise<Summed> {
    const { database, most } = this.parts;
    return this.#kept.of(`${sightingKey(viewer)} ${since}`, () => sumIntervals(database, viewer, since, most));
  }
}

const PERIOD_WORDS = Object.keys(INTERVAL_PERIODS) as IntervalPeriod[];
const PART_WORDS = PARTS.map(({ id }) => id);

/** How long the parts of pathways take, as page, JSON and CSV. */
@Controller()
export class IntervalsController {
  constructor(
    private readonly intervals: Intervals,
    private readonly answers: Answers,
  ) {}

  @Get('intervals')
  sums(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.answers.known(request, reply, async ({ viewer }) => {
      const query = queryOf(request);
      const period = oneOf('period', query('period'), PERIOD_WORDS) ?? '30d';
      const part = oneOf('part', query('part'), PART_WORDS);
      const org = query('org');
      const { smallest, nameOf } = this.intervals.parts;
      const since = intervalsSince(period, new Date());
      const summed = await this.intervals.summed(viewer, since);
      // What is not told is decided before anything is narrowed: what is left out may not change what is told.
      const { pairs, parts } = narrowed(toldOf(summed, smallest), part, org);
      if (takesCsv(request)) {
        return {
          file: {
            type: CSV_TYPE,
            name: `intervals-${period}.csv`,
            text: intervalsCsv(period, since, { pairs, parts }),
          },
        };
      }
      const json = {
        period,
        since,
        smallest,
        ...(summed.truncated !== undefined && { truncated: summed.truncated }),
        ...(org !== undefined && { org }),
        parts,
        pairs,
      };
      return {
        json,
        view: 'intervals',
        model: { ...json, ...modelOf({ period, part, org }, { pairs, parts }, nameOf) },
      };
    });
  }
}

function narrowed({ parts, pairs }: ReturnType<typeof toldOf>, part: string | undefined, org: string | undefined) {
  const chosen = (one: { readonly part: string }) => part === undefined || one.part === part;
  return {
    parts: parts.filter(chosen),
    pairs: pairs.filter((pair) => chosen(pair) && (org === undefined || pair.waits === org || pair.acts === org)),
  };
}

interface Chosen {
  readonly period: IntervalPeriod;
  readonly part: string | undefined;
  readonly org: string | undefined;
}

interface Told {
  readonly pairs: readonly PairTold[];
  readonly parts: readonly PartTold[];
}

function modelOf({ period, part, org }: Chosen, { pairs, parts }: Told, nameOf: IntervalsParts['nameOf']): object {
  const titles = new Map(PARTS.map(({ id, title }) => [id, title]));
  const link = (change: Partial<Record<'period' | 'part' | 'org', string | undefined>>) =>
    withQuery('/intervals', { period, part, org, ...change });
  return {
    title: 'Intervals',
    at: 'intervals',
    chosen: { part, org },
    periods: PERIOD_WORDS.map((id) => ({
      title: `${String(INTERVAL_PERIODS[id])} days`,
      href: link({ period: id }),
      chosen: id === period,
    })),
    partlinks: [
      { title: 'All parts', href: link({ part: undefined }), chosen: part === undefined },
      ...PARTS.map(({ id, title }) => ({ title, href: link({ part: id }), chosen: id === part })),
    ],
    csv: withQuery('/intervals', { period, part, org, format: 'csv' }),
    parts: parts.map((one) => ({
      ...one,
      number: one.count === undefined ? 'not told' : toldWords(one.count),
      ...timesOf(one),
      trend: trended(one),
      weeks: one.weeks.map(({ week, p50, p90 }) => ({ week, median: timeOf(p50), most: timeOf(p90), p50, p90 })),
    })),
    pairs: pairs.map((pair) => ({
      ...pair,
      title: titles.get(pair.part),
      waitsname: nameOf(pair.waits),
      actsname: nameOf(pair.acts),
      number: toldWords(pair.count),
      ...timesOf(pair),
    })),
  };
}

function trended({ weeks }: PartTold): object | undefined {
  const trend = trendOf(weeks);
  return trend && { ...trend, top: duration(trend.highest) };
}

/** Where nothing ended there is no time, which is not the same as one that is kept back. */
function timesOf({ count, p50, p90 }: Pick<PartTold, 'count' | 'p50' | 'p90'>): { median: string; most: string } {
  const isNone = count !== undefined && 'count' in count && count.count === 0;
  return isNone ? { median: 'none', most: 'none' } : { median: timeOf(p50), most: timeOf(p90) };
}

function timeOf(ms: number | undefined): string {
  if (ms === undefined) return 'not told';
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms);
}

/** Intervals as CSV: what the page tells and nothing more. Times are in milliseconds. */
function intervalsCsv(period: IntervalPeriod, since: string, { pairs, parts }: Told): string {
  return csvOf([
    ['period', 'since', 'part', 'waits', 'acts', 'count', 'median-ms', 'p90-ms'],
    ...parts.map(({ part, count, p50, p90 }) => [
      period,
      since,
      part,
      'all',
      'all',
      count === undefined ? 'not told' : toldWords(count).replaceAll(',', ''),
      p50,
      p90,
    ]),
    ...pairs.map(({ part, waits, acts, count, p50, p90 }) => [
      period,
      since,
      part,
      waits,
      acts,
      toldWords(count).replaceAll(',', ''),
      p50,
      p90,
    ]),
  ]);
}
