import type { StageImpact, Strictness } from '@signalbox/contracts';
import { plain, type Queries, type Row } from '../store/database.js';

interface Judged {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly recorded: string;
  /** What was found, each rule once: findings themselves may be long. */
  readonly rules: readonly string[];
}

const SAMPLES = 10;
/** Refusals by rules of attributes and content: all that a stage decides about. */
const BY_RULE = ['SB-2003', 'SB-2004'];

/**
 * Measures a stage on real traffic: on the findings that are on record of the newest accepted events, whatever the stage was
 * under which they were accepted, for the ledger judges every event anew as it reads it.
 *
 * @param types those that are meant, each by its name
 * @param most newest events of all of them together
 */
export async function impactOf(
  queries: Queries,
  wish: { readonly organisation: string; readonly type: string; readonly strictness: Strictness },
  types: readonly string[],
  most: number,
): Promise<StageImpact> {
  const { organisation, strictness } = wish;
  const judged = await queries.query<Row>(
    `select e.recorded, e.identity from unnest($2::text[]) as wanted(type)
     cross join lateral (
       select recorded, case when findings <> '[]'::jsonb then identity end as identity from events
       where sourceorg = $1 and type = wanted.type and duplicateof is null order by recorded desc limit $3) e
     order by e.recorded desc limit $3`,
    [organisation, types, most],
  );
  const looked = judged.map((row) => plain<{ recorded: string; identity?: string }>(row));
  const since = looked.at(-1)?.recorded;
  // Those that were looked at and no other: more may have come since, or were recorded at the same instant as the oldest.
  const identities = looked.flatMap(({ identity }) => identity ?? []);
  const broken = strictness === 'enforce' ? await eventsOf(queries, identities) : [];
  const wouldaccept = strictness === 'enforce' ? 0 : await refusedSince(queries, organisation, types, since, most);
  const told = { looked: looked.length, wouldrefuse: broken.length, wouldaccept };
  return {
    ...wish,
    ...told,
    ...(since !== undefined && { since }),
    byrule: byRule(broken),
    samples: broken.slice(0, SAMPLES),
    sentence: sentenceOf(strictness, told),
  };
}

async function eventsOf(queries: Queries, identities: readonly string[]): Promise<Judged[]> {
  if (identities.length === 0) return [];
  const rows = await queries.query<Row>(
    `select id, source, type, recorded,
       array(select distinct f->>'rule' from jsonb_array_elements(findings) f order by 1) as rules
     from events
     where identity = any($1::text[]) and duplicateof is null order by recorded desc`,
    [identities],
  );
  return rows.map((row) => plain<Judged>(row));
}

async function refusedSince(
  queries: Queries,
  org: string,
  types: readonly string[],
  since: string | undefined,
  most: number,
): Promise<number> {
  const [row] = await queries.query<{ count: number }>(
    `select count(*)::int as count from (
       select 1 from refusals
       where org = $1 and type = any($2::text[]) and time >= $3 and code = any($4::text[]) limit $5) counted`,
    [org, types, since ?? new Date(0).toISOString(), BY_RULE, most],
  );
  return row?.count ?? 0;
}

function byRule(broken: readonly Judged[]): StageImpact['byrule'] {
  const counts = new Map<string, number>();
  for (const { rules } of broken) for (const rule of rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts]
    .map(([rule, count]) => ({ rule, count }))
    .toSorted((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}

/** The impact in one sentence. */
export function sentenceOf(
  strictness: Strictness,
  { looked, wouldrefuse, wouldaccept }: Pick<StageImpact, 'looked' | 'wouldrefuse' | 'wouldaccept'>,
): string {
  const number = (count: number) => count.toLocaleString('en-GB');
  const last = `the last ${number(looked)} accepted ${looked === 1 ? 'event' : 'events'}`;
  if (strictness === 'enforce') {
    if (looked === 0) return 'Nothing was accepted yet, so there is nothing to measure it on.';
    return `Would have refused ${number(wouldrefuse)} of ${last}.`;
  }
  return `Refuses nothing for its content; would have taken ${number(wouldaccept)} that ${wouldaccept === 1 ? 'was' : 'were'} refused in the time of ${last}.`;
}
