import type { Queries } from '../store/database.js';

/** What a batch covers, and who reads. */
export interface Place {
  readonly stream: string;
  /** Sequences of the first and the last message of the batch. */
  readonly first: number;
  readonly last: number;
  /** Name under which the stream is read; see {@link readerName}. */
  readonly reader: string;
  /** Whether this is the first batch since the process started: only then is the position compared. */
  readonly opening: boolean;
}

/** What a batch came to. */
export interface Recorded {
  readonly recorded: number;
  /** Messages that had been recorded before and changed nothing. */
  readonly repeated: number;
  /** Journeys that something happened to. */
  readonly journeys: readonly string[];
}

/** The database lags behind the reading position that the engine keeps: it is older, say restored from a backup. */
export class PositionGap extends Error {
  override readonly name = 'PositionGap';
  constructor(readonly stream: string) {
    super(`The database is behind its own reading position in ${stream}.`);
  }
}

/** Something that an organisation (or `*`, the operator) can see happened to a journey. */
export interface Sighting {
  readonly org: string;
  readonly journey: string;
  readonly at: string;
}

/** The name under which this database reads streams. A new or restored database has another and so reads everything again. */
export async function readerName(queries: Queries): Promise<string> {
  const rows = await queries.query<{ name: string }>('select name from reader');
  return rows[0]!.name;
}

/** Gives the database another name, so that its next start reads every stream from the beginning; what is there already is not changed by it. */
export async function renameReader(queries: Queries): Promise<void> {
  await queries.query(`update reader set name = 'ledger_' || replace(gen_random_uuid()::text, '-', '')`);
}

/** One statement in the usual case: with small batches, what each costs counts more than what it writes. */
const MOVE = `
  update positions p set sequence = greatest(p.sequence, $2), reader = $3, updated = now()
  from (select stream, sequence, reader from positions where stream = $1 for update) before
  where p.stream = before.stream returning before.sequence, before.reader`;

const BEGIN = 'insert into positions (stream, sequence, reader) values ($1, 0, $2) on conflict (stream) do nothing';

/**
 * Moves the position of a stream, and holds its row until the transaction ends, so that two batches of one stream
 * are written one after the other.
 *
 * @throws PositionGap
 */
export async function advance(within: Queries, place: Place): Promise<void> {
  const { stream, first, last, reader, opening } = place;
  const move = () => within.query<{ sequence: number; reader: string }>(MOVE, [stream, last, reader]);
  let [before] = await move();
  if (before === undefined) {
    await within.query(BEGIN, [stream, reader]);
    [before] = await move();
  }
  if (!opening || before?.reader !== reader) return;
  if (before.sequence > 0 && first > before.sequence + 1) throw new PositionGap(stream);
}

/**
 * To the second: what happens to a journey within one second, and that is most of what happens to it, moves it up the lists
 * once. Nothing is written for what changes nothing. In one order, so that two batches that meet in some journeys do not wait
 * for each other.
 */
const SIGHT = `
  insert into sightings (org, journey, started, updated)
  select org, journey, min(at), date_trunc('second', max(at))
  from unnest($1::text[], $2::text[], $3::timestamptz[]) as seen(org, journey, at)
  group by org, journey order by org, journey
  on conflict (org, journey) do update
  set started = least(sightings.started, excluded.started), updated = greatest(sightings.updated, excluded.updated)
  where excluded.updated > sightings.updated or excluded.started < sightings.started`;

/** Brings the lists of recent journeys up to date. */
export async function sight(within: Queries, sightings: readonly Sighting[]): Promise<void> {
  if (sightings.length === 0) return;
  await within.query(SIGHT, [
    sightings.map(({ org }) => org),
    sightings.map(({ journey }) => journey),
    sightings.map(({ at }) => at),
  ]);
}
