import type { JourneyView } from '../journeys/journey-view.js';
import { type JourneyLine, type Journeys, lineOf } from '../journeys/journeys.js';
import type { Viewer } from '../journeys/sight.js';
import type { Queries } from '../store/database.js';
import { type Candidate, candidates, walkOf } from './candidates.js';
import { type ListFilter, filters, matches } from './list-filter.js';

/** A page of a list of journeys. */
export interface ListPage {
  readonly journeys: readonly JourneyLine[];
  /** Where the list goes on; absent at its end. */
  readonly next?: readonly string[];
  /** The page ends because enough was looked through, not because it is full. */
  readonly partial: boolean;
}

/** What {@link JourneyList} is made of. */
export interface JourneyListParts {
  readonly database: Queries;
  readonly journeys: Pick<Journeys, 'views'>;
  /** Types that end their family's part of a journey. */
  readonly closing: readonly string[];
  readonly limits: {
    /** Journeys on a page. */
    readonly page: number;
    /** Rows that a page looks through at most. */
    readonly look: number;
  };
  readonly now?: () => Date;
}

/** Sides that are made for one page at most, by the size of the page: making them is what a page costs. */
const IN_VAIN = 4;
/** Journeys whose sides are made together at least. */
const TOGETHER = 10;

/** Lists journeys, all or those that a filter asks for: work that is bounded however long the past is. */
export class JourneyList {
  constructor(private readonly parts: JourneyListParts) {}

  /** The next page of the viewer's side of what the filter asks for. */
  async page(viewer: Viewer, filter: ListFilter, after?: readonly string[]): Promise<ListPage> {
    const { database, limits, now: clock = () => new Date() } = this.parts;
    const now = clock();
    // Without a filter every row is a line: one more than the page holds tells whether there is a next one.
    const limit = filters(filter) ? limits.look : limits.page + 1;
    const look = { viewer, filter, limit, now, closing: this.parts.closing, ...(after !== undefined && { after }) };
    const rows = await candidates(database, walkOf(filter), look);
    const { lines, looked } = await this.#fill(viewer, filter, rows, now);
    const end = looked < rows.length || rows.length === limit;
    const next = end ? rows[looked - 1]?.cursor : undefined;
    const partial = next !== undefined && lines.length < limits.page;
    return { journeys: lines, partial, ...(next !== undefined && { next }) };
  }

  /** Makes lines of rows until the page is full. @returns how many rows that took */
  async #fill(
    viewer: Viewer,
    filter: ListFilter,
    rows: readonly Candidate[],
    now: Date,
  ): Promise<{ lines: JourneyLine[]; looked: number }> {
    const { page } = this.parts.limits;
    const lines: JourneyLine[] = [];
    let looked = 0;
    let made = 0;
    while (looked < rows.length && lines.length < page && made < IN_VAIN * page) {
      const chunk = upTo(rows, looked, Math.max(TOGETHER, page - lines.length));
      const views = await this.#views(viewer, chunk);
      made += chunk.filter(({ fits }) => fits).length;
      for (const { journey, fits } of chunk) {
        if (lines.length === page) break;
        looked += 1;
        const view = fits ? views.get(journey) : undefined;
        if (view !== undefined && matches(view, filter, now)) lines.push(lineOf(view));
      }
    }
    return { lines, looked };
  }

  async #views(viewer: Viewer, rows: readonly Candidate[]): Promise<ReadonlyMap<string, JourneyView>> {
    const fitting = rows.filter(({ fits }) => fits).map(({ journey }) => journey);
    const views = fitting.length === 0 ? [] : await this.parts.journeys.views(viewer, fitting);
    return new Map(views.map((view) => [view.journey, view]));
  }
}

/** The next rows until so many of them fit. */
function upTo(rows: readonly Candidate[], from: number, fitting: number): Candidate[] {
  let left = fitting;
  const end = rows.findIndex((row, index) => index >= from && row.fits && (left -= 1) === 0);
  return rows.slice(from, end === -1 ? undefined : end + 1);
}
