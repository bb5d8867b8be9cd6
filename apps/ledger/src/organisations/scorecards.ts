import type { Queries } from '../store/database.js';
import { PERIODS, type Period, periodStart, type Score, type Subject } from './scorecard.js';

/** Which of a publisher's numbers are asked for; what is left out is not narrowed. */
export type Narrowing = Partial<Subject>;

/** Rows of one answer: types × applications × products × versions × measures of one organisation, summed over its period. */
const MOST = 50_000;

/** The numbers of one publisher in a period. */
export async function scoresOf(
  queries: Queries,
  ods: string,
  period: Period,
  now: Date,
  { type, application, product, version }: Narrowing = {},
): Promise<Score[]> {
  return queries.query<Score & Record<string, unknown>>(
    `select type, application, product, version, measure, sum(count)::bigint as count from scores
     where org = $1 and grain = $2 and started >= $3
       and ($4::text is null or type = $4) and ($5::text is null or application = $5)
       and ($6::text is null or product = $6) and ($7::text is null or version = $7)
     group by type, application, product, version, measure having sum(count) > 0 limit ${String(MOST)}`,
    [
      ods,
      PERIODS[period].grain,
      periodStart(period, now),
      type ?? null,
      application ?? null,
      product ?? null,
      version ?? null,
    ],
  );
}

/** Of some publishers, what the list of organisations tells: all their numbers of a period that are no delays and no rules. */
export async function sumsOf(
  queries: Queries,
  orgs: readonly string[],
  period: Period,
  now: Date,
): Promise<Map<string, Score[]>> {
  const rows = await queries.query<Score & { readonly org: string } & Record<string, unknown>>(
    `select org, '' as type, '' as application, '' as product, '' as version, measure, sum(count)::bigint as count
     from scores where org = any($1::text[]) and grain = $2 and started >= $3
       and (measure in ('accepted', 'clean', 'found', 'delivered', 'acknowledged') or measure like 'refused:%')
     group by org, measure`,
    [orgs, PERIODS[period].grain, periodStart(period, now)],
  );
  return Map.groupBy(rows, ({ org }) => org);
}
