import { type Queries, recordset } from '../store/database.js';

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

/**
 * Moves the position of a stream, and holds its row until the transaction ends, so that two batches of one stream
 * are written one after the other.
 *
 * @throws PositionGap
 */
export async function advance(within: Queries, place: Place): Promise<void> {
  await within.query(
    'insert into positions (stream, sequence, reader) values ($1, 0, $2) on conflict (stream) do nothing',
    [place.stream, place.reader],
  );
  const [before] = await within.query<{ sequence: number; reader: string }>(
    'select sequence, reader from positions where stream = $1 for update',
    [place.stream],
  );
  const same = before?.reader === place.reader;
  if (place.opening && same && before.sequence > 0 && place.first > before.sequence + 1)
    throw new PositionGap(place.stream);
  await within.query(
    'update positions set sequence = greatest(sequence, $2), reader = $3, updated = now() where stream = $1',
    [place.stream, place.last, place.reader],
  );
}

/** Brings the lists of recent journeys up to date. */
export async function sight(within: Queries, sightings: readonly Sighting[]): Promise<void> {
  if (sightings.length === 0) return;
  await within.query(
    `insert into sightings (org, journey, started, updated)
     select org, journey, min(at), max(at)
     from json_to_recordset($1::json) as seen(org text, journey text, at timestamptz)
     group by org, journey
     on conflict (org, journey) do update
     set started = least(sightings.started, excluded.started), updated = greatest(sightings.updated, excluded.updated)`,
    [recordset(sightings)],
  );
}
