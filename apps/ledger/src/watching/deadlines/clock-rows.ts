import { plain, type Queries, recordset, type Row } from '../../store/database.js';
import type { Clock, Stop } from './turns.js';

/** Of the stream of steps: behind `from`, up to `to`. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

const KEYS = 'identity text, clock text, owner text, subscription text';
const SAME = 'c.identity = k.identity and c.clock = k.clock and c.owner = k.owner and c.subscription = k.subscription';

/** Puts clocks on record. @returns those that were not there yet */
export async function insertClocks(within: Queries, clocks: readonly Clock[]): Promise<Clock[]> {
  if (clocks.length === 0) return [];
  const rows = await within.query<Row>(
    `insert into clocks (identity, clock, owner, subscription, other, journey, type, sourceorg, started, due)
     select identity, clock, owner, subscription, other, journey, type, sourceorg, started, due
     from json_populate_recordset(null::clocks, $1::json)
     on conflict do nothing returning identity, clock, owner, subscription`,
    [recordset(clocks)],
  );
  const fresh = new Set(rows.map((row) => keyOf(row as unknown as Keyed)));
  return clocks.filter((clock) => fresh.has(keyOf(clock)));
}

type Keyed = Pick<Clock, 'identity' | 'clock' | 'owner' | 'subscription'>;

function keyOf({ identity, clock, owner, subscription }: Keyed): string {
  return JSON.stringify([identity, clock, owner, subscription]);
}

/** One stop for each clock: the first. */
export function allStops(stops: readonly Stop[]): Stop[] {
  const first = new Map<string, Stop>();
  for (const stop of stops) {
    const key = keyOf(stop);
    const known = first.get(key);
    if (known === undefined || stop.closed < known.closed) first.set(key, stop);
  }
  return [...first.values()];
}

/** Stops clocks, or puts their stop earlier. */
export async function stopClocks(within: Queries, stops: readonly Stop[]): Promise<void> {
  if (stops.length === 0) return;
  await within.query(
    `update clocks c set closed = k.closed, ended = k.ended, answer = k.answer
     from json_to_recordset($1::json) as k(${KEYS}, closed timestamptz, ended text, answer text)
     where ${SAME} and (c.closed is null or c.closed > k.closed)`,
    [recordset(stops)],
  );
}

/** Which steps may change clocks: sequences of `STEPS` from (excluded) and to (included), and identities of events. */
export type StepsAsked = readonly [from: number, to: number, identities: readonly string[]];

/**
 * The steps of a stretch, and those of events whose clocks are new, for they may have been read before. `undefined` where
 * there are neither.
 */
export function stepsAbout(started: readonly Clock[], steps: Stretch | undefined): StepsAsked | undefined {
  const news = [...new Set(started.map(({ identity }) => identity))];
  return news.length === 0 && steps === undefined ? undefined : [steps?.from ?? 0, steps?.to ?? 0, news];
}

/**
 * Stops what an acknowledgement, or a person who saw to it outside, stops: by the steps of a stretch, and for clocks that
 * are new by what was read before them.
 */
export async function settledDeliveries(within: Queries, asked: StepsAsked): Promise<void> {
  await within.query(
    `update clocks c set closed = s.time, ended = s.kind, answer = null
     from (
       select distinct on (identity, org, subscription) identity, org, subscription, kind, time from (
         select identity, org, subscription, kind, time, sequence from steps
         where sequence > $1 and sequence <= $2 and kind in ('acknowledged', 'handled-outside') and org is not null
         union all
         select identity, org, subscription, kind, time, sequence from steps
         where identity = any($3::text[]) and kind in ('acknowledged', 'handled-outside') and org is not null
       ) t order by identity, org, subscription, time
     ) s
     where c.identity = s.identity and c.owner = s.org
       and (c.subscription = s.subscription or (c.subscription = '' and s.kind = 'handled-outside'))
       and (c.closed is null or c.closed > s.time)`,
    [...asked],
  );
}

/** Marks the clocks of which a step says that they ran out: by the steps of a stretch, and for new clocks by older steps. */
export async function markMissed(within: Queries, asked: StepsAsked): Promise<void> {
  await within.query(
    `update clocks c set missed = s.time
     from (
       select identity, reason, org, subscription, time from steps
       where sequence > $1 and sequence <= $2 and kind = 'overdue'
       union all
       select identity, reason, org, subscription, time from steps where identity = any($3::text[]) and kind = 'overdue'
     ) s
     where c.identity = s.identity and c.clock = s.reason and c.owner = s.org
       and c.subscription = coalesce(s.subscription, '') and c.missed is null`,
    [...asked],
  );
}

/** By subscription that has an event: by when its system should acknowledge it. */
export async function acknowledgementsDue(queries: Queries, identity: string): Promise<Map<string, string>> {
  const rows = await queries.query<Row>(
    `select subscription, due from clocks where identity = $1 and clock = 'acknowledgement'`,
    [identity],
  );
  return new Map(
    rows.map((row) => {
      const { subscription, due } = plain<Pick<Clock, 'subscription' | 'due'>>(row);
      return [subscription, due];
    }),
  );
}
