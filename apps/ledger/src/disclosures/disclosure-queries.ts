import type { Known } from '../console/viewers.js';
import { plain, type Queries, type Row } from '../store/database.js';
import { placeIn, placeText } from '../store/place.js';

/** One disclosure with what became of it. Times are RFC 3339 in UTC. */
export interface DisclosureLine {
  readonly disclosure: string;
  readonly at: string;
  readonly until: string;
  /** When it was ended before its time. */
  readonly ended?: string;
  readonly running: boolean;
  /** ODS code of the organisation, id and name of who looked. */
  readonly org: string;
  readonly by: string;
  readonly name?: string;
  readonly publisher: string;
  readonly source: string;
  readonly eventid: string;
  readonly type: string;
  readonly journey: string;
  readonly reason: string;
  readonly text: string;
  /** How often the values were shown. */
  readonly views: number;
  readonly noticed: boolean;
  /** The newest review by one's own organisation. */
  readonly reviewed?: { readonly at: string; readonly by: string; readonly name?: string; readonly note: string };
  /** Hash of its entry, as the notice to the organisations has it. */
  readonly hash: string;
}

/** Which disclosures are asked for. */
export interface DisclosureQuestion {
  /** Only those of so many days. */
  readonly days?: number | undefined;
  /** `<ODS>:<person>` of who looked. */
  readonly by?: string | undefined;
  /** Whether one's own organisation has reviewed it. */
  readonly reviewed?: boolean | undefined;
  /** `next` of the page before. */
  readonly after?: string | undefined;
  readonly now: Date;
}

const DAY_MS = 86_400_000;

/** An opening with everything that was added about it. `$1` is the organisation whose reviews count. */
const LINE = `
  select o.number, o.disclosure, o.at, o.until, o.org, o.by, o.name, o.publisher, o.source, o.eventid, o.type, o.journey,
    o.reason, o.text, o.hash,
    (select count(*)::int from disclosures v where v.disclosure = o.disclosure and v.kind = 'viewed') as views,
    (select min(e.at) from disclosures e where e.disclosure = o.disclosure and e.kind = 'ended') as ended,
    exists (select 1 from disclosures n where n.disclosure = o.disclosure and n.kind = 'noticed') as noticed,
    r.at as reviewedat, r.by as reviewedby, r.name as reviewedname, r.note as reviewednote
  from disclosures o
  left join lateral (
    select at, by, name, note from disclosures
    where disclosure = o.disclosure and kind = 'reviewed' and org = $1 order by number desc limit 1
  ) r on true
  where o.kind = 'opened'`;

/** Those that concern one's own side, the newest first; for the operator of the exchange, all. @throws Refusal SB-4000 */
export async function listDisclosures(
  queries: Queries,
  known: Pick<Known, 'ods' | 'viewer'>,
  { days, by, reviewed, after, now }: DisclosureQuestion,
  limit: number,
): Promise<{ readonly lines: DisclosureLine[]; readonly next?: string }> {
  const since = days === undefined ? null : new Date(now.getTime() - days * DAY_MS).toISOString();
  const rows = await queries.query<Row>(
    `${LINE} and ($2::text is null or o.org = $2 or o.publisher = $2) and ($3::text is null
         or o.number < (select number from disclosures where disclosure = $3 and kind = 'opened'))
       and ($4::timestamptz is null or o.at >= $4) and ($5::text is null or o.by = $5)
       and ($6::boolean is null or (r.at is not null) = $6)
     order by o.number desc limit $7`,
    [
      known.ods,
      known.viewer.all ? null : known.ods,
      placeIn(after, ['text'])?.[0] ?? null,
      since,
      by ?? null,
      reviewed ?? null,
      limit + 1,
    ],
  );
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    lines: shown.map((row) => lineOf(row, known, now)),
    ...(rows.length > limit && last !== undefined && { next: placeText([plain<DisclosureLine>(last).disclosure]) }),
  };
}

/** One of them; `undefined` when there is none or it does not concern one's own side. */
export async function disclosureLine(
  queries: Queries,
  known: Pick<Known, 'ods' | 'viewer'>,
  disclosure: string,
  now: Date,
): Promise<DisclosureLine | undefined> {
  const rows = await queries.query<Row>(
    `${LINE} and o.disclosure = $2 and ($3::text is null or o.org = $3 or o.publisher = $3)`,
    [known.ods, disclosure, known.viewer.all ? null : known.ods],
  );
  return rows.map((row) => lineOf(row, known, now))[0];
}

/** What runs for a person now, the first to end first. */
export async function runningDisclosures(queries: Queries, by: string, now: Date): Promise<DisclosureLine[]> {
  const org = by.slice(0, by.indexOf(':'));
  const rows = await queries.query<Row>(`${LINE} and o.by = $2 and o.until > $3::timestamptz order by o.until`, [
    org,
    by,
    now.toISOString(),
  ]);
  const own = { ods: org, viewer: { all: false as const, ods: org } };
  return rows.map((row) => lineOf(row, own, now)).filter(({ running }) => running);
}

/**
 * Until when the values of the earliest of somebody's so many newest disclosures are shown; `undefined` when there are not so
 * many that are shown until later than `since`.
 */
export async function openedBefore(
  queries: Queries,
  by: string,
  many: number,
  since: Date,
): Promise<string | undefined> {
  const [row] = await queries.query<Row>(
    `select until from disclosures where kind = 'opened' and by = $1 and until > $2::timestamptz
     order by until desc offset $3 limit 1`,
    [by, since.toISOString(), many - 1],
  );
  return row && plain<{ until: string }>(row).until;
}

interface LineRow extends Omit<DisclosureLine, 'running' | 'reviewed'> {
  readonly number: number;
  readonly reviewedat?: string;
  readonly reviewedby?: string;
  readonly reviewedname?: string;
  readonly reviewednote?: string;
}

/** What people of another organisation are called is theirs to know; who did it is said by its id. */
function lineOf(row: Row, { ods, viewer }: Pick<Known, 'ods' | 'viewer'>, now: Date): DisclosureLine {
  const { number: _number, reviewedat, reviewedby, reviewedname, reviewednote, name, ...line } = plain<LineRow>(row);
  const reviewed = reviewedat !== undefined && {
    reviewed: {
      ...{ at: reviewedat, by: reviewedby ?? '', note: reviewednote ?? '' },
      ...(reviewedname !== undefined && { name: reviewedname }),
    },
  };
  return {
    ...line,
    running: line.ended === undefined && Date.parse(line.until) > now.getTime(),
    ...((viewer.all || line.org === ods) && name !== undefined && { name }),
    ...reviewed,
  };
}
