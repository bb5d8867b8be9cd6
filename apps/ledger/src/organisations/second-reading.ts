import { FAMILIES, streamOf } from '@signalbox/messaging';
import { Rounds, type RoundsOptions } from '@signalbox/runtime';
import { type Queries, recordset } from '../store/database.js';

/** Sequences of one stream that a reader goes through next: behind `from`, up to and with `to`. */
export interface Stretch {
  readonly from: number;
  to: number;
}

/** The streams of what organisations send one another; what the exchange tells about itself is nobody's score. */
export const EVENT_STREAMS: readonly string[] = FAMILIES.filter((family) => family !== 'operations').map(streamOf);

/**
 * What was written to the ledger since a reader looked last, by stream. What is read of one stream may be written before or
 * after what belongs to it of another; whichever is written later is looked at later, and finds the other.
 *
 * @param reader the name under which it keeps its place, in the transaction of what it makes of what it finds
 */
export async function stretchesOf(
  within: Queries,
  reader: string,
  streams: readonly string[],
): Promise<Map<string, Stretch>> {
  const rows = await within.query<{ stream: string; from: number; to: number }>(
    `select p.stream, coalesce(r.sequence, 0)::bigint as "from", p.sequence as "to"
     from positions p left join readings r on r.stream = p.stream and r.reader = $1
     where p.stream = any($2::text[])`,
    [reader, streams],
  );
  return new Map(rows.map(({ stream, from, to }) => [stream, { from, to: Math.max(from, to) }]));
}

/** Keeps how far a reader has come. */
export async function moveOn(within: Queries, reader: string, stretches: ReadonlyMap<string, Stretch>): Promise<void> {
  const rows = [...stretches].flatMap(([stream, { from, to }]) =>
    to > from ? [{ reader, stream, sequence: to }] : [],
  );
  if (rows.length === 0) return;
  await within.query(
    `insert into readings select * from json_populate_recordset(null::readings, $1::json)
     on conflict (reader, stream) do update set sequence = excluded.sequence`,
    [recordset(rows)],
  );
}

/** A look of a reader: what is new, and whether there is more than one look takes. */
export interface SecondReader {
  /** @returns whether there is more to look at at once */
  look(): Promise<boolean>;
}

/** Milliseconds between two looks while there is more: others want the database too. */
const PAUSE_MS = 5;

/** Lets readers look again and again, one after the other, until it is closed. A look that fails is made again. */
export function secondReading(readers: readonly SecondReader[], options: RoundsOptions): Rounds {
  const round = async (): Promise<number | void> => {
    let more = false;
    for (const reader of readers) more = (await reader.look()) || more;
    if (more) return PAUSE_MS;
  };
  return new Rounds(round, options);
}
