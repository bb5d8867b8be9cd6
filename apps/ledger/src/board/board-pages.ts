import type { Answer } from '../console/answers.js';
import { groupPath } from '../stuck/groups.js';
import { latency } from '../journeys/words.js';
import type { BoardFigures, PairWithCourse } from './board.js';
import type { BoardQuestion } from './board-question.js';
import { linesThrough } from './line.js';
import { type Course, PAIR_STATUS } from './pair.js';

/** What the page of the board is made of. */
export interface BoardAnswer {
  readonly figures: BoardFigures;
  readonly pairs: readonly PairWithCourse[];
  readonly asked: BoardQuestion;
  readonly engine: { readonly well: boolean; readonly sentence: string };
  readonly next?: string;
}

/** The board as a page and as JSON. */
export function boardPage({ figures, pairs, asked, engine, next }: BoardAnswer): Answer {
  const { since, numbers, duenext, alerts, stuck } = figures;
  const cursor = next === undefined ? {} : { next };
  return {
    json: { since, numbers, duenext, alerts, stuck, engine, pairs: pairs.map(pairJson), ...cursor },
    view: 'board',
    model: {
      title: 'Board',
      at: 'board',
      since,
      numbers,
      duenext,
      alerts,
      stuck: stuck.map((group) => ({ ...group, path: groupPath(group) })),
      engine,
      asked,
      statuses: PAIR_STATUS,
      all: figures.pairs.length,
      pairs: pairs.map(pairModel),
      ...cursor,
    },
  };
}

/** One pair with all its hours. */
export function pairPage(pair: PairWithCourse, since: string): Answer {
  const { events, delayms, from } = pair.course;
  const hours = events.map((count, index) => ({
    at: new Date(Date.parse(from) + index * 3_600_000).toISOString(),
    count,
    delayms: delayms[index],
  }));
  const title = `${pair.from.ods} to ${pair.to.ods}`;
  const model = { title, at: 'board', since, pair: pairModel(pair), hours: hours.toReversed() };
  return { json: { since, ...pairJson(pair) }, view: 'pair', model };
}

function pairJson({ from, to, status, sentence, delayms, course, ...counts }: PairWithCourse): object {
  return {
    from: from.ods,
    to: to.ods,
    names: [from.name ?? null, to.name ?? null],
    status,
    word: PAIR_STATUS[status].word,
    sentence,
    ...counts,
    throughput: course.events,
    delayms: { ...delayms, hourly: course.delayms },
  };
}

function pairModel(pair: PairWithCourse): object {
  const { course } = pair;
  return {
    ...pair,
    ...PAIR_STATUS[pair.status],
    charts: [
      chartOf('Deliveries an hour', course.events, course, (value) => String(value)),
      chartOf('Median delay', course.delayms, course, latency),
    ],
  };
}

/** A small chart: its lines, its values for whoever draws it better, and the same in words. */
function chartOf(
  title: string,
  values: readonly (number | null)[],
  { from }: Course,
  told: (value: number) => string,
): object {
  const known = values.filter((value) => value !== null);
  const last = values.findLast((value) => value !== null);
  const words =
    known.length === 0
      ? `${title}: nothing in these hours`
      : `${title}: least ${told(Math.min(...known))}, most ${told(Math.max(...known))}, last ${told(last!)}`;
  return {
    title,
    words,
    from,
    unit: title === 'Median delay' ? 'ms' : 'deliveries',
    values: values.map((value) => value ?? '').join(','),
    lines: linesThrough(values),
  };
}
