import { NOT_ARRIVED, OUTSTANDING } from '../board/flows.js';
import { sightingKey, type Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';
import type { PlacePart } from '../store/place.js';
import { LIST_AGES, type ListFilter, OPEN_STATES } from './list-filter.js';

/** One row of a look: a journey that may be in the list, or none that can be. */
export interface Candidate {
  readonly journey: string;
  /** Whether the journey may be in the list, by what rows tell. */
  readonly fits: boolean;
  /** Instants, ids and numbers by which the list is ordered: where it goes on after this row. */
  readonly cursor: readonly string[];
}

/** How a list is looked through: by what is under way, by type, or by what changed last. */
export type Walk = 'open' | 'type' | 'recent';

/** The way that finds most of what the filter asks for with least looking. */
export function walkOf({ state, type, org, from, to }: ListFilter): Walk {
  if (state !== undefined && OPEN_STATES.has(state)) return 'open';
  return type !== undefined && org === undefined && from === undefined && to === undefined ? 'type' : 'recent';
}

/** By what each walk orders its rows: what its cursors hold. */
export const ORDERS = {
  open: ['instant', 'text', 'text'],
  type: ['instant', 'text', 'number'],
  recent: ['instant', 'text'],
} as const satisfies Record<Walk, readonly PlacePart[]>;

/** What one look asks for. */
export interface Look {
  readonly viewer: Viewer;
  readonly filter: ListFilter;
  readonly after?: readonly string[];
  /** Most rows that are looked at. */
  readonly limit: number;
  /** Types without which no journey is closed. */
  readonly closing: readonly string[];
  readonly now: Date;
}

/**
 * So many rows in the order of a walk: what is under way oldest first, the rest newest first. Each journey fits once at
 * most, and none that belongs in the list is left out; what exactly the viewer sees of it decides in the end.
 */
export function candidates(queries: Queries, walk: Walk, look: Look): Promise<Candidate[]> {
  return walk === 'open'
    ? openOnes(queries, look)
    : walk === 'type'
      ? ofType(queries, look)
      : recentOnes(queries, look);
}

/** Values of a query, as they are given their places. */
class Values {
  readonly all: unknown[] = [];
  put(value: unknown): string {
    return `$${String(this.all.push(value))}`;
  }
}

const STATES: Readonly<Record<string, string>> = {
  'in-flight': `d.state in ('waiting', 'delivering', 'paused') and ${NOT_ARRIVED}`,
  stuck: `d.state in ('parked', 'expired') and ${NOT_ARRIVED}`,
  unacknowledged: `(${NOT_ARRIVED} or d.state = 'delivered')`,
};

const OPEN_ORDER = 'coalesce(d.accepted, d.since), d.identity, d.subscription';

/** Of the deliveries of a journey that are as asked for, the first one stands for it. */
async function openOnes(queries: Queries, { viewer, filter, after, limit, now }: Look): Promise<Candidate[]> {
  const values = new Values();
  const { type, org, from, to, state, age } = filter;
  const own = viewer.all ? undefined : values.put(viewer.ods);
  const where = [OUTSTANDING];
  if (from !== undefined) where.push(`d.publisher = ${values.put(from)}`);
  if (to !== undefined) where.push(`d.org = ${values.put(to)}`);
  if (age !== undefined) where.push(`coalesce(d.accepted, d.since) <= ${values.put(before(now, age))}::timestamptz`);
  const fits = [STATES[state!]!];
  if (type !== undefined) fits.push(`d.eventtype = ${values.put(type)}`);
  if (org !== undefined) fits.push(either(values.put(org)));
  const first = `not exists (select 1 from deliveries x where x.journey = d.journey
    and ${ofX([...where, ...fits, ...(own === undefined ? [] : [either(own)])].join(' and '))}
    and (${ofX(OPEN_ORDER)}) < (${OPEN_ORDER}))`;
  const beyond =
    after === undefined
      ? []
      : [
          `(${OPEN_ORDER}) > (${values.put(after[0])}::timestamptz, ${values.put(after[1])}::text, ${values.put(after[2])}::text)`,
        ];
  const sides = own === undefined ? ['true'] : [`d.org = ${own}`, `d.publisher = ${own} and d.org <> ${own}`];
  const most = values.put(limit);
  const side = (whose: string) =>
    `(select d.* from deliveries d where ${[whose, ...where, ...beyond].join(' and ')} order by ${OPEN_ORDER} limit ${most})`;
  const rows = await queries.query<Row>(
    `select d.journey, coalesce(d.accepted, d.since) as at, d.identity, d.subscription,
       (${fits.join(' and ')} and ${first}) as fits
     from (select * from (${sides.map(side).join(' union all ')}) d order by ${OPEN_ORDER} limit ${most}) d
     order by ${OPEN_ORDER}`,
    values.all,
  );
  return rows
    .map((row) => plain<{ journey: string; at: string; identity: string; subscription: string; fits: boolean }>(row))
    .map(({ journey, at, identity, subscription, fits: fit }) => ({
      journey,
      fits: fit,
      cursor: [at, identity, subscription],
    }));
}

/** Of the events of the type in a journey, the newest stands for it. */
async function ofType(queries: Queries, { viewer, filter, after, limit, now }: Look): Promise<Candidate[]> {
  const { type, age } = filter;
  const [at, stream, sequence] = after ?? [null, '', '0'];
  const rows = await queries.query<Row>(
    `select e.journey, e.recorded, e.stream, e.sequence,
       (exists (select 1 from sightings s where s.org = $5 and s.journey = e.journey)
         and not exists (
           select 1 from events l where l.journey = e.journey and l.type = e.type
             and (l.recorded > e.recorded or (l.recorded = e.recorded and (l.stream, l.sequence) < (e.stream, e.sequence)))
         )) as fits
     from (
       select journey, type, recorded, stream, sequence from events
       where type = $1 and recorded <= least($7::timestamptz, $2::timestamptz)
         and ($2::timestamptz is null or recorded < $2::timestamptz or (stream, sequence) > ($3::text, $4::bigint))
       order by recorded desc, stream, sequence limit $6
     ) e order by e.recorded desc, e.stream, e.sequence`,
    [type, at, stream, sequence, sightingKey(viewer), limit, age === undefined ? FOREVER : before(now, age)],
  );
  return rows
    .map((row) => plain<{ journey: string; recorded: string; stream: string; sequence: number; fits: boolean }>(row))
    .map(({ journey, fits, recorded, stream: of, sequence: at }) => ({
      journey,
      fits,
      cursor: [recorded, of, String(at)],
    }));
}

const FOREVER = '9999-12-31T00:00:00.000Z';

/** What changed last for the viewer, or for an organisation that takes part where the viewer sees all. */
async function recentOnes(
  queries: Queries,
  { viewer, filter, after, limit, now, closing }: Look,
): Promise<Candidate[]> {
  const values = new Values();
  const { type, org, from, to, age, state } = filter;
  const party = org ?? from ?? to;
  const whose = viewer.all && party !== undefined ? party : sightingKey(viewer);
  const seen = [`org = ${values.put(whose)}`];
  if (age !== undefined) seen.push(`updated <= ${values.put(before(now, age))}::timestamptz`);
  if (after !== undefined)
    seen.push(`(updated, journey) < (${values.put(after[0])}::timestamptz, ${values.put(after[1])}::text)`);
  const also = [...new Set([org, from, to])].filter((one) => one !== undefined && one !== whose);
  const fits = also.map(
    (one) => `exists (select 1 from sightings o where o.org = ${values.put(one)} and o.journey = s.journey)`,
  );
  if (type !== undefined)
    fits.push(`exists (select 1 from events e where e.journey = s.journey and e.type = ${values.put(type)})`);
  if (state === 'closed')
    fits.push(
      `exists (select 1 from events e where e.journey = s.journey and e.type = any(${values.put(closing)}::text[]))`,
    );
  const rows = await queries.query<Row>(
    `select s.journey, s.updated, (${fits.length === 0 ? 'true' : fits.join(' and ')}) as fits from (
       select journey, updated from sightings where ${seen.join(' and ')}
       order by updated desc, journey desc limit ${values.put(limit)}
     ) s order by s.updated desc, s.journey desc`,
    values.all,
  );
  return rows
    .map((row) => plain<{ journey: string; updated: string; fits: boolean }>(row))
    .map(({ journey, fits: fit, updated }) => ({ journey, fits: fit, cursor: [updated, journey] }));
}

function either(organisation: string): string {
  return `(d.org = ${organisation} or d.publisher = ${organisation})`;
}

/** The same conditions of another delivery of the journey. */
function ofX(conditions: string): string {
  return conditions.replaceAll(/\bd\./g, 'x.');
}

function before(now: Date, age: string): string {
  return new Date(now.getTime() - LIST_AGES[age]!.ms).toISOString();
}
