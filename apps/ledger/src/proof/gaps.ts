import type { Gap, GapKind, ToldGap } from '@signalbox/contracts';
import { plain, type Queries, recordset, type Row } from '../store/database.js';

/** Something that does not sum, before it is on record. Holds ids and counts only. */
export type GapFound = Omit<Gap, 'id' | 'opened' | 'seen' | 'closed'>;

type GapRow = Pick<ToldGap, 'sentence' | 'next'>;

/** Every kind of gap in words. */
export const GAPS: Readonly<Record<GapKind, GapRow>> = {
  'event-unread': {
    sentence: 'An accepted event lies in its stream and is not in the ledger.',
    next: 'It is read again by itself; if it stays, look for it in the table unreadable.',
  },
  'step-unread': {
    sentence: 'A step lies in its stream and is not in the ledger.',
    next: 'It is read again by itself; if it stays, look for it in the table unreadable.',
  },
  'refusal-unread': {
    sentence: 'The record of a refused event lies in its stream and is not in the ledger.',
    next: 'It is read again by itself; if it stays, look for it in the table unreadable.',
  },
  'delivery-missing': {
    sentence: 'An event and a subscription that asks for it have no state.',
    next: 'It is made up again from its steps; if it stays, the database is damaged: let the ledger read everything anew.',
  },
  'end-unproven': {
    sentence: 'A delivery has a state that no step tells of.',
    next: 'The step is read again by itself; if it stays, its stream has lost it: ask the receiver whether it has the event.',
  },
  'delivery-adrift': {
    sentence: 'A delivery waits, and nobody is going to make it: neither its queue nor the waiting room knows it.',
    next: 'Replay to the subscription from its time on; it is not sent again by itself, since the receiver may have it.',
  },
  'publisher-sum': {
    sentence: 'The engine and the ledger count different numbers of accepted events of a publisher.',
    next: 'The events that are missing are named beside it; if none is, the stream has lost what was read: compare with a backup.',
  },
  'stream-sum': {
    sentence: 'The engine and the ledger count different numbers of messages of a stream.',
    next: 'What is missing is named beside it; if nothing is, the stream has lost what was read: compare with a backup.',
  },
};

const OPEN = `
  insert into gaps (id, kind, stream, sequence, org, subscription, identity, source, eventid, type, expected, counted)
  select id, kind, stream, sequence, org, subscription, identity, source, eventid, type, expected, counted
  from json_populate_recordset(null::gaps, $1::json)
  on conflict (id) do update set
    seen = now(), expected = excluded.expected, counted = excluded.counted, closed = null,
    opened = case when gaps.closed is null then gaps.opened else now() end
  returning id, opened = now() as fresh`;

/** The name of a gap: the same thing missing has the same one, however often it is found. */
export function gapId({ kind, stream, sequence, org, subscription }: GapFound): string {
  const about = sequence ?? org ?? 'all';
  return [kind, stream, about, ...(subscription === undefined ? [] : [subscription])].join(' ');
}

/** Notes gaps. @returns those that were not open before */
export async function openGaps(queries: Queries, found: readonly GapFound[]): Promise<GapFound[]> {
  const named = new Map(found.map((gap) => [gapId(gap), gap]));
  if (named.size === 0) return [];
  const rows = [...named].map(([id, gap]) => ({ id, ...gap }));
  const written = await queries.query<{ id: string; fresh: boolean }>(OPEN, [recordset(rows)]);
  return written.flatMap(({ id, fresh }) => (fresh ? named.get(id)! : []));
}

/** Notes that gaps are whole again. */
export async function closeGaps(queries: Queries, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await queries.query('update gaps set closed = now() where id = any($1::text[])', [ids]);
}

/** Open gaps, oldest first; of one organisation's side when told. */
export async function gapsOpen(queries: Queries, limit: number, org?: string): Promise<Gap[]> {
  const rows = await queries.query<Row>(
    `select * from gaps where closed is null and ($2::text is null or org = $2) order by opened, id limit $1`,
    [limit, org ?? null],
  );
  return rows.map((row) => plain<Gap>(row));
}

/** Open gaps but sums, the one that was not looked at for longest first; they count as looked at now. */
export async function gapsInTurn(queries: Queries, limit: number): Promise<Gap[]> {
  const rows = await queries.query<Row>(
    `update gaps set seen = now() where id in (
       select id from gaps where closed is null and kind not like '%-sum' order by seen, id limit $1
     ) returning *`,
    [limit],
  );
  return rows.map((row) => plain<Gap>(row));
}

/** The sums of a stream that did not agree at the end of its last pass. */
export async function sumsOpen(queries: Queries, stream: string): Promise<string[]> {
  const rows = await queries.query<{ id: string }>(
    `select id from gaps where closed is null and kind like '%-sum' and stream = $1`,
    [stream],
  );
  return rows.map(({ id }) => id);
}

/** Gaps that were closed last, newest first. */
export async function gapsClosed(queries: Queries, limit: number): Promise<Gap[]> {
  const rows = await queries.query<Row>('select * from gaps where closed is not null order by closed desc limit $1', [
    limit,
  ]);
  return rows.map((row) => plain<Gap>(row));
}

/** How many gaps are open, by kind. */
export async function gapCounts(queries: Queries): Promise<Map<GapKind, number>> {
  const rows = await queries.query<{ kind: GapKind; count: number }>(
    'select kind, count(*)::int as count from gaps where closed is null group by kind',
  );
  return new Map(rows.map(({ kind, count }) => [kind, count]));
}
