import type { Viewer } from '../journeys/sight.js';
import { plain, type Queries, type Row } from '../store/database.js';
import type { OverdueClock } from './why.js';

/** A clock that has run out, of an event or (with a subscription) of one of its deliveries. */
export type RunOut = OverdueClock & {
  readonly identity: string;
  /** Empty for a clock of the journey. */
  readonly subscription: string;
};

const OF_EVENTS = `
  select identity, subscription, clock, started, due, owner from clocks
  where identity = any($1::text[]) and closed is null and due < $2::timestamptz
  order by due`;

/** The clocks of some events that have run out, the earliest first. @param identities SHA-256 of source and id */
export async function overdueClocks(
  queries: Queries,
  identities: readonly string[],
  now: Date,
): Promise<ReadonlyMap<string, RunOut[]>> {
  if (identities.length === 0) return new Map();
  const rows = await queries.query<Row>(OF_EVENTS, [[...new Set(identities)], now.toISOString()]);
  return Map.groupBy(
    rows.map((row) => plain<RunOut>(row)),
    ({ identity }) => identity,
  );
}

/** The clock that has run out first for a delivery: its own, or one of the journey by which its receiver has to move. */
export function clockOf(clocks: readonly RunOut[] | undefined, subscription: string, org: string): RunOut | undefined {
  return clocks?.find((clock) =>
    clock.subscription === '' ? clock.owner === org : clock.subscription === subscription,
  );
}

/** A clock that has run out, with the event that started it. */
export interface OverdueEvent extends RunOut {
  readonly owner: string;
  readonly other?: string;
  readonly journey: string;
  readonly type: string;
  readonly sourceorg: string;
  readonly id: string;
  readonly source: string;
}

/** Which of them; those that are not named are all that the viewer may see. */
export interface OverdueQuestion {
  readonly clock?: string | undefined;
  readonly publisher?: string | undefined;
  /** Whose move it is, or who waits for its own publisher. */
  readonly receiver?: string | undefined;
  readonly type?: string | undefined;
  readonly after?: { readonly since: string; readonly identity: string; readonly subscription: string } | undefined;
}

const ASKED = `
  ($1::text is null or c.clock = $1) and ($2::text is null or c.sourceorg = $2) and ($3::text is null or c.type = $3)
  and ($9::text is null or c.owner = $9 or (c.owner = c.sourceorg and c.other = $9))
  and (c.due, c.identity, c.subscription) > ($4::timestamptz, $5::text, $6::text) and c.due < $7::timestamptz and c.closed is null`;

const parts = (sides: readonly string[]): string =>
  sides.map((side) => `(select c.* from clocks c where ${side} ${ASKED} order by c.due limit $8)`).join(' union ');

const listed = (sides: readonly string[]): string => `
  select c.*, e.id, e.source from (${parts(sides)}) c
  join events e on e.identity = c.identity and e.duplicateof is null
  order by c.due, c.identity, c.subscription limit $8`;

const OF_ALL = listed(['']);
/** Whose move it is, and who waits for it. */
const OF_SIDE = listed(['c.owner = $10 and', 'c.other = $10 and', 'c.sourceorg = $10 and']);

/** Clocks that have run out and still wait, the earliest first. */
export async function overdueEvents(
  queries: Queries,
  viewer: Viewer,
  { clock, publisher, receiver, type, after }: OverdueQuestion,
  now: Date,
  limit: number,
): Promise<OverdueEvent[]> {
  const rows = await queries.query<Row>(viewer.all ? OF_ALL : OF_SIDE, [
    clock ?? null,
    publisher ?? null,
    type ?? null,
    after?.since ?? '-infinity',
    after?.identity ?? '',
    after?.subscription ?? '',
    now.toISOString(),
    limit,
    receiver ?? null,
    ...(viewer.all ? [] : [viewer.ods]),
  ]);
  return rows.map((row) => plain<OverdueEvent>(row));
}

/** Clocks that have run out for the same organisations and type, with the newest of their events. Times are RFC 3339. */
export interface OverdueCell {
  readonly clock: string;
  readonly owner: string;
  readonly other?: string;
  readonly sourceorg: string;
  readonly type: string;
  readonly count: number;
  /** When the first and the last of them were started, and the earliest at which one ran out. */
  readonly first: string;
  readonly last: string;
  readonly due: string;
  readonly id: string;
  readonly source: string;
  readonly journey: string;
}

/** So many clocks are gone through for each side; where there are more, all of them are, so that none hides another. */
const LOOKED = 20_000;

const cells = (sides: readonly string[], bound: string): string => `
  select g.*, e.id, e.source, e.journey from (
    select clock, owner, other, sourceorg, type, count(*)::int as count, min(started) as first, max(started) as last,
      min(due) as due, (array_agg(identity order by started desc))[1] as identity
    from (${sides.map((side) => `(select c.* from clocks c where ${side} c.closed is null and c.due < $1::timestamptz ${bound})`).join(' union ')}) c
    group by clock, owner, other, sourceorg, type
  ) g join events e on e.identity = g.identity and e.duplicateof is null`;

/** What has run out and still waits, by what it has in common: everything that the viewer may see of it. */
export async function overdueCells(
  queries: Queries,
  viewer: Viewer,
  now: Date,
  looked = LOOKED,
): Promise<OverdueCell[]> {
  const sides = viewer.all ? [''] : ['c.owner = $2 and', 'c.other = $2 and', 'c.sourceorg = $2 and'];
  const asked = [now.toISOString(), ...(viewer.all ? [] : [viewer.ods])];
  const read = async (bound: string) =>
    (await queries.query<Row>(cells(sides, bound), asked)).map((row) => plain<OverdueCell>(row));
  const some = await read(`order by c.due limit ${String(looked)}`);
  const counted = some.reduce((sum, { count }) => sum + count, 0);
  return counted < looked ? some : read('');
}
