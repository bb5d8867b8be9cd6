import { isOperations } from '@signalbox/contracts';
import { type Database, type Queries, recordset } from '../store/database.js';
import { rememberAstray } from '../stuck/astray.js';
import type { Delivery } from './delivery.js';
import type { EventReading } from './read-event.js';
import { advance, type Place, type Recorded, sight, type Sighting } from './positions.js';

const INSERT_EVENTS = `
  insert into events
  select * from json_populate_recordset(null::events, $1::json)
  on conflict (stream, sequence) do nothing
  returning sequence::bigint as sequence`;

const INSERT_IDENTIFIERS = `
  insert into identifiers (pseudonym, valuepseudonym, stream, sequence)
  select pseudonym, valuepseudonym, stream, sequence from json_populate_recordset(null::identifiers, $1::json)
  on conflict do nothing`;

/**
 * A step may have come first; then what was foreseen is out of date already, but for when it is due. Events and steps are
 * written side by side: all take the rows in one order, or two of them would wait for each other.
 */
export const INSERT_FORESEEN = `
  insert into deliveries
  select * from json_populate_recordset(null::deliveries, $1::json) order by identity, subscription
  on conflict (identity, subscription) do update set due = excluded.due where deliveries.due is null`;

/**
 * Writes a batch of events of one stream, and the position after it, in one transaction: exactly once in effect,
 * however often the batch is handed over.
 *
 * @throws PositionGap when the stream has gone on without this database
 */
export async function recordEvents(
  database: Database,
  place: Place,
  readings: readonly EventReading[],
): Promise<Recorded> {
  return database.transaction(async (within) => {
    await advance(within, place);
    const events = await withDuplicates(within, readings);
    const written = await within.query<{ sequence: number }>(INSERT_EVENTS, [recordset(events)]);
    const fresh = new Set(written.map((row) => row.sequence));
    const news = readings.filter((reading) => fresh.has(reading.fact.sequence));
    if (news.length > 0) await recordWhatFollows(within, news);
    return {
      recorded: news.length,
      repeated: readings.length - news.length,
      journeys: [...new Set(news.map(({ fact }) => fact.journey))],
    };
  });
}

async function recordWhatFollows(within: Queries, news: readonly EventReading[]): Promise<void> {
  const identifiers = news.flatMap(({ fact, identifiers: pairs }) =>
    pairs.map((pair) => ({ ...pair, stream: fact.stream, sequence: fact.sequence })),
  );
  if (identifiers.length > 0) await within.query(INSERT_IDENTIFIERS, [recordset(identifiers)]);
  const deliveries = news.flatMap((reading) => reading.deliveries);
  if (deliveries.length > 0) await within.query(INSERT_FORESEEN, [recordset(deliveries)]);
  await rememberAstray(within, news);
  await sight(within, news.flatMap(sightingsOf));
}

/** What the exchange tells about itself is no journey of anybody: it has its own pages. */
function sightingsOf({ fact, deliveries }: EventReading): Sighting[] {
  if (isOperations(fact.type)) return [];
  const { journey, recorded: at } = fact;
  const orgs = ['*', fact.sourceorg, fact.targetorg, ...deliveries.filter(isEntitled).map((delivery) => delivery.org)];
  return orgs.flatMap((org) => (org === undefined ? [] : [{ org, journey, at }]));
}

const isEntitled = (delivery: Delivery): boolean => delivery.entitled;

/** Marks every event whose source and id were recorded before, in the database or earlier in the batch. */
async function withDuplicates(within: Queries, readings: readonly EventReading[]): Promise<object[]> {
  const identities = [...new Set(readings.map(({ fact }) => fact.identity))];
  const known = await within.query<{ identity: string; stream: string; sequence: number }>(
    'select identity, stream, sequence from events where identity = any($1::text[]) and duplicateof is null',
    [identities],
  );
  const first = new Map(known.map((row) => [row.identity, `${row.stream}:${String(row.sequence)}`]));
  return readings.map(({ fact }) => {
    const here = `${fact.stream}:${String(fact.sequence)}`;
    const original = first.get(fact.identity);
    if (original === undefined) first.set(fact.identity, here);
    return original === undefined || original === here ? fact : { ...fact, duplicateof: original };
  });
}
