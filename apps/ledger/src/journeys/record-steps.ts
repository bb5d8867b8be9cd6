import { identityOf, isOperations } from '@signalbox/contracts';
import type { Rejection, Step } from '@signalbox/messaging';
import { type Database, plain, type Queries, recordset, type Row } from '../store/database.js';
import { rememberSuppressed } from '../stuck/astray.js';
import { afterStep, type Delivery, type DeliveryStep, isDeliveryStep } from './delivery.js';
import { journeyKey } from './facts.js';
import { advance, type Place, type Recorded, sight } from './positions.js';

/** A record of a stream and its place there. */
export interface Placed<R> {
  readonly sequence: number;
  readonly record: R;
}

interface PlacedStep extends Placed<Step> {
  readonly identity: string;
}

const INSERT_STEPS = `
  insert into steps
  select * from json_populate_recordset(null::steps, $1::json)
  on conflict do nothing
  returning sequence`;

const AFFECTED = `
  select d.* from deliveries d
  join unnest($1::text[], $2::text[]) as k(identity, subscription) using (identity, subscription)`;

/** Puts deliveries on record as they are after their last steps. In one order: see {@link INSERT_FORESEEN}. */
export const UPSERT_DELIVERIES = `
  insert into deliveries
  select * from json_populate_recordset(null::deliveries, $1::json) order by identity, subscription
  on conflict (identity, subscription) do update set
    state = excluded.state, since = excluded.since, entitled = excluded.entitled, attempts = excluded.attempts,
    firstattempt = excluded.firstattempt, lastattempt = excluded.lastattempt, delivered = excluded.delivered,
    acknowledged = excluded.acknowledged, reason = excluded.reason, detail = excluded.detail,
    status = excluded.status, latencyms = excluded.latencyms, nextattempt = excluded.nextattempt,
    channel = excluded.channel, answer = excluded.answer, replay = excluded.replay, corrects = excluded.corrects,
    late = excluded.late, stops = excluded.stops,
    eventtype = coalesce(excluded.eventtype, deliveries.eventtype),
    publisher = coalesce(excluded.publisher, deliveries.publisher), step = excluded.step`;

const INSERT_REFUSALS = `
  insert into refusals
  select * from json_populate_recordset(null::refusals, $1::json)
  on conflict (sequence) do nothing
  returning sequence`;

/** Writes a batch of steps, what they make of the deliveries, and the position after it, in one transaction. */
export async function recordSteps(database: Database, place: Place, batch: readonly Placed<Step>[]): Promise<Recorded> {
  const steps = batch.map((placed): PlacedStep => ({
    ...placed,
    identity: identityOf({ source: placed.record.source, id: placed.record.eventid }),
  }));
  return database.transaction(async (within) => {
    await advance(within, place);
    const written = await within.query<{ sequence: number }>(INSERT_STEPS, [recordset(steps.map(rowOf))]);
    const fresh = new Set(written.map((row) => row.sequence));
    const news = steps.filter((step) => fresh.has(step.sequence));
    const deliveries = await changedDeliveries(within, news);
    if (deliveries.length > 0) await within.query(UPSERT_DELIVERIES, [recordset(deliveries)]);
    await rememberSuppressed(within, deliveries);
    await sight(within, [
      // What was refused has no journey, and what the exchange itself tells is none of a patient.
      ...news.flatMap(({ record: { journey, sourceorg, time, type } }) =>
        journey === '' || isOperations(type)
          ? []
          : ['*', sourceorg].map((org) => ({ org, journey: journeyKey(journey), at: time })),
      ),
      ...deliveries
        .filter(({ entitled, eventtype = '' }) => entitled && !isOperations(eventtype))
        .map(({ org, journey, since, lastattempt }) => ({ org, journey, at: lastattempt ?? since })),
    ]);
    return {
      recorded: news.length,
      repeated: steps.length - news.length,
      journeys: [...new Set(news.map(({ record }) => journeyKey(record.journey)))],
    };
  });
}

/** The deliveries that the steps are about, each after its last step. */
async function changedDeliveries(within: Queries, news: readonly PlacedStep[]): Promise<Delivery[]> {
  const about = news
    .filter((step): step is PlacedStep & { record: DeliveryStep } => isDeliveryStep(step.record))
    .toSorted((one, other) => one.sequence - other.sequence);
  if (about.length === 0) return [];
  const keys = new Map(
    about.map(({ identity, record: { subscription } }) => [
      keyOf({ identity, subscription }),
      { identity, subscription },
    ]),
  );
  const asked = [...keys.values()];
  const rows = await within.query<Row>(AFFECTED, [
    asked.map(({ identity }) => identity),
    asked.map(({ subscription }) => subscription),
  ]);
  const deliveries = new Map<string, Delivery>();
  for (const row of rows) {
    const delivery = plain<Delivery>(row);
    deliveries.set(keyOf(delivery), delivery);
  }
  for (const { identity, record, sequence } of about) {
    const key = keyOf({ identity, subscription: record.subscription });
    deliveries.set(
      key,
      afterStep(deliveries.get(key), { ...record, journey: journeyKey(record.journey) }, identity, sequence),
    );
  }
  return [...deliveries.values()];
}

/** Writes a batch of refusals and the position after it, in one transaction. The refused content is not kept. */
export async function recordRefusals(
  database: Database,
  place: Place,
  batch: readonly Placed<Rejection>[],
): Promise<Recorded> {
  return database.transaction(async (within) => {
    await advance(within, place);
    const rows = batch.map(({ sequence, record }) => {
      const { time, org, application, code, type, source, eventid, findings, product, version } = record;
      const identity = source !== undefined && eventid !== undefined ? identityOf({ source, id: eventid }) : undefined;
      const software = { product, version };
      return { sequence, time, org, application, code, type, source, eventid, identity, findings, ...software };
    });
    const written = await within.query(INSERT_REFUSALS, [recordset(rows)]);
    return { recorded: written.length, repeated: rows.length - written.length, journeys: [] };
  });
}

function keyOf({ identity, subscription }: { identity: string; subscription: string }): string {
  return `${identity} ${subscription}`;
}

function rowOf({ sequence, identity, record }: PlacedStep): object {
  const { findings: _findings, stream: _stream, ...step } = record;
  return { ...step, journey: journeyKey(step.journey), sequence, identity };
}
