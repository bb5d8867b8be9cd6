import { CLOCKS, type ClockName } from '@signalbox/contracts';
import type { Viewer } from '../../journeys/sight.js';
import { plain, type Queries, type Row } from '../../store/database.js';

/** Something that is due, as one viewer may see it. */
export interface DueLine {
  readonly clock: ClockName;
  /** What the clock runs between, in words. */
  readonly title: string;
  /** ODS code of whose move it is. */
  readonly org: string;
  /** RFC 3339. */
  readonly due: string;
  /** Id of the event that started it. */
  readonly event: string;
  readonly source: string;
  readonly type: string;
  readonly journey: string;
}

/** How many of a clock have run out and still wait. */
export interface OverdueCount {
  readonly clock: ClockName;
  readonly type: string;
  /** ODS code of whose move it is. */
  readonly org: string;
  readonly count: number;
  /** RFC 3339: since when the one waits that ran out first. */
  readonly since: string;
}

/** Deliveries that can still miss their deadline, and those that have and still wait. */
const OPEN = `d.due is not null and d.entitled and d.delivered is null and d.state in ('waiting', 'delivering', 'paused')`;
const MISSED = `state = 'expired' and reason = 'deadline-missed' and entitled`;

/** Tells what is due next, and what is overdue: to each organisation what is its own move, or follows from its own events. */
export class DueBook {
  constructor(
    private readonly queries: Queries,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** What breaks a deadline next, the first of it. */
  async dueNext(viewer: Viewer, limit: number): Promise<DueLine[]> {
    const [clocks, deliveries] = await Promise.all([this.#clocks(viewer, limit), this.#deliveries(viewer, limit)]);
    return [...clocks, ...deliveries]
      .toSorted((one, other) => (one.due < other.due ? -1 : 1))
      .slice(0, limit)
      .map((line) => ({ ...line, title: CLOCKS[line.clock].title }));
  }

  /** By identity of an event: by when something has to follow it, by the first of its clocks that run. */
  async expectedBy(viewer: Viewer, identities: readonly string[]): Promise<Map<string, string>> {
    const rows = await this.queries.query<Row>(
      `select identity, min(due) as due from clocks
       where identity = any($1::text[]) and subscription = '' and closed is null
         and ($2::text is null or owner = $2 or other = $2)
       group by identity`,
      [[...new Set(identities)], viewer.all ? null : viewer.ods],
    );
    return new Map(
      rows.map((row) => {
        const { identity, due } = plain<{ identity: string; due: string }>(row);
        return [identity, due];
      }),
    );
  }

  /** What ran out and still waits, by clock, type and whose move it is. */
  async overdue(viewer: Viewer): Promise<OverdueCount[]> {
    const ods = viewer.all ? null : viewer.ods;
    const rows = await this.queries.query<Row>(
      `select clock, type, owner as org, count(*)::int as count, min(due) as since from clocks
       where missed is not null and closed is null and ($1::text is null or owner = $1 or other = $1)
       group by clock, type, owner
       union all
       select 'delivery', d.eventtype, d.org, count(*)::int, min(d.due) from deliveries d
       where ${MISSED} and ($1::text is null or d.org = $1 or d.publisher = $1)
       group by d.eventtype, d.org`,
      [ods],
    );
    return rows.map((row) => plain<OverdueCount>(row));
  }

  async #clocks(viewer: Viewer, limit: number): Promise<Omit<DueLine, 'title'>[]> {
    const one = (side: string) =>
      `(select * from clocks where closed is null and due > $1 ${side} order by due limit $2)`;
    const mine = viewer.all ? one('') : `${one('and owner = $3')} union ${one('and other = $3')}`;
    const rows = await this.queries.query<Row>(
      `select c.clock, c.owner as org, c.due, e.id as event, e.source, e.type, e.journey
       from (${mine}) c join events e on e.identity = c.identity and e.duplicateof is null order by c.due limit $2`,
      [this.now().toISOString(), limit, ...(viewer.all ? [] : [viewer.ods])],
    );
    return rows.map((row) => plain(row));
  }

  async #deliveries(viewer: Viewer, limit: number): Promise<Omit<DueLine, 'title'>[]> {
    // Each side finds the soonest of its own by an index, however much waits elsewhere.
    const sides = viewer.all ? ['true'] : ['d.org = $3', 'd.publisher = $3 and d.org <> $3'];
    const soonest = sides.map(
      (side) => `(select * from deliveries d where ${OPEN} and d.due > $1 and ${side} order by d.due limit $2)`,
    );
    const rows = await this.queries.query<Row>(
      `select 'delivery' as clock, d.org, d.due, e.id as event, e.source, e.type, e.journey
       from (${soonest.join(' union all ')}) d
       join events e on e.identity = d.identity and e.duplicateof is null order by d.due limit $2`,
      [this.now().toISOString(), limit, ...(viewer.all ? [] : [viewer.ods])],
    );
    return rows.map((row) => plain(row));
  }
}
