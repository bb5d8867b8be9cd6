import { moveOn, EVENT_STREAMS, type SecondReader, stretchesOf } from '../organisations/second-reading.js';
import { type Database, plain, type Queries, recordset, type Row } from '../store/database.js';
import { type Interval, intervalsOf, PARTS, type PathwayEvent } from './pathway.js';

const READER = 'intervals';
/** Events of one journey that are looked at, the newest: a journey that goes on for years does not grow dearer. */
const MOST_OF_JOURNEY = 500;
const TYPES = [...new Set(PARTS.flatMap(({ begins, ends }) => [...begins, ...ends]))].map((type) => `${type}.v%`);

/** Writes how long the parts of pathways took, as soon as both ends are on record. */
export class IntervalRecording implements SecondReader {
  constructor(
    private readonly database: Database,
    /** Events of each stream in one look. */
    private readonly most: number,
  ) {}

  look(): Promise<boolean> {
    return this.database.transaction(async (within) => {
      const stretches = await stretchesOf(within, READER, EVENT_STREAMS);
      let more = false;
      const journeys = new Set<string>();
      for (const [stream, stretch] of stretches) {
        if (stretch.to <= stretch.from) continue;
        const rows = await within.query<{ sequence: number; journey: string }>(
          `select sequence, journey from events
           where stream = $1 and sequence > $2 and sequence <= $3 and duplicateof is null and type like any($5::text[])
           order by sequence limit $4`,
          [stream, stretch.from, stretch.to, this.most, TYPES],
        );
        if (rows.length >= this.most) {
          stretch.to = rows.at(-1)!.sequence;
          more = true;
        }
        for (const { journey } of rows) journeys.add(journey);
      }
      await record(within, [...journeys]);
      await moveOn(within, READER, stretches);
      return more;
    });
  }
}

async function record(within: Queries, journeys: readonly string[]): Promise<void> {
  if (journeys.length === 0) return;
  const rows = await within.query<Row>(
    `select t.* from unnest($1::text[]) as wanted(key)
     cross join lateral (
       select identity, id, type, journey, sourceorg, targetorg, recorded, causationid from events
       where journey = wanted.key and duplicateof is null and type like any($3::text[])
       order by recorded desc limit $2) t`,
    [journeys, MOST_OF_JOURNEY, TYPES],
  );
  const events = Map.groupBy(
    rows.map((row) => plain<PathwayEvent>(row)),
    ({ journey }) => journey,
  );
  const intervals = [...events.values()].flatMap((own): Interval[] => intervalsOf(own));
  await within.query(
    `delete from intervals i where journey = any($1::text[])
       and not exists (select 1 from json_populate_recordset(null::intervals, $2::json) n
         where n.journey = i.journey and n.part = i.part and n.identity = i.identity)`,
    [journeys, recordset(intervals)],
  );
  await within.query(
    `insert into intervals select * from json_populate_recordset(null::intervals, $1::json)
     on conflict (journey, part, identity) do update
     set waits = excluded.waits, acts = excluded.acts, ended = excluded.ended, ms = excluded.ms`,
    [recordset(intervals)],
  );
}
