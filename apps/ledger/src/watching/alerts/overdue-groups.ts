import { Kept } from '@signalbox/runtime';
import { isOperations } from '@signalbox/contracts';
import { plain, type Queries, type Row } from '../../store/database.js';

/** Overdue clocks of one organisation, type and name, and since when the first of them is. */
export interface OverdueGroup {
  /** ODS code of whose move it is. */
  readonly org: string;
  readonly clock: string;
  readonly type: string;
  readonly count: number;
  /** RFC 3339. */
  readonly since: string;
}

/** So many overdue clocks are gone through in every round. */
const AT_MOST = 20_000;
/** Milliseconds for which it is remembered what more of them than that come to: to go through all is dear. */
const KEPT_MS = 30_000;

const grouped = (bound: string): string => `
  select owner as org, clock, type, count(*)::int as count, min(due) as since
  from (select owner, clock, type, due from clocks where missed is not null and closed is null ${bound}) late
  group by owner, clock, type order by min(due), owner, clock, type`;

/**
 * Which organisations have what overdue. None is left out because another one has very many: where there are more clocks
 * than are gone through at once all of them are, but less often.
 */
export class OverdueGroups {
  readonly #all = new Kept<OverdueGroup[]>(KEPT_MS);
  /** Two kinds of alerts are told from the same rows: asked for once a round. */
  readonly #asked = new WeakMap<Date, Promise<OverdueGroup[]>>();

  constructor(
    private readonly queries: Queries,
    private readonly atMost = AT_MOST,
  ) {}

  /** @param round the time of the round; asked again with the same, it answers the same */
  of(round: Date): Promise<OverdueGroup[]> {
    const known = this.#asked.get(round);
    if (known !== undefined) return known;
    const found = this.#look();
    this.#asked.set(round, found);
    return found;
  }

  async #look(): Promise<OverdueGroup[]> {
    const some = await this.#groups(`limit ${String(this.atMost + 1)}`);
    const looked = some.reduce((sum, { count }) => sum + count, 0);
    const groups = looked > this.atMost ? await this.#all.of('all', () => this.#groups('')) : some;
    return groups.filter(({ type }) => !isOperations(type));
  }

  async #groups(bound: string): Promise<OverdueGroup[]> {
    const rows = await this.queries.query<Row>(grouped(bound));
    return rows.map((row) => plain<OverdueGroup>(row));
  }
}
